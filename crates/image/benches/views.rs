//! Views per second: `cargo bench -p featurescope-image --bench views`. Pairs of views of 256 pictures of 32 × 32 pixels,
//! on all threads; an item is one view.

use divan::Bencher;
use divan::counter::ItemsCount;
use featurescope_image::data::{ImageSet, SyntheticSpec, synthetic};
use featurescope_image::purpose;
use featurescope_image::views::ViewPipeline;
use featurescope_sim::math::Stream;

const BATCH: usize = 256;

fn main() {
    divan::main();
}

fn pictures() -> ImageSet {
    let spec = SyntheticSpec { size: 32, classes: 10, train: BATCH, test: 0 };
    synthetic(spec, 1).expect("in range").train
}

#[divan::bench(args = ["none", "crop", "full", "mask"])]
fn views(bencher: Bencher<'_, '_>, kind: &str) {
    let pipeline = match kind {
        "none" => ViewPipeline::none(),
        "crop" => ViewPipeline::crop(1.0),
        "full" => ViewPipeline::full(1.0),
        _ => ViewPipeline::mask(0.5, 1),
    };
    let set = pictures();
    let rows: Vec<usize> = (0..BATCH).collect();
    let length = BATCH * set.bytes_per_image();
    let (mut anchor, mut positive) = (vec![0.0; length], vec![0.0; length]);
    let mut step = 0;
    bencher.counter(ItemsCount::new(2 * BATCH)).bench_local(|| {
        step += 1;
        let stream = Stream::new(1, purpose::VIEWS, step);
        pipeline.pairs(&set, &rows, &stream, &mut anchor, &mut positive);
    });
}

/// Drawing the synthetic set; an item is a picture.
#[divan::bench]
fn synthetic_pictures(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BATCH)).bench_local(pictures);
}
