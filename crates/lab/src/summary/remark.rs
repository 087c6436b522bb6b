//! What went wrong in an arm, in words: a loss that no sound learner has, or no atoms found, and what stood
//! in the way.
//!
//! Source: docs/theory.md 3.1 (stages), 4.3 (growth and gradient noise), 4.5 and 4.7 (thresholds).

use super::ArmSummary;
use crate::plan::ArmPlan;
use featurescope_sim::train::BiasCourse;

/// Share of covered atoms (|cos| > .9) up to which an arm counts as one that found next to nothing.
const NEXT_TO_NOTHING: f64 = 0.1;
/// Share of the largest threshold from which on thresholds count as raised.
const RAISED: f64 = 0.95;

/// One sentence on an arm that was trained to its end and went wrong or covers next to no atom; `None` for
/// others.
pub(super) fn remark(arm: &ArmPlan, found: &ArmSummary) -> Option<String> {
    if found.stop_detail.is_some() || found.steps < arm.spec.training.steps {
        return None;
    }
    if let Some((loss, silent)) = found.loss.zip(arm.silent_loss())
        && highest_sound_loss(arm, silent).is_some_and(|highest| loss > highest)
    {
        return Some(format!(
            "training went wrong: the loss is {loss:.3e}, that of silent neurons {silent:.3e}; raise \
             batch.anchors or lower training.learning_rate"
        ));
    }
    let covered = found.coverage.at_90.filter(|&covered| covered <= NEXT_TO_NOTHING)?;
    let what = if covered == 0.0 { "no atom has" } else { "few atoms have" };
    Some(format!("{what} a neuron of its own: {}", reason(arm, found)))
}

/// The loss above which an arm counts as one that went wrong: as far above the loss of silent neurons as the
/// best features can be below it. The lowest loss on labels is 0. `None` where no features do better than
/// silent neurons: a loss that collapse minimises tells nothing.
fn highest_sound_loss(arm: &ArmPlan, silent: f64) -> Option<f64> {
    let best = arm.spec.built_objective().map_or(0.0, |objective| objective.lowest(arm.spec.output_count()));
    (best < silent).then_some(silent + (silent - best))
}

fn reason(arm: &ArmPlan, found: &ArmSummary) -> String {
    let training = &arm.spec.training;
    let steps = found.steps;
    if arm.prediction.growth.is_some_and(|growth| growth.sparse <= 1.0) {
        return "the atoms did not grow, training.weight_decay outweighs them; lower it".to_owned();
    }
    if found.t1.is_none() {
        return match found.t1_predicted {
            Some(t1) if t1 > steps as f64 => format!(
                "stage I had not ended after {steps} steps, it is predicted to end at about step {t1:.0}; \
                 raise training.steps or training.learning_rate"
            ),
            _ => format!(
                "stage I had not ended after {steps} steps, some neuron stayed below {} times its initial \
                 energy; raise training.steps, or lower training.first_energy_ratio or network.initial_norm",
                training.first_energy_ratio
            ),
        };
    }
    if let Some(feed) = noise_kept(arm, found) {
        let higher = if has_bias_setting(arm, "cap") { "bias.cap or " } else { "" };
        return format!(
            "noise grows through the thresholds, {feed:.1} times as fast as weight decay takes it away; \
             augmentation.kind = random_mask hides it, a higher {higher}training.weight_decay shuts it out"
        );
    }
    if found.dense_energy_fraction.is_some_and(|dense| dense > 0.5) {
        return dense_reason(arm);
    }
    match arm.spec.bias_course() {
        Some(course) if course.stays_at_zero() && arm.spec.has_plain_learner() => {
            "thresholds stay at zero, so the map is linear and neurons mix atoms; bias.kind \
             = staged raises them"
                .to_owned()
        }
        Some(BiasCourse { cap, .. }) if found.bias_over_norm.is_some_and(|ratio| ratio < RAISED * cap) => {
            format!(
                "thresholds were still rising, {:.2} of {} {cap}; raise training.steps{}",
                found.bias_over_norm.unwrap_or_default(),
                if has_bias_setting(arm, "cap") { "bias.cap =" } else { "at most" },
                if has_bias_setting(arm, "growth") { " or bias.growth" } else { "" },
            )
        }
        _ if has_bias_setting(arm, "growth") => {
            "stage I ended and thresholds rose, but neurons still mix atoms; more batch.anchors, more \
             network.width or a slower bias.growth help"
                .to_owned()
        }
        _ => "stage I ended, but neurons still mix atoms; more batch.anchors or more network.width help"
            .to_owned(),
    }
}

/// Whether the arm's bias rule has a number of this name among its settings, so that advice may speak of it.
fn has_bias_setting(arm: &ArmPlan, name: &str) -> bool {
    arm.spec.bias.given().optional_number(name).is_some()
}

/// How much faster noise grows through the scheduled thresholds than weight decay takes it away, once they stand at
/// their cap; `None` where they shut it out (docs/theory.md 4.7).
fn noise_kept(arm: &ArmPlan, found: &ArmSummary) -> Option<f64> {
    let course = arm.spec.bias_course().filter(|course| !course.stays_at_zero())?;
    let is_raised = found.bias_over_norm.is_some_and(|ratio| ratio >= RAISED * course.cap);
    arm.prediction.noise_feed_over_decay.filter(|&feed| is_raised && feed > 1.0)
}

/// Why most of the energy is noise.
fn dense_reason(arm: &ArmPlan) -> String {
    let anchors = arm.spec.batch.anchors;
    let moments = arm.spec.built_augmentation().and_then(|augmentation| augmentation.moments());
    match (moments, arm.prediction.anchors_needed) {
        (Some(moments), _) if moments.product > 0.0 => {
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
