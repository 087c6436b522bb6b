//! Statements about things that nobody has to learn: masked atoms, and dense weights made by hand.
//!
//! Source: Lemma B.3.1 (⟨(2D − I)M_j, M_k⟩ has variance Σ_r M_rj² M_rk²); Lemma F.2; theory.md 4.6.

use crate::monte_carlo::{DrawnViews, Negatives, Piece, embedded, evaluate, loss, network};
use featurescope_lab::evidence::{Gap, State, Subject};
use featurescope_sim::augment::{Augmentation, Origin};
use featurescope_sim::data::DataModel;
use featurescope_sim::math::gaussian::fill_normal;
use featurescope_sim::math::linalg::{orthonormal_columns, times_transposed};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};

/// Masks under which the atoms are compared with each other.
const MASKS: u32 = 8;
/// Matrices as large as M while masks act on it: M itself, two views of every atom, its squares.
const ATOM_ARRAYS: f64 = 4.0;
/// Sim(x, x) of the constructed dense solution, in units of τ ln(N + 1).
const DENSE_SIMILARITY: f64 = 2.0;
/// Matrices as large as W on the way to it, those in double precision counted twice.
const DENSE_ARRAYS: f64 = 8.0;
/// Pieces of samples that its loss is read on.
const DENSE_PIECES: u32 = 4;

/// Loss over τ ln(N + 1) of weights made of random orthogonal dense directions, ‖w_i‖² = 2τ ln(N + 1)/(m σ²)
/// (Lemma F.2), with the arm's views and number of negatives.
pub(crate) fn dense_solution_loss(subject: &Subject<'_>) -> Result<f64, Gap> {
    let variance = subject.even_noise()?;
    let views = DrawnViews::of(subject)?;
    subject.require_rows(DENSE_ARRAYS * subject.width() as f64)?;
    let (data, seed) = (subject.space()?, subject.run.plan.seed);
    let (m, d1) = (subject.width(), data.ambient_dim());
    if m + data.latent_dim() > d1 {
        return Err(Gap::NoForm("more neurons than dense directions"));
    }
    let stream = Stream::new(seed, Purpose::MONTE_CARLO, u32::MAX);
    let mut gaussian = Matrix::zeros(m, d1);
    for i in 0..m {
        fill_normal(gaussian.row_mut(i), 1.0, &stream, Part::Dense, i as u32);
    }
    let dense = State::new(gaussian, vec![0.0; m], data).dense;
    let (temperature, initial) = (subject.temperature()?, (subject.negatives() as f64).ln_1p());
    let (network, mut loss) = (network(subject)?, loss(subject)?);
    let norm = (DENSE_SIMILARITY * temperature * initial / (m as f64 * variance)).sqrt();
    let weights = orthonormal_columns(&dense.transposed().to_f64()).transposed().map(|v| (norm * v) as f32);
    let embed = |x: &Matrix| {
        let mut pre = Matrix::zeros(0, 0);
        times_transposed(&mut pre, x, &weights);
        embedded(network.as_ref(), &pre, &vec![0.0; m])
    };
    let mut sum = 0.0;
    for piece in 0..DENSE_PIECES {
        let drawn = Piece::draw(data, &views, Negatives::of(subject), seed, piece);
        let anchor = embed(&drawn.anchor);
        let (reading, _) = evaluate(&mut loss, &anchor, &embed(&drawn.positive), &embed(&drawn.negatives));
        sum += reading.loss;
    }
    Ok(sum / f64::from(DENSE_PIECES) / (temperature * initial))
}

fn augmentation(subject: &Subject<'_>) -> Result<Box<dyn Augmentation>, Gap> {
    let augmentation = subject.plan.augmentation().map_err(|error| Gap::Missing(error.to_string()))?;
    augmentation.ok_or(Gap::NoForm("views of an arm that contrasts nothing"))
}

/// How atoms look to each other through a mask: ⟨x⁺(M_j) − M_j, M_k⟩, j ≠ k, over a few masks.
#[derive(Clone, Copy, Debug, Default)]
pub struct MaskOverlaps {
    /// Mean square.
    pub mean_square: f64,
    /// Largest.
    pub largest: f64,
    /// Mean of Σ_r M_rj² M_rk², the exact variance with RandomMask.
    pub exact_mean_square: f64,
}

impl MaskOverlaps {
    /// Draws masks from the arm's augmentation.
    pub(crate) fn draw(subject: &Subject<'_>) -> Result<Self, Gap> {
        subject.require_ambient_space()?;
        let augmentation = augmentation(subject)?;
        subject.require_rows(ATOM_ARRAYS * subject.latent_dim())?;
        let dictionary = subject.space()?.dictionary();
        let atoms = dictionary.atoms();
        let pairs = (atoms.rows() * (atoms.rows() - 1)) as f64;
        let mut found = Self::default();
        let stream = Stream::new(subject.run.plan.seed, Purpose::MONTE_CARLO, u32::MAX);
        for mask in 0..MASKS {
            let (mut views, mut other) = (atoms.clone(), atoms.clone());
            let mut code = vec![0.0; atoms.rows()];
            for j in 0..atoms.rows() {
                // Atom j is the sample in which it alone is active.
                code[j] = 1.0;
                let from = Origin { stream: &stream, row: mask, atoms, code: &code };
                augmentation.views(&from, views.row_mut(j), other.row_mut(j));
                code[j] = 0.0;
            }
            let overlaps = dictionary.coordinates(&views);
            for (_, overlap) in off_diagonal(&overlaps) {
                found.mean_square += f64::from(overlap).powi(2) / (pairs * f64::from(MASKS));
                found.largest = found.largest.max(f64::from(overlap.abs()));
            }
        }
        let squares = atoms.map(|v| v * v);
        let mut exact = Matrix::zeros(0, 0);
        times_transposed(&mut exact, &squares, &squares);
        found.exact_mean_square = off_diagonal(&exact).map(|(_, v)| f64::from(v)).sum::<f64>() / pairs;
        Ok(found)
    }
}

fn off_diagonal(square: &Matrix) -> impl Iterator<Item = ((usize, usize), f32)> + '_ {
    let n = square.cols();
    (square.as_slice().iter().enumerate())
        .map(move |(at, &v)| ((at / n, at % n), v))
        .filter(|((j, k), _)| j != k)
}
