//! What a diagnosis takes of memory, estimated before rows are read.

use super::DiagnoseError;
use crate::host::show_bytes;

const SINGLE: f64 = 4.0;
const DOUBLE: f64 = 8.0;
/// Centred, of unit length, prepared for the probe and its part of them: copies of one representation in
/// single precision.
const SINGLE_COPIES: f64 = 4.0;
/// Scaled for the spectrum or for the probe, and in principal coordinates.
const DOUBLE_COPIES: f64 = 2.0;
/// A Gram matrix, its eigenvectors, and what finding them takes.
const GRAM_COPIES: f64 = 3.0;
/// Cosines between all samples, and what they are made of.
const COSINES: f64 = 2.0;

/// An error if more is needed than `available` bytes for `samples` of representations of these widths.
pub(super) fn require(
    samples: usize,
    widths: &[usize],
    has_pairs: bool,
    available: Option<f64>,
) -> Result<(), DiagnoseError> {
    let n = samples as f64;
    let widest = widths.iter().copied().max().unwrap_or(0);
    let all: f64 = widths.iter().map(|&width| width as f64).sum();
    let kept = SINGLE * n * all * if has_pairs { 2.0 } else { 1.0 };
    let copies = n * widest as f64 * (SINGLE_COPIES * SINGLE + DOUBLE_COPIES * DOUBLE);
    let gram = GRAM_COPIES * DOUBLE * n.min(widest as f64).powi(2);
    let needed = kept + copies + gram + COSINES * SINGLE * n * n;
    match available {
        Some(available) if needed > available => Err(DiagnoseError::Memory {
            samples,
            neurons: widest,
            needed: show_bytes(needed),
            available: show_bytes(available),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        assert!(require(2048, &[1024], false, Some(1e9)).is_ok());
        assert!(require(2048, &[1 << 20], false, None).is_ok());
        let error = require(2048, &[1 << 20], false, Some(1e9)).unwrap_err().to_string();
        assert!(error.contains("2048 samples × 1048576 neurons") && error.contains("--samples"), "{error}");
        // More samples, more layers and pairs take more.
        let most = 90e6;
        assert!(require(1000, &[1000; 6], false, Some(most)).is_ok());
        assert!(require(1000, &[1000; 6], true, Some(most)).is_err());
        assert!(require(1000, &[1000; 12], false, Some(most)).is_err());
        assert!(require(4000, &[1000], false, Some(most)).is_err());
    }
}
