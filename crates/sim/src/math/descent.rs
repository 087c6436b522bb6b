//! Gradient descent on W with gradients Cᵀ x that are never stored.

use super::kernel::{LANES, Precision, ROWS, Tile, add_outer_products, pair_of_halves};
use super::linalg::bands;
use super::matrix::Matrix;
use super::panels::Panels;
use super::parallel;
use multiversion::multiversion;

/// Columns of the gradient that one thread owns at a time: these columns of some hundred samples stay in the second-level
/// cache while all neurons go through them.
const COLUMNS_PER_BAND: usize = 128;

/// The factors C of weight gradients Cᵀ x, in the layout that the kernels broadcast from.
#[derive(Clone, Debug, Default)]
pub struct Coefficients {
    /// `data[g · panels + q][p][i]`: row ROWS q + p, column ROWS g + i; in half precision rows ROWS q + 2 p and the next.
    data: Vec<[[f32; ROWS]; ROWS]>,
    panels: usize,
    precision: Precision,
}

impl Coefficients {
    /// Forgets C: nothing is added for it.
    pub fn clear(&mut self) {
        self.data.clear();
        self.panels = 0;
    }

    /// Copies C, one row per sample and one column per neuron, for samples of the same precision.
    pub fn set(&mut self, c: &Matrix, precision: Precision) {
        self.precision = precision;
        self.panels = c.rows().div_ceil(ROWS);
        self.data.resize(self.panels * c.cols().div_ceil(ROWS), [[0.0; ROWS]; ROWS]);
        if self.data.is_empty() {
            return;
        }
        parallel::for_each_piece(self.data.chunks_mut(self.panels).enumerate(), |(g, panels)| {
            let cols = g * ROWS..c.cols().min((g + 1) * ROWS);
            for (q, panel) in panels.iter_mut().enumerate() {
                for (p, scales) in panel.iter_mut().enumerate() {
                    *scales = [0.0; ROWS];
                    if q * ROWS + p < c.rows() {
                        scales[..cols.len()].copy_from_slice(&c.row(q * ROWS + p)[cols.clone()]);
                    }
                }
                if precision == Precision::Half {
                    let singles = *panel;
                    let pairs = singles.as_chunks().0;
                    for (words, [first, second]) in panel.iter_mut().zip(pairs) {
                        *words = std::array::from_fn(|i| f32::from_bits(pair_of_halves(first[i], second[i])));
                    }
                }
            }
        });
    }
}

/// One step of gradient descent with weight decay: w ← keep · w − rate · gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// 1 − ηλ.
    pub keep: f32,
    /// η.
    pub rate: f32,
}

impl Descent {
    /// Moves some weights of a neuron; a gradient that is longer is cut off.
    pub fn apply(self, weights: &mut [f32], gradient: &[f32]) {
        move_row(weights, gradient, self);
    }
}

/// W ← keep · W − rate · Σ Cᵀ x, the gradient never stored.
///
/// # Shapes
/// `weights`: m × d1; each term: C n × m, x n × d1; terms without coefficients are left out.
///
/// # Panics
/// If the shapes do not fit.
pub fn descend(weights: &mut Matrix, descent: Descent, terms: &[(&Coefficients, &Panels)]) {
    let (width, cols) = (weights.rows(), weights.cols());
    for (c, x) in terms.iter().filter(|(c, _)| c.panels > 0) {
        assert_eq!(x.precision(), c.precision, "samples and coefficients have one precision");
        assert_eq!(x.cols(), cols, "samples have the dimension of the weights");
        assert_eq!(
            c.data.len(),
            x.rows().div_ceil(ROWS) * width.div_ceil(ROWS),
            "coefficients per sample and neuron"
        );
    }
    parallel::for_each_piece(bands(weights, COLUMNS_PER_BAND), |mut band| {
        for first in (0..width).step_by(ROWS) {
            for col in (0..band.cols()).step_by(LANES) {
                let mut tile = Tile::ZERO;
                for (c, x) in terms.iter().filter(|(c, _)| c.panels > 0) {
                    let coefficients = &c.data[first / ROWS * c.panels..][..c.panels];
                    add_outer_products(&mut tile, c.precision, coefficients, x.band(0, band.first() + col));
                }
                for (r, sums) in (first..width).zip(&tile.0) {
                    descent.apply(&mut band.row_mut(r)[col..], sums);
                }
            }
        }
    });
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn move_row(weights: &mut [f32], gradient: &[f32], descent: Descent) {
    for (w, gradient) in weights.iter_mut().zip(gradient) {
        *w = descent.keep * *w - descent.rate * gradient;
    }
}
