//! Features standardised over a batch: every column minus its mean, over its standard deviation.
//!
//! â = (a − μ)/s with s² = (1/P) Σ (a − μ)² + ε. For a gradient g with respect to â:
//! ∂L/∂a = (g − mean(g) − â mean(g â))/s, means over the batch.
//!
//! Source: Ioffe and Szegedy, "Batch normalization" (ICML 2015), without scale and shift.

use crate::math::Matrix;

/// Standardised features and what the way back needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Standardised {
    /// â, P × K.
    pub values: Matrix,
    /// 1/s, K entries.
    inverse: Vec<f64>,
}

impl Standardised {
    /// Standardises `features`, P × K, with ε = `epsilon` > 0.
    pub fn set(&mut self, features: &Matrix, epsilon: f64) {
        let means = column_means(features.iter_rows(), |_, a| a);
        let variances = column_means(features.iter_rows(), |i, a| (a - means[i]).powi(2));
        self.inverse = variances.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
        self.values.resize(features.rows(), features.cols());
        for (p, row) in features.iter_rows().enumerate() {
            for (i, (value, &a)) in self.values.row_mut(p).iter_mut().zip(row).enumerate() {
                *value = ((f64::from(a) - means[i]) * self.inverse[i]) as f32;
            }
        }
    }

    /// Turns the gradient with respect to â into the one with respect to the features, in place.
    pub fn backward(&self, gradient: &mut Matrix) {
        let means = column_means(gradient.iter_rows(), |_, g| g);
        let count = gradient.rows() as f64;
        let mut along = vec![0.0; means.len()];
        for (gradient, values) in gradient.iter_rows().zip(self.values.iter_rows()) {
            for ((sum, &g), &value) in along.iter_mut().zip(gradient).zip(values) {
                *sum += f64::from(g) * f64::from(value) / count;
            }
        }
        for p in 0..gradient.rows() {
            let values = self.values.row(p);
            for (i, g) in gradient.row_mut(p).iter_mut().enumerate() {
                let across = f64::from(*g) - means[i] - f64::from(values[i]) * along[i];
                *g = (across * self.inverse[i]) as f32;
            }
        }
    }
}

/// The mean of `figure(column, entry)` over the rows, for every column.
pub(super) fn column_means<'a>(
    rows: impl ExactSizeIterator<Item = &'a [f32]>,
    figure: impl Fn(usize, f64) -> f64,
) -> Vec<f64> {
    let count = rows.len() as f64;
    let mut sums = Vec::new();
    for row in rows {
        sums.resize(row.len(), 0.0);
        for (i, (sum, &entry)) in sums.iter_mut().zip(row).enumerate() {
            *sum += figure(i, f64::from(entry));
        }
    }
    for sum in &mut sums {
        *sum /= count;
    }
    sums
}
