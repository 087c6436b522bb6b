//! How much of a picture is colour: its chroma energy share.
//!
//! In the orthonormal opponent axes
//!
//! ```text
//! luma  = (R + G + B)/√3,   chroma = ( (R − G)/√2, (R + G − 2 B)/√6 )
//! share = Σ |chroma|² / Σ (|chroma|² + (luma − reference)²)
//! ```
//!
//! the sums over all pixels. For a picture the reference is its mean luma, so that brightness counts for nothing; for a
//! filter, which has a zero of its own, it is 0. 0: grey; 1: colour alone; an isotropic random picture has 2/3.

/// Share of a picture of three planes (3·h·w), against its mean luma.
pub fn of_picture(planes: &[f32]) -> f64 {
    let luma = lumas(planes);
    let mean = luma.iter().sum::<f64>() / luma.len() as f64;
    share(planes, &luma, mean)
}

/// Mean share of pictures, of those that have any energy; `None` where none has.
pub fn of_pictures<'a>(pictures: impl Iterator<Item = &'a [f32]>) -> Option<f64> {
    let shares: Vec<f64> = pictures.map(of_picture).filter(|share| share.is_finite()).collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

/// Share of a filter of three planes, against 0.
pub fn of_filter(planes: &[f32]) -> f64 {
    share(planes, &lumas(planes), 0.0)
}

fn pixels(planes: &[f32]) -> impl Iterator<Item = [f64; 3]> {
    let size = planes.len() / 3;
    (0..size).map(move |i| std::array::from_fn(|c| f64::from(planes[c * size + i])))
}

fn lumas(planes: &[f32]) -> Vec<f64> {
    pixels(planes).map(|[r, g, b]| (r + g + b) / 3f64.sqrt()).collect()
}

/// NaN for a picture without any energy.
fn share(planes: &[f32], lumas: &[f64], reference: f64) -> f64 {
    let chroma: f64 =
        pixels(planes).map(|[r, g, b]| (r - g).powi(2) / 2.0 + (r + g - 2.0 * b).powi(2) / 6.0).sum();
    let luma: f64 = lumas.iter().map(|luma| (luma - reference).powi(2)).sum();
    chroma / (chroma + luma)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_has_none_and_colour_alone_has_all() {
        assert_eq!(of_picture(&[0.1, 0.9, 0.1, 0.9, 0.1, 0.9]), 0.0);
        assert!((of_filter(&[1.0, -1.0, -0.5, 0.5, -0.5, 0.5]) - 1.0).abs() < 1e-6);
        // A uniform red picture: its luma is its mean, its chroma is not.
        assert_eq!(of_picture(&[1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), 1.0);
        // One channel alone as a filter: 1/3 luma, 2/3 chroma.
        assert!((of_filter(&[1.0, -2.0, 0.0, 0.0, 0.0, 0.0]) - 2.0 / 3.0).abs() < 1e-12);
    }
}
