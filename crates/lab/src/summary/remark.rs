//! Why an arm found no atoms, in words: a run that learned nothing says what stood in the way.
//!
//! Source: docs/theory.md 3.1 (stages), 4.3 (growth and gradient noise), 4.5 (thresholds).

use super::ArmSummary;
use crate::plan::ArmPlan;
use crate::spec::typed::{AugmentationSpec, BiasSpec};

/// Share of covered atoms (|cos| > .9) up to which an arm counts as one that found next to nothing.
const NEXT_TO_NOTHING: f64 = 0.1;
/// Share of the largest threshold from which on thresholds count as raised.
const RAISED: f64 = 0.95;

/// One sentence on an arm that was trained to its end and covers next to no atom; `None` for others.
pub(super) fn remark(arm: &ArmPlan, found: &ArmSummary) -> Option<String> {
    let covered = found.coverage.at_90.filter(|&covered| covered <= NEXT_TO_NOTHING)?;
    if found.stop_detail.is_some() || found.steps < arm.spec.training.steps {
        return None;
    }
    let what = if covered == 0.0 { "no atom has" } else { "few atoms have" };
    Some(format!("{what} a neuron of its own: {}", reason(arm, found)))
}

fn reason(arm: &ArmPlan, found: &ArmSummary) -> String {
    let training = &arm.spec.training;
    let steps = found.steps;
    if found.t1.is_none() {
        return match found.t1_predicted {
            Some(t1) if t1 > steps as f64 => format!(
                "stage I had not ended after {steps} steps, it is predicted to end at about step {t1:.0}; \
                 raise training.steps or training.learning_rate"
            ),
            _ => format!(
                "stage I had not ended after {steps} steps, some neuron stayed below {} times its initial \
                 energy; raise training.steps, or lower training.first_energy_ratio or encoder.initial_norm",
                training.first_energy_ratio
            ),
        };
    }
    if found.dense_energy_fraction.is_some_and(|dense| dense > 0.5) {
        return dense_reason(arm);
    }
    match arm.spec.bias {
        BiasSpec::Zero {} => {
            "thresholds stay at zero, so the map is linear and neurons mix atoms; bias.kind \
             = staged raises them"
                .to_owned()
        }
        BiasSpec::Staged { cap, .. } if found.bias_over_norm.is_some_and(|ratio| ratio < RAISED * cap) => {
            format!(
                "thresholds were still rising, {:.2} of bias.cap = {cap}; raise training.steps or bias.growth",
                found.bias_over_norm.unwrap_or_default()
            )
        }
        _ => "stage I ended and thresholds rose, but neurons still mix atoms; more batch.anchors, more \
              encoder.width or a slower bias.growth help"
            .to_owned(),
    }
}

/// Why most of the energy is noise.
fn dense_reason(arm: &ArmPlan) -> String {
    let anchors = arm.spec.batch.anchors;
    match (&arm.spec.augmentation, arm.prediction.anchors_needed) {
        (Some(AugmentationSpec::None {} | AugmentationSpec::IndependentMasks { .. }), _) => {
            "both views share noise, so noise grows with the signal; augmentation.kind = random_mask hides \
             it"
            .to_owned()
        }
        (_, Some(needed)) if needed > anchors as f64 => format!(
            "the gradient noise of batch.anchors = {anchors} outweighs the signal; raise batch.anchors to \
             {needed:.0} or more, or lower training.learning_rate"
        ),
        _ => "most of the energy is noise along no atom; raise training.weight_decay, batch.anchors or \
              training.steps"
            .to_owned(),
    }
}
