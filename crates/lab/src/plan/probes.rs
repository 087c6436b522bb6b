//! The probe sets of a run: the same fresh samples for every representation.
//!
//! Source: Definition 3.1; docs/theory.md 2.5.

use super::ProbePlan;
use super::data::PlannedData;
use featurescope_sim::data::{DataModel, Dictionary, SparseCodingLaw};
use featurescope_sim::math::wishart::wishart_factor;
use featurescope_sim::math::{Matrix, ParameterError, Purpose, Stream};
use featurescope_sim::probe::yardstick::oracle_linear_features;
use featurescope_sim::probe::{FeatureKind, LabelledSet, ProbeError, ProbeScore, climb};
use featurescope_sim::train::Dynamics;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// The probes of one run.
#[derive(Debug)]
pub struct Probes<'a> {
    /// Labels, targets, and how many samples there are.
    pub plan: &'a ProbePlan,
    /// The seed of the run.
    pub seed: u64,
    /// Soon after this is set, the probes give up.
    pub interrupt: &'a AtomicBool,
}

impl Probes<'_> {
    /// Scores of probes on f(x).
    ///
    /// # Errors
    /// If no probe can be fitted or scored, or somebody interrupts.
    pub fn learned(&self, dynamics: &dyn Dynamics) -> Result<Vec<ProbeScore>, ProbeError> {
        let sets = self.draw_sets(|stream, rows| {
            let represented = dynamics.represent(stream, 0, rows);
            Drawn { features: represented.features, latent: represented.latent }
        })?;
        self.score(FeatureKind::Learned, &sets)
    }

    /// Scores of probes on x, Mᵀx and z: they depend on the data alone.
    ///
    /// # Errors
    /// The same.
    pub fn yardsticks(&self, data: &PlannedData) -> Result<Vec<ProbeScore>, YardstickError> {
        let (mut sets, dictionary) = match (data.ambient(), data.law()) {
            (Some(model), _) => (self.draw_raw_sets(model)?, model.dictionary().clone()),
            (None, Some(law)) => self.draw_seen(law)?,
            (None, None) => return Ok(Vec::new()),
        };
        let mut scores = self.score(FeatureKind::Raw, &sets)?;
        let dictionary = dictionary.atoms().transposed();
        for set in &mut sets {
            set.features = oracle_linear_features(&set.features, &dictionary);
        }
        scores.extend(self.score(FeatureKind::OracleLinear, &sets)?);
        for set in &mut sets {
            set.features = set.latent.clone();
        }
        scores.extend(self.score(FeatureKind::OracleLatent, &sets)?);
        Ok(scores)
    }

    fn score(&self, kind: FeatureKind, sets: &[Drawn; 3]) -> Result<Vec<ProbeScore>, ProbeError> {
        let [train, validation, test] = sets.each_ref().map(Drawn::labelled);
        climb(&self.plan.ladder, kind, train, validation, test, self.interrupt)
    }

    /// Draws the three sets with `draw(stream, rows)`.
    fn draw_sets(&self, draw: impl Fn(&Stream, usize) -> Drawn) -> Result<[Drawn; 3], ProbeError> {
        let sets = [
            (Purpose::PROBE_TRAINING, self.plan.training_rows),
            (Purpose::PROBE_VALIDATION, self.plan.validation_rows),
            (Purpose::PROBE_TEST, self.plan.test_rows),
        ];
        let sets = sets.map(|(purpose, rows)| draw(&Stream::new(self.seed, purpose, 0), rows));
        // Sets that an interruption cut short are no sets.
        if self.interrupt.load(Ordering::Relaxed) { Err(ProbeError::Interrupted) } else { Ok(sets) }
    }

    fn draw_raw_sets(&self, model: &dyn DataModel) -> Result<[Drawn; 3], ProbeError> {
        self.draw_sets(|stream, rows| draw_raw(model, stream, rows, self.interrupt))
    }

    /// Raw samples as a probe sees them, without the ambient space. A rule fitted with an ℓ2 penalty is a
    /// combination of the labelled samples, so only the coordinates in their span count. There the labelled
    /// samples' noise is the factor of a Wishart matrix, and that of all other samples is white
    /// (docs/derivations/reduced.md 7). Equal in law to drawing x.
    fn draw_seen(&self, law: &SparseCodingLaw) -> Result<([Drawn; 3], Dictionary), YardstickError> {
        let known = law.known_dim();
        let (rows, dense_dim) = (self.plan.training_rows, law.ambient_dim - known);
        let model = law.in_coordinates(rows.min(dense_dim))?;
        let mut sets = self.draw_raw_sets(&model)?;
        let factor = wishart_factor(&Stream::new(self.seed, Purpose::OUTSIDE, 0), rows, dense_dim);
        let sigma = law.noise_variance.sqrt() as f32;
        for r in 0..rows {
            let dense = &mut sets[0].features.row_mut(r)[known..];
            dense.iter_mut().zip(factor.row(r)).for_each(|(x, t)| *x = sigma * t);
        }
        Ok((sets, model.dictionary().clone()))
    }
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

impl YardstickError {
    /// Whether there are no yardsticks because somebody asked to stop.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Probe(ProbeError::Interrupted))
    }
}

/// Samples piece by piece; the pieces after an interruption are left out.
fn draw_raw(data: &dyn DataModel, stream: &Stream, rows: usize, interrupt: &AtomicBool) -> Drawn {
    let (mut x, mut latent) = (Vec::new(), Vec::new());
    x.reserve_exact(rows * data.ambient_dim());
    for first in (0..rows).step_by(ROWS_PER_PIECE) {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let samples = data.sample(stream, first, ROWS_PER_PIECE.min(rows - first));
        x.extend_from_slice(samples.x.as_slice());
        latent.extend_from_slice(samples.latent.as_slice());
    }
    let drawn = x.len() / data.ambient_dim();
    Drawn {
        features: Matrix::from_vec(drawn, data.ambient_dim(), x),
        latent: Matrix::from_vec(drawn, data.latent_dim(), latent),
    }
}
