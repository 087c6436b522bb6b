//! Small colour pictures in rows: filters, sample views, what units look for. A gallery is data like a figure; the page, the
//! SVG, the PNG and the CSV come from this one description.

use super::markup::escape;
use super::still::{self, StillError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write;

/// Rows of small pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gallery {
    /// Name of its files, unique within a report: `[a-z0-9-]+`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What is seen and how to read it.
    pub caption: String,
    /// From top to bottom.
    pub rows: Vec<GalleryRow>,
}

/// Pictures beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GalleryRow {
    /// What they are of.
    pub name: String,
    /// What goes with them, in a few words.
    pub note: String,
    /// The pictures.
    pub pictures: Vec<Picture>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Pixels per line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// Red, green and blue of every pixel, line by line.
    pub pixels: Vec<u8>,
    /// What hovering says.
    pub label: String,
}

/// Width of a still in pixels at scale 1.
const WIDTH: usize = 1200;
const MARGIN: usize = 16;
const HEAD: usize = 34;
const FOOT: usize = 30;
/// Room for the names of rows, and what a letter takes.
const NAMES: usize = 190;
const NAME_LETTERS: usize = 30;
const GAP: usize = 3;
const ROW_GAP: usize = 14;
const LARGEST_TILE: usize = 88;
const SMALLEST_TILE: usize = 10;
const PNG_SCALE: usize = 2;
const INK: RGBColor = RGBColor(27, 31, 36);
const SOFT: RGBColor = RGBColor(89, 99, 110);

impl Picture {
    /// A picture of three planes (3 · height · width) with values in 0 … 1.
    pub fn from_planes(planes: &[f32], [width, height]: [usize; 2], label: impl Into<String>) -> Self {
        let size = width * height;
        let byte = |i: usize| (planes[(i % 3) * size + i / 3].clamp(0.0, 1.0) * 255.0).round() as u8;
        Self { width, height, pixels: (0..3 * size).map(byte).collect(), label: label.into() }
    }

    /// As a PNG file.
    fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// As an address that holds the picture itself; empty for a picture without pixels.
    pub(super) fn address(&self) -> String {
        self.png().map_or(String::new(), |bytes| format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
    }
}

/// Where everything stands on a still, at scale 1.
struct Layout {
    tile: usize,
    per_line: usize,
    /// Top of every row.
    tops: Vec<usize>,
    height: usize,
}

impl Layout {
    fn new(gallery: &Gallery) -> Self {
        let most = gallery.rows.iter().map(|row| row.pictures.len()).max().unwrap_or(1).max(1);
        let room = WIDTH - 2 * MARGIN - NAMES;
        let tile = (room / most).saturating_sub(GAP).clamp(SMALLEST_TILE, LARGEST_TILE);
        // Many small pictures go on several lines, large enough to see.
        let tile = if tile < 32 { 32 } else { tile };
        let per_line = (room / (tile + GAP)).max(1);
        let mut top = MARGIN + HEAD;
        let mut tops = Vec::new();
        for row in &gallery.rows {
            tops.push(top);
            let lines = row.pictures.len().div_ceil(per_line).max(1);
            top += (lines * (tile + GAP)).max(34) + ROW_GAP;
        }
        Self { tile, per_line, tops, height: top + FOOT }
    }

