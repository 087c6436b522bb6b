//! One sample with everything that it is made of: x = M z + ξ, and its two views.

use crate::settings::{Planned, said};
use featurescope_sim::augment::{Augmentation, Identity, Origin};
use featurescope_sim::data::{DataModel, Drawing};
use featurescope_sim::math::{Purpose, Stream};
use std::sync::Arc;

/// Coordinates of a sample that is drawn in a page. Drawing a dictionary takes d1 · d² operations.
const MOST_COORDINATES: usize = 1 << 14;

/// The data of a run in the ambient space, whatever the dynamics of its arms.
pub struct Samples {
    model: Arc<dyn DataModel>,
    augmentation: Box<dyn Augmentation>,
    seed: u64,
}

/// A sample. All but the code have d1 entries.
#[derive(Debug, PartialEq)]
pub struct Sample {
    /// z, d entries.
    pub code: Vec<f32>,
    /// M z.
    pub signal: Vec<f32>,
    /// ξ.
    pub noise: Vec<f32>,
    /// x⁺.
    pub anchor: Vec<f32>,
    /// x⁺⁺.
    pub positive: Vec<f32>,
}

impl Samples {
    /// Draws what all samples share.
    ///
    /// # Errors
    /// If the data cannot be drawn here: they are too large, or in a file.
    pub fn new(planned: &Planned) -> Result<Self, String> {
        let shared = &planned.plan.shared;
        let dim = shared.ambient_dim();
        if dim > MOST_COORDINATES {
            return Err(format!(
                "a sample of {dim} coordinates is not drawn here: at most {MOST_COORDINATES}"
            ));
        }
        let model = if let Some(model) = planned.plan.data.ambient() {
            Arc::clone(model)
        } else {
            let law = shared.built_data().ok_or("these data cannot be drawn")?;
            law.draw(&Drawing { seed: shared.seed, matrices: &[] }).map_err(said)?
        };
        let augmentation = planned.arm().augmentation().map_err(said)?;
        Ok(Self {
            model,
            augmentation: augmentation.unwrap_or_else(|| Box::new(Identity)),
            seed: shared.seed,
        })
    }

    /// Sample `row` of the batch that is drawn for the step after `step` steps. In sampled dynamics the learner takes
    /// this very sample; in reduced dynamics it takes what it would see of one with the same law.
    pub fn draw(&self, step: u64, row: u32) -> Sample {
        let stream = |purpose| Stream::new(self.seed, purpose, step as u32);
        let drawn = self.model.sample(&stream(Purpose::POSITIVES), row as usize, 1);
        let (mut anchor, noise) = (drawn.x.row(0).to_vec(), drawn.noise.row(0).to_vec());
        let code = drawn.latent.row(0).to_vec();
        let signal = self.model.dictionary().combine(&drawn.latent).row(0).to_vec();
        let mut positive = anchor.clone();
        if !self.augmentation.positive_is_anchor() {
            let (masks, atoms) = (stream(Purpose::MASKS), self.model.dictionary().atoms());
            let origin = Origin { stream: &masks, row, atoms, code: &code };
            self.augmentation.views(&origin, &mut anchor, &mut positive);
        }
        Sample { code, signal, noise, anchor, positive }
    }
}
