//! The probe sets of a run: the same fresh samples for every representation.
//!
//! Source: Definition 3.1; docs/theory.md 2.5.

use crate::plan::{PlannedData, ProbePlan};
use featurescope_sim::data::{DataModel, Dictionary, SparseCoding, SparseCodingLaw};
use featurescope_sim::math::wishart::wishart_factor;
use featurescope_sim::math::{Matrix, ParameterError, Purpose, Stream};
use featurescope_sim::probe::yardstick::oracle_linear_features;
use featurescope_sim::probe::{FeatureKind, LabelledSet, ProbeError, ProbeScore, climb};
use featurescope_sim::train::Dynamics;

/// Samples drawn at a time, to bound the memory for ξ.
const ROWS_PER_PIECE: usize = 1024;

/// Features and codes of one probe set.
struct Drawn {
    features: Matrix,
    latent: Matrix,
}

impl Drawn {
    fn labelled(&self) -> LabelledSet<'_> {
        LabelledSet { features: &self.features, latent: &self.latent }
    }
}

/// Draws the three sets with `draw(stream, rows)`.
fn draw_sets(plan: &ProbePlan, seed: u64, draw: impl Fn(&Stream, usize) -> Drawn) -> [Drawn; 3] {
    [
        (Purpose::ProbeTraining, plan.training_rows),
        (Purpose::ProbeValidation, plan.validation_rows),
        (Purpose::ProbeTest, plan.test_rows),
    ]
    .map(|(purpose, rows)| draw(&Stream::new(seed, purpose, 0), rows))
}

fn score(plan: &ProbePlan, kind: FeatureKind, sets: &[Drawn; 3]) -> Result<Vec<ProbeScore>, ProbeError> {
    let [train, validation, test] = sets;
    climb(&plan.ladder, kind, train.labelled(), validation.labelled(), test.labelled())
}

/// Scores of probes on f(x).
pub fn learned(plan: &ProbePlan, seed: u64, dynamics: &dyn Dynamics) -> Result<Vec<ProbeScore>, ProbeError> {
    let sets = draw_sets(plan, seed, |stream, rows| {
        let represented = dynamics.represent(stream, 0, rows);
        Drawn { features: represented.features, latent: represented.latent }
    });
    score(plan, FeatureKind::Learned, &sets)
}

/// Scores of probes on x, Mᵀx and z: they depend on the data alone.
pub fn yardsticks(
    plan: &ProbePlan,
    seed: u64,
    data: &PlannedData,
) -> Result<Vec<ProbeScore>, YardstickError> {
    let (mut sets, dictionary) = match data.ambient() {
        Some(model) => {
            let sets = draw_sets(plan, seed, |stream, rows| draw_raw(model, stream, rows));
            (sets, model.dictionary().clone())
        }
        None => draw_seen(plan, seed, data.law())?,
    };
    let mut scores = score(plan, FeatureKind::Raw, &sets)?;
    let dictionary = dictionary.atoms().transposed();
    for set in &mut sets {
        set.features = oracle_linear_features(&set.features, &dictionary);
    }
    scores.extend(score(plan, FeatureKind::OracleLinear, &sets)?);
    for set in &mut sets {
        set.features = set.latent.clone();
    }
    scores.extend(score(plan, FeatureKind::OracleLatent, &sets)?);
    Ok(scores)
}

/// Why there are no yardsticks.
#[derive(Debug, thiserror::Error)]
pub enum YardstickError {
    /// The probes failed.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A parameter of the data is out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

/// Raw samples as a probe sees them, without the ambient space. A rule fitted with an ℓ2 penalty is a combination of the
/// labelled samples, so only the coordinates in their span count. There the labelled samples' noise is the factor of a
/// Wishart matrix, and that of all other samples is white (docs/derivations/reduced.md 7). Equal in law to drawing x.
fn draw_seen(
    plan: &ProbePlan,
    seed: u64,
    law: &SparseCodingLaw,
) -> Result<([Drawn; 3], Dictionary), ParameterError> {
    let known = law.known_dim();
    let dense_dim = law.ambient_dim - known;
    let model = law.in_coordinates(plan.training_rows.min(dense_dim))?;
    let mut sets = draw_sets(plan, seed, |stream, rows| draw_raw(&model, stream, rows));
    let factor = wishart_factor(&Stream::new(seed, Purpose::Outside, 0), plan.training_rows, dense_dim);
    let sigma = law.noise_variance.sqrt() as f32;
    for r in 0..plan.training_rows {
        let dense = &mut sets[0].features.row_mut(r)[known..];
        dense.iter_mut().zip(factor.row(r)).for_each(|(x, t)| *x = sigma * t);
    }
    Ok((sets, model.dictionary().clone()))
}

fn draw_raw(data: &SparseCoding, stream: &Stream, rows: usize) -> Drawn {
    let (mut x, mut latent) = (Vec::new(), Vec::new());
    x.reserve_exact(rows * data.ambient_dim());
    for first in (0..rows).step_by(ROWS_PER_PIECE) {
        let samples = data.sample(stream, first, ROWS_PER_PIECE.min(rows - first));
        x.extend_from_slice(samples.x.as_slice());
        latent.extend_from_slice(samples.latent.as_slice());
    }
    Drawn {
        features: Matrix::from_vec(rows, data.ambient_dim(), x),
        latent: Matrix::from_vec(rows, data.latent_dim(), latent),
    }
}
