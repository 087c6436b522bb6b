//! Wishart matrices through their triangular factor, at a cost that does not depend on the degrees of freedom.
//!
//! A matrix G of independent standard normal numbers, rows × n, is G = T O with O orthonormal rows, independent of T, and T
//! lower triangular with independent entries T_ii² ~ χ²(n − i), i = 0, 1, …, and T_ij ~ N(0, 1) below. So T Tᵀ has the law
//! of G Gᵀ: Wishart with n degrees of freedom.
//!
//! Source: Bartlett, "On the theory of statistical regression" (Proc. R. Soc. Edinburgh 1933).

use super::gaussian::fill_normal;
use super::random::Part;
use super::{Matrix, Stream, parallel};

/// Rows that one thread draws at a time.
const ROWS_PER_PIECE: usize = 16;

/// T of the decomposition above: rows × min(rows, `freedom`), lower triangular. Row r depends on (stream, r) alone, so the
/// factor of fewer rows is the upper part of that of more.
pub fn wishart_factor(stream: &Stream, rows: usize, freedom: usize) -> Matrix {
    let cols = rows.min(freedom);
    let mut factor = Matrix::zeros(rows, cols);
    parallel::for_each_row_group(factor.as_mut_slice(), cols, ROWS_PER_PIECE, |first, group| {
        for (i, row) in group.chunks_mut(cols).enumerate() {
            let i = first + i;
            fill_normal(&mut row[..i.min(cols)], 1.0, stream, Part::Dense, i as u32);
            if i < cols {
                let chi_square = stream.reader(Part::ChiSquare, i as u32).chi_square((freedom - i) as f64);
                row[i] = chi_square.sqrt() as f32;
            }
        }
    });
    factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::math::linalg::times_transposed;

    /// E S = n I and Var S_ij = n (1 + δ_ij), at five standard errors, with fewer and with more rows than n.
    #[test]
    fn mean_and_variance_of_the_law() {
        let draws = 4000;
        for (rows, freedom) in [(4, 9), (5, 3), (3, 3), (2, 1_000_000_000)] {
            let n = freedom as f64;
            let mut sums = Matrix::<f64>::zeros(2 * rows, rows);
            for draw in 0..draws {
                let factor =
                    wishart_factor(&Stream::new(1, Purpose::MONTE_CARLO, draw), rows, freedom).to_f64();
                assert_eq!(factor.cols(), rows.min(freedom));
                let mut s = Matrix::zeros(0, 0);
                times_transposed(&mut s, &factor, &factor);
                for i in 0..rows {
                    for j in 0..rows {
                        let off = s[(i, j)] - if i == j { n } else { 0.0 };
                        sums[(i, j)] += off;
                        sums[(rows + i, j)] += off * off;
                    }
                }
            }
            let count = f64::from(draws);
            for i in 0..rows {
                for j in 0..rows {
                    let variance = if i == j { 2.0 * n } else { n };
                    // A quarter of the entries of a product of normal numbers' squares: kurtosis at most 9 + 12·4/n.
                    let spread = (8.0 + 48.0 / n).sqrt() * variance;
                    let mean = sums[(i, j)] / count;
                    assert!(
                        mean.abs() < 5.0 * (variance / count).sqrt() + 1e-3 * n.sqrt(),
                        "{rows} {freedom}: {mean}"
                    );
                    let square = sums[(rows + i, j)] / count;
                    assert!(
                        (square - variance).abs() < 5.0 * spread / count.sqrt(),
                        "{rows} {freedom} {i}{j}: {square}"
                    );
                }
            }
        }
    }

    #[test]
    fn fewer_rows_are_the_upper_part() {
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 0);
        let (short, long) = (wishart_factor(&stream, 20, 50), wishart_factor(&stream, 70, 50));
        for r in 0..20 {
            assert_eq!(short.row(r), &long.row(r)[..20]);
            assert!(long.row(r)[20..].iter().all(|&v| v == 0.0));
        }
    }
}