    /// Left and top of a picture.
    fn place(&self, row: usize, index: usize) -> (usize, usize) {
        let step = self.tile + GAP;
        (MARGIN + NAMES + index % self.per_line * step, self.tops[row] + index / self.per_line * step)
    }
}

/// A name in as many letters as there is room for.
fn short(name: &str) -> String {
    if name.chars().count() <= NAME_LETTERS {
        return name.to_owned();
    }
    name.chars().take(NAME_LETTERS - 1).chain(['…']).collect()
}

/// The gallery as SVG.
pub fn svg(gallery: &Gallery, provenance: &str) -> String {
    let layout = Layout::new(gallery);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{0}\" viewBox=\"0 0 {WIDTH} {0}\" \
         font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        layout.height
    );
    let mut text = |x: usize, y: usize, size: f64, colour: &str, words: &str| {
        let words = escape(words);
        // Writing to a string cannot fail, here and below.
        let _ =
            writeln!(svg, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\">{words}</text>");
    };
    text(MARGIN, MARGIN + 14, 17.0, "#1b1f24", &gallery.title);
    for (row, &top) in gallery.rows.iter().zip(&layout.tops) {
        text(MARGIN, top + 12, 12.0, "#1b1f24", &short(&row.name));
        text(MARGIN, top + 28, 10.0, "#59636e", &short(&row.note));
    }
    text(MARGIN, layout.height - 12, 10.0, "#59636e", provenance);
    for (r, row) in gallery.rows.iter().enumerate() {
        for (i, picture) in row.pictures.iter().enumerate() {
            let ((x, y), tile) = (layout.place(r, i), layout.tile);
            let (label, address) = (escape(&picture.label), picture.address());
            let _ = writeln!(
                svg,
                "<image x=\"{x}\" y=\"{y}\" width=\"{tile}\" height=\"{tile}\" preserveAspectRatio=\"none\" \
                 style=\"image-rendering:pixelated\" href=\"{address}\"><title>{label}</title></image>"
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The gallery as PNG.
pub fn png(gallery: &Gallery, provenance: &str) -> Result<Vec<u8>, StillError> {
    let fail = |problem: String| StillError { id: gallery.id.clone(), problem };
    let layout = Layout::new(gallery);
    let (width, height) = (WIDTH * PNG_SCALE, layout.height * PNG_SCALE);
    let mut pixels = vec![255u8; width * height * 3];
    words(&mut pixels, gallery, &layout, provenance).map_err(fail)?;
    let tile = layout.tile * PNG_SCALE;
    for (r, row) in gallery.rows.iter().enumerate() {
        for (i, picture) in row.pictures.iter().enumerate() {
            let (left, top) = layout.place(r, i);
            for y in 0..tile {
                let line = &mut pixels[((top * PNG_SCALE + y) * width + left * PNG_SCALE) * 3..][..tile * 3];
                for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                    let at = (y * picture.height / tile * picture.width + x * picture.width / tile) * 3;
                    pixel.copy_from_slice(&picture.pixels[at..at + 3]);
                }
            }
        }
    }
    let whole = Picture { width, height, pixels, label: String::new() };
    whole.png().map_err(|error| fail(error.to_string()))
}

fn words(pixels: &mut [u8], gallery: &Gallery, layout: &Layout, provenance: &str) -> Result<(), String> {
    still::register_font();
    let size = ((WIDTH * PNG_SCALE) as u32, (layout.height * PNG_SCALE) as u32);
    let area = BitMapBackend::with_buffer(pixels, size).into_drawing_area();
    let scale = PNG_SCALE as i32;
    let text = |x: usize, y: usize, size: f64, colour: RGBColor, words: &str| {
        let font = (still::FAMILY, size * PNG_SCALE as f64).into_font();
        let style = font.color(&colour).pos(Pos::new(HPos::Left, VPos::Top));
        area.draw_text(words, &style, (x as i32 * scale, y as i32 * scale)).map_err(|error| error.to_string())
    };
    text(MARGIN, MARGIN, 17.0, INK, &gallery.title)?;
    for (row, &top) in gallery.rows.iter().zip(&layout.tops) {
        text(MARGIN, top, 12.0, INK, &short(&row.name))?;
        text(MARGIN, top + 18, 10.0, SOFT, &short(&row.note))?;
    }
    text(MARGIN, layout.height - 22, 10.0, SOFT, provenance)?;
    area.present().map_err(|error| error.to_string())
}

/// Rows of the gallery's data.
pub fn csv_rows(gallery: &Gallery) -> usize {
    gallery.rows.iter().flat_map(|row| &row.pictures).map(|picture| picture.pixels.len() / 3).sum()
}

/// The pictures as CSV: one row per pixel.
pub fn csv(gallery: &Gallery) -> String {
    let plain = |text: &str| text.replace(['\n', '\r'], " ");
    let field = |text: &str| format!("\"{}\"", plain(text).replace('"', "\"\""));
    let mut csv = "row,picture,label,x,y,red,green,blue\n".to_owned();
    for row in &gallery.rows {
        for (index, picture) in row.pictures.iter().enumerate() {
            let head = format!("{},{index},{}", field(&row.name), field(&picture.label));
            for (at, rgb) in picture.pixels.chunks_exact(3).enumerate() {
                let (x, y) = (at % picture.width, at / picture.width);
                let _ = writeln!(csv, "{head},{x},{y},{},{},{}", rgb[0], rgb[1], rgb[2]);
            }
        }
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gallery() -> Gallery {
        let picture = Picture::from_planes(&[1.0, 0.0, 0.0, 1.0, 0.5, 2.0], [2, 1], "<b> \"one\"");
        let row =
            GalleryRow { name: "row & co".to_owned(), note: "n".to_owned(), pictures: vec![picture; 40] };
        Gallery { id: "g".to_owned(), title: "T".to_owned(), caption: String::new(), rows: vec![row] }
    }

    #[test]
    fn planes_become_pixels() {
        assert_eq!(gallery().rows[0].pictures[0].pixels, [255, 0, 128, 0, 255, 255]);
    }

    #[test]
    fn every_form_holds_every_picture() {
        let gallery = gallery();
        let svg = svg(&gallery, "p");
        assert_eq!(svg.matches("<image ").count(), 40);
        assert!(svg.contains("&lt;b&gt;") && svg.contains("row &amp; co") && !svg.contains("<b>"));
        assert_eq!(csv(&gallery).lines().count(), 1 + csv_rows(&gallery));
        let bytes = png(&gallery, "p").unwrap();
        let mut reader = png::Decoder::new(&bytes[..]).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let (x, y) = Layout::new(&gallery).place(0, 39);
        assert!(x + 32 <= WIDTH && (y * 2) < info.height as usize);
        assert_eq!(&pixels[(y * 2 * info.width as usize + x * 2) * 3..][..3], [255, 0, 128]);
    }
}
