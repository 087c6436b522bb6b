//! Draws sample pictures with views of them side by side: `cargo run -p featurescope-image --example contact_sheet -- OUT.png
//! [DATA]`. Without DATA, the synthetic set. Every line: the picture, then the two views of crop, of full, of full at half
//! strength, of RandomMask on pixels and on patches of four.

use featurescope_image::data::{SyntheticSpec, open, synthetic};
use featurescope_image::purpose;
use featurescope_image::views::{ViewPipeline, plain};
use featurescope_sim::math::Stream;
use std::error::Error;
use std::path::Path;

const LINES: usize = 20;
const GAP: usize = 2;
/// Every pixel is drawn this many times across.
const ZOOM: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("name the PNG file to write")?;
    let split = match arguments.next() {
        Some(data) => open(Path::new(&data))?,
        None => synthetic(SyntheticSpec { size: 32, classes: 10, train: LINES, test: 0 }, 7)?,
    };
    let set = split.train;
    let rows: Vec<usize> = (0..LINES.min(set.len())).collect();
    let length = set.bytes_per_image();
    let mut columns = vec![vec![0.0; rows.len() * length]];
    plain(&set, &rows, &mut columns[0]);
    let pipelines = [
        ViewPipeline::crop(1.0),
        ViewPipeline::full(1.0),
        ViewPipeline::full(0.5),
        ViewPipeline::mask(0.5, 1),
        ViewPipeline::mask(0.5, 4),
    ];
    for pipeline in pipelines {
        let (mut anchor, mut positive) = (vec![0.0; rows.len() * length], vec![0.0; rows.len() * length]);
        let stream = Stream::new(1, purpose::VIEWS, 0);
        pipeline.pairs(&set, &rows, &stream, &mut anchor, &mut positive);
        columns.extend([anchor, positive]);
    }
    let (wide, high) = (ZOOM * set.width + GAP, ZOOM * set.height + GAP);
    let mut sheet = image::RgbImage::new((wide * columns.len()) as u32, (high * rows.len()) as u32);
    for (c, column) in columns.iter().enumerate() {
        for (r, picture) in column.chunks_exact(length).enumerate() {
            for place in 0..ZOOM * ZOOM * set.width * set.height {
                let (x, y) = (place % (ZOOM * set.width), place / (ZOOM * set.width));
                let i = y / ZOOM * set.width + x / ZOOM;
                let rgb = [0, 1, 2].map(|c| {
                    let value = picture[c * set.width * set.height + i];
                    (value.clamp(0.0, 1.0) * 255.0).round() as u8
                });
                sheet.put_pixel((c * wide + x) as u32, (r * high + y) as u32, image::Rgb(rgb));
            }
        }
    }
    sheet.save(out)?;
    Ok(())
}
