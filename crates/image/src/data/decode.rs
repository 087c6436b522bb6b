//! One encoded picture to RGB, believed only as far as its bytes reach.

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The most pixels that a byte of a picture is believed to hold: deflate (in PNG) makes at most 1032 bytes of one, and
/// the smallest pixel of a PNG has one bit. JPEG stays far below.
const MOST_PIXELS_PER_BYTE: usize = 1032 * 8;

/// Width and height that the header of a JPEG or PNG declares.
pub(super) fn size_of(bytes: &[u8]) -> Result<(usize, usize), String> {
    let (width, height) = decoder(bytes)?.dimensions();
    let (width, height) = (width as usize, height as usize);
    if width == 0 || height == 0 {
        return Err(format!("the picture declares {width} × {height} pixels"));
    }
    if width.saturating_mul(height) > bytes.len().saturating_mul(MOST_PIXELS_PER_BYTE) {
        return Err(format!(
            "the picture declares {width} × {height} pixels, more than its {} bytes can hold",
            bytes.len()
        ));
    }
    Ok((width, height))
}

/// Decodes a picture of the size that [`size_of`] found into `rgb`, height × width × 3. Grey becomes three equal
/// channels, 16 bits become 8, and transparency is ignored.
pub(super) fn decode_into(bytes: &[u8], rgb: &mut [u8]) -> Result<(), String> {
    let picture = DynamicImage::from_decoder(decoder(bytes)?).map_err(|error| damaged(&error))?.into_rgb8();
    if picture.as_raw().len() != rgb.len() {
        return Err(format!("the picture has {} bytes instead of {}", picture.as_raw().len(), rgb.len()));
    }
    rgb.copy_from_slice(picture.as_raw());
    Ok(())
}

fn decoder(bytes: &[u8]) -> Result<impl ImageDecoder + '_, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| format!("the picture cannot be read ({error})"))?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err(format!("these {} bytes are neither a JPEG nor a PNG picture", bytes.len()));
    }
    let mut limits = Limits::no_limits();
    // Four channels of two bytes: the widest pixel of both formats, and as much again for the decoder.
    limits.max_alloc = Some((bytes.len() as u64).saturating_mul(16 * MOST_PIXELS_PER_BYTE as u64));
    reader.limits(limits);
    reader.into_decoder().map_err(|error| damaged(&error))
}

fn damaged(error: &image::ImageError) -> String {
    format!("the picture is cut short or damaged ({error})")
}
