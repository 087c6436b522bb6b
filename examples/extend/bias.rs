//! Thresholds that approach their cap in time: zero until T1, then b_i = cap·(1 − e^{−(t − T1)/s})·‖w_i‖ at
//! step t.
//!
//! The paper's schedule is a race: a threshold grows by a factor, unless its norm grows faster. Here every
//! threshold stands at the same share of its norm, so no neuron falls behind, and none is favoured.

use super::{BiasCourse, BiasPart, BiasRule, BiasStep, CAP};
use crate::math::{Matrix, ParameterError, require_positive};
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration. A setting that another rule of the slot has too is the same in both: `bias.cap` is that
/// of the paper's schedule.
pub(super) static PART: BiasPart = BiasPart {
    kind: "gradual",
    summary: "towards the cap from T1 on, all at the same share of their norm",
    settings: &[
        CAP,
        PartSetting::number(
            "rise_steps",
            Range::POSITIVE,
            "100.0",
            "Steps after T1 in which thresholds come by a factor e closer to the cap (s).",
        ),
    ],
    build: |given, ()| {
        Ok(Arc::new(GradualBias { cap: given.number("cap")?, rise_steps: given.number("rise_steps")? }))
    },
};

/// Thresholds that rise together.
#[derive(Clone, Copy, Debug)]
pub struct GradualBias {
    /// Largest b_i/‖w_i‖, > 0.
    pub cap: f64,
    /// s, in steps, > 0.
    pub rise_steps: f64,
}

impl BiasRule for GradualBias {
    fn check(&self) -> Result<(), ParameterError> {
        require_positive("bias.cap", self.cap)?;
        require_positive("bias.rise_steps", self.rise_steps)
    }

    // A rule sees the step after the weights have moved: norms, gradient, stage times. It has no state here,
    // since the step and T1 say everything. One that has a state names it in `memory`, and resuming follows.
    fn advance(&self, bias: &mut [f32], _memory: &mut [Matrix], step: &BiasStep<'_>) {
        let Some(first) = step.stages.first else { return };
        let waited = (step.step - first) as f64 / self.rise_steps;
        let ratio = (self.cap * -(-waited).exp_m1()) as f32;
        bias.iter_mut().zip(step.norms).for_each(|(b, &norm)| *b = ratio * norm);
    }

    // What closed forms and remarks ask. A rule that is trained has no course, and says nothing.
    fn rests_until_first_stage_ends(&self) -> bool {
        true
    }

    fn course(&self) -> Option<BiasCourse> {
        Some(BiasCourse { reset: 0.0, cap: self.cap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::Given;
    use crate::train::StageTimes;

    /// Stage I has ended after so many steps.
    const T1: u64 = 70;

    #[test]
    fn thresholds_rest_until_the_first_stage_ends_and_then_approach_the_cap() {
        let given = vec![("cap", 0.4.into()), ("rise_steps", 50.0.into())];
        let rule = (PART.build)(&Given::new(PART.settings, given).unwrap(), &()).unwrap();
        let norms = [1.0, 3.0];
        let ratios = |step: u64| {
            let seen = BiasStep {
                step,
                stages: StageTimes { first: (step >= T1).then_some(T1), second: None },
                latent_dim: 8,
                learning_rate: 1.0,
                rate_factor: 1.0,
                old_norms: &norms,
                norms: &norms,
                gradient: &[0.0; 2],
            };
            let mut bias = [0.0; 2];
            rule.advance(&mut bias, &mut [], &seen);
            [bias[0] / norms[0], bias[1] / norms[1]]
        };
        // Nothing until T1, 1 − 1/e of the cap s steps later, all of it in the end.
        for (step, expected) in
            [(T1 - 1, 0.0), (T1, 0.0), (T1 + 50, 0.4 * (1.0 - (-1.0f32).exp())), (5000, 0.4)]
        {
            let found = ratios(step);
            assert!(found.iter().all(|ratio| (ratio - expected).abs() < 1e-6), "step {step}: {found:?}");
        }
    }
}
