//! How many directions a set of representations uses.
//!
//! With σ_1 ≥ σ_2 ≥ … the singular values of the n × k matrix of representations and p_r = σ_r/Σσ,
//!
//! ```text
//! effective rank = exp(−Σ_r p_r ln p_r),   between 1 and min(n, k)
//! ```
//!
//! Exact for the given samples; with few samples it cannot exceed n. The singular values come from the smaller of the
//! two Gram matrices in f64, so those below about 10⁻⁸ of the largest are rounding and count as 0.
//!
//! Source: Roy & Vetterli (2007); Garrido et al., RankMe (ICML 2023), without its ε; centring as in Jing et al. (ICLR
//! 2022).

use crate::math::{Matrix, linalg};

/// Share of the largest singular value below which a singular value is rounding.
const ROUNDING: f64 = 3e-8;

/// The singular values of the rows, descending; empty if there are no rows or an entry is not finite.
pub fn singular_values(rows: &Matrix<f32>) -> Vec<f64> {
    let (n, k) = (rows.rows(), rows.cols());
    if n == 0 || k == 0 || rows.as_slice().iter().any(|entry| !entry.is_finite()) {
        return Vec::new();
    }
    // Scaled to entries of size 1, so that squares neither vanish nor overflow.
    let scale = rows.as_slice().iter().fold(0.0f64, |largest, &entry| largest.max(f64::from(entry).abs()));
    if scale == 0.0 {
        return vec![0.0; n.min(k)];
    }
    let scaled = Matrix::from_fn(n, k, |i, j| f64::from(rows[(i, j)]) / scale);
    let mut gram = Matrix::zeros(n.min(k), n.min(k));
    if n < k {
        linalg::times_transposed(&mut gram, &scaled, &scaled);
    } else {
        linalg::add_transposed_times(&mut gram, &scaled, &scaled);
    }
    let Some((eigenvalues, _)) = linalg::symmetric_eigen(&gram) else { return Vec::new() };
    let mut values: Vec<f64> = eigenvalues.iter().map(|&square| square.max(0.0).sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let floor = ROUNDING * values[0];
    values.iter().map(|&value| if value > floor { value * scale } else { 0.0 }).collect()
}

/// The effective rank of these singular values; NaN if all of them are 0.
pub fn effective_rank(singular_values: &[f64]) -> f64 {
    let sum: f64 = singular_values.iter().sum();
    let shares = singular_values.iter().map(|value| value / sum).filter(|&share| share > 0.0);
    if sum > 0.0 { shares.map(|share| -share * share.ln()).sum::<f64>().exp() } else { f64::NAN }
}

/// The rows minus their mean.
pub fn centred(rows: &Matrix<f32>) -> Matrix<f32> {
    let mut mean = vec![0.0f64; rows.cols()];
    for row in rows.iter_rows() {
        mean.iter_mut().zip(row).for_each(|(mean, &entry)| *mean += f64::from(entry) / rows.rows() as f64);
    }
    Matrix::from_fn(rows.rows(), rows.cols(), |i, j| (f64::from(rows[(i, j)]) - mean[j]) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_spectra_have_their_rank_from_either_side() {
        // Three orthogonal rows of lengths 2, 2, 2, once wide and once tall, then one of another length.
        for (n, k) in [(3, 7), (7, 3)] {
            let equal = Matrix::from_fn(n, k, |i, j| if i == j { 2.0 } else { 0.0 });
            let values = singular_values(&equal);
            assert!(values.iter().all(|value| (value - 2.0).abs() < 1e-12) && values.len() == 3);
            assert!((effective_rank(&values) - 3.0).abs() < 1e-12);
        }
        let one = Matrix::from_fn(5, 4, |i, j| (i + 1) as f32 * (j as f32 - 1.5));
        assert!((effective_rank(&singular_values(&one)) - 1.0).abs() < 1e-6);
        // p = (3/4, 1/4): exp(−¾ ln ¾ − ¼ ln ¼).
        let expected = (-(0.75f64 * 0.75f64.ln()) - 0.25 * 0.25f64.ln()).exp();
        assert!((effective_rank(&[3.0, 1.0]) - expected).abs() < 1e-12);
        assert!(effective_rank(&[0.0, 0.0]).is_nan() && singular_values(&Matrix::zeros(0, 3)).is_empty());
    }

    #[test]
    fn tiny_and_huge_entries_have_the_same_rank() {
        let random = |i: usize, j: usize| ((i * 31 + j * 17) % 23) as f32 - 11.0;
        let rank = |scale: f32| {
            effective_rank(&singular_values(&Matrix::from_fn(20, 9, |i, j| scale * random(i, j))))
        };
        let expected = rank(1.0);
        assert!((rank(1e-30) - expected).abs() < 1e-4 && (rank(1e30) - expected).abs() < 1e-4);
    }

    #[test]
    fn centring_removes_the_mean_and_nothing_else() {
        let rows = Matrix::from_vec(2, 2, vec![1.0, 5.0, 3.0, 9.0]);
        assert_eq!(centred(&rows).as_slice(), [-1.0, -2.0, 1.0, 2.0]);
    }
}
