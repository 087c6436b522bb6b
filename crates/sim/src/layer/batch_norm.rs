//! Batch normalisation: every column of a batch gets mean 0 and variance 1, then a scale and a shift.
//!
//! ```text
//! x̂ = (u − μ)/√(s² + ε),   v = (1 + g) x̂ + c
//! ∂L/∂u = (1 + g)/√(s² + ε) · (∂L/∂v − mean(∂L/∂v) − x̂ mean(x̂ ∂L/∂v))     where μ and s² are those of the batch
//! ∂L/∂u = (1 + g)/√(s² + ε) · ∂L/∂v                                        where they are given
//! ```
//!
//! Training takes μ and s² of the batch, of each branch by itself. Evaluation takes running averages of them,
//! which training moves by a tenth of the way at every batch. The averages start at zero, and so does the sum
//! of their weights, by which they are divided: so they are unbiased from the first batch on. Before it μ = 0
//! and s² = 1. The scale is learned as its distance g from one, so that weight decay pulls it to one.
//!
//! Source: Ioffe and Szegedy, "Batch Normalization" (arXiv 1502.03167), Algorithms 1 and 2; ε and the share
//! of a batch as in PyTorch.

use crate::math::Matrix;

/// ε: added to variances.
pub const EPSILON: f64 = 1e-5;
/// Share of the last batch in the running averages.
pub const LAST_SHARE: f64 = 0.1;

/// What batch normalisation normalises by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// The statistics of the batch itself: training.
    OfBatch,
    /// The running averages: evaluation.
    Running,
}

/// The running averages of a layer with K columns.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// Weighted sum of means, 1 × K.
    pub mean: &'a Matrix,
    /// Weighted sum of variances, 1 × K.
    pub variance: &'a Matrix,
    /// Sum of the weights, 1 × 1.
    pub weight: &'a Matrix,
}

/// Rows of `moments`: μ, the unbiased variance, 1/√(s² + ε).
const MOMENTS: usize = 3;

/// Mean and biased variance of every column.
fn of_batch(pre: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let count = pre.rows().max(1) as f64;
    let mut mean = vec![0.0; pre.cols()];
    for row in pre.iter_rows() {
        mean.iter_mut().zip(row).for_each(|(sum, &u)| *sum += f64::from(u));
    }
    for sum in &mut mean {
        *sum /= count;
    }
    let mut variance = vec![0.0; pre.cols()];
    for row in pre.iter_rows() {
        for ((sum, mean), &u) in variance.iter_mut().zip(&mean).zip(row) {
            *sum += (f64::from(u) - mean).powi(2);
        }
    }
    for sum in &mut variance {
        *sum /= count;
    }
    (mean, variance)
}

impl Running<'_> {
    /// μ and s².
    fn moments(self) -> (Vec<f64>, Vec<f64>) {
        let weight = f64::from(self.weight[(0, 0)]);
        let over = |sums: &Matrix, unseen: f64| {
            let average = |&sum: &f32| if weight > 0.0 { f64::from(sum) / weight } else { unseen };
            sums.as_slice().iter().map(average).collect()
        };
        (over(self.mean, 0.0), over(self.variance, 1.0))
    }
}

/// Turns u into x̂, in place.
///
/// # Shapes
/// `pre`: n × K; `moments` becomes 3 × K: what [`backward`] and [`observe`] need.
pub fn forward(pre: &mut Matrix, running: Running<'_>, statistics: Statistics, moments: &mut Matrix) {
    let (mean, variance) = match statistics {
        Statistics::OfBatch => of_batch(pre),
        Statistics::Running => running.moments(),
    };
    let (count, columns) = (pre.rows() as f64, pre.cols());
    let unbiased = count / (count - 1.0).max(1.0);
    moments.resize(MOMENTS, columns);
    for c in 0..columns {
        moments[(0, c)] = mean[c] as f32;
        moments[(1, c)] = (unbiased * variance[c]) as f32;
        moments[(2, c)] = (1.0 / (variance[c] + EPSILON).sqrt()) as f32;
    }
    for r in 0..pre.rows() {
        for ((u, mean), inverse) in pre.row_mut(r).iter_mut().zip(&mean).zip(moments.row(2)) {
            *u = (f64::from(*u) - mean) as f32 * inverse;
        }
    }
}

/// Turns ∂L/∂v into ∂L/∂u, in place, and adds the gradients of scale and shift to their sums.
///
/// # Shapes
/// `normed`: x̂, n × K; `moments`: of the forward pass; `scale`: g, 1 × K; `sums`: of scale and shift, 1 × K
/// each.
pub fn backward(
    (normed, moments): (&Matrix, &Matrix),
    statistics: Statistics,
    scale: &Matrix,
    gradient: &mut Matrix,
    [d_scale, d_shift]: [&mut Matrix; 2],
) {
    let (count, columns) = (gradient.rows().max(1) as f64, gradient.cols());
    let (mut sum, mut along) = (vec![0.0; columns], vec![0.0; columns]);
    for (d, x) in gradient.iter_rows().zip(normed.iter_rows()) {
        for c in 0..columns {
            sum[c] += f64::from(d[c]);
            along[c] += f64::from(d[c]) * f64::from(x[c]);
        }
    }
    for c in 0..columns {
        d_scale[(0, c)] += along[c] as f32;
        d_shift[(0, c)] += sum[c] as f32;
    }
    let of_batch = f64::from(u8::from(statistics == Statistics::OfBatch));
    for r in 0..gradient.rows() {
        let x = normed.row(r);
        for (c, d) in gradient.row_mut(r).iter_mut().enumerate() {
            let factor = (1.0 + f64::from(scale[(0, c)])) * f64::from(moments[(2, c)]);
            let common = of_batch * (sum[c] + f64::from(x[c]) * along[c]) / count;
            *d = (factor * (f64::from(*d) - common)) as f32;
        }
    }
}

/// Moves the running averages towards the statistics of a batch.
///
/// # Shapes
/// `moments`: of the batch's forward pass; `mean`, `variance`, `weight`: as in [`Running`].
pub fn observe(moments: &Matrix, [mean, variance, weight]: [&mut Matrix; 3]) {
    let towards = |sums: &mut Matrix, seen: &[f32]| {
        for (sum, &seen) in sums.as_mut_slice().iter_mut().zip(seen) {
            *sum = ((1.0 - LAST_SHARE) * f64::from(*sum) + LAST_SHARE * f64::from(seen)) as f32;
        }
    };
    towards(mean, moments.row(0));
    towards(variance, moments.row(1));
    towards(weight, &[1.0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize, cols: usize, at: f32) -> Matrix {
        Matrix::from_fn(rows, cols, |r, c| 2.0 + (c + 1) as f32 * (1.7 * (r * cols + c) as f32 + at).sin())
    }

    fn unseen() -> [Matrix; 3] {
        [Matrix::zeros(1, 3), Matrix::zeros(1, 3), Matrix::zeros(1, 1)]
    }

    fn normed(pre: &Matrix, running: &[Matrix; 3], statistics: Statistics) -> (Matrix, Matrix) {
        let (mut normed, mut moments) = (pre.clone(), Matrix::default());
        let [mean, variance, weight] = running;
        forward(&mut normed, Running { mean, variance, weight }, statistics, &mut moments);
        (normed, moments)
    }

    fn column_moments(values: &Matrix, c: usize) -> [f64; 2] {
        let column: Vec<f64> = values.column(c).into_iter().map(f64::from).collect();
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        [mean, column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / column.len() as f64]
    }

    #[test]
    fn columns_of_a_batch_get_mean_zero_and_variance_one() {
        let (normed, _) = normed(&wave(40, 3, 0.3), &unseen(), Statistics::OfBatch);
        for c in 0..3 {
            let [mean, variance] = column_moments(&normed, c);
            // s²/(s² + ε) with s² of order one.
            assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-4, "{mean}, {variance}");
        }
    }

    /// A unit that is the same for all samples tells nothing, and stays finite.
    #[test]
    fn a_constant_column_becomes_zero() {
        let constant = Matrix::from_fn(7, 3, |_, c| 0.1 * c as f32);
        let (normed, _) = normed(&constant, &unseen(), Statistics::OfBatch);
        assert!(normed.as_slice().iter().all(|&x| x == 0.0));
    }

    /// Where every batch is the same, the averages are its statistics from the first batch on.
    #[test]
    fn running_averages_are_those_of_the_batches() {
        let pre = wave(40, 3, 0.3);
        let mut running = unseen();
        let (before, _) = normed(&pre, &running, Statistics::Running);
        let inverse = (1.0 / (1.0 + EPSILON).sqrt()) as f32;
        assert!(before.as_slice().iter().zip(pre.as_slice()).all(|(x, u)| (x - u * inverse).abs() < 1e-6));
        for _ in 0..5 {
            let (of_batch, moments) = normed(&pre, &running, Statistics::OfBatch);
            observe(&moments, running.each_mut());
            let (evaluated, _) = normed(&pre, &running, Statistics::Running);
            // The running variance is the unbiased one.
            let ratio = (39.0f32 / 40.0).sqrt();
            let pairs = of_batch.as_slice().iter().zip(evaluated.as_slice());
            assert!(pairs.map(|(a, b)| (a * ratio - b).abs()).all(|off| off < 1e-4));
        }
        // 1 − 0.9⁵.
        assert!((f64::from(running[2][(0, 0)]) - 0.40951).abs() < 1e-6);
    }

    /// The averages weigh the last batch by a tenth, the one before by nine hundredths.
    #[test]
    fn later_batches_count_more() {
        let batches = [wave(20, 3, 0.0), wave(30, 3, 1.0)];
        let mut running = unseen();
        for batch in &batches {
            observe(&normed(batch, &running, Statistics::OfBatch).1, running.each_mut());
        }
        let means = batches.each_ref().map(|batch| column_moments(batch, 1)[0]);
        let expected = (0.09 * means[0] + 0.1 * means[1]) / 0.19;
        let found = f64::from(running[0][(0, 1)]) / f64::from(running[2][(0, 0)]);
        assert!((found - expected).abs() < 1e-6, "{found}, {expected}");
    }
}
