//! The borders of the three stages, read off the norms of the neurons.
//!
//! T1: the first step at which every neuron has ‖w_i‖² ≥ K ‖w_i(0)‖².
//! T2: the first step at which some neuron has ‖w_i‖² ≥ R ‖w_i(T1)‖², R = d in the paper.
//!
//! Source: Section 3 and Appendix A; docs/theory.md 3.1. At finite size the norms may saturate before T2: then it stays
//! unset.

use crate::math::{ParameterError, require};

/// What makes a stage end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageRule {
    /// K: growth of every neuron's energy that ends stage I, > 1.
    pub first_energy_ratio: f64,
    /// Growth of some neuron's energy since T1 that ends stage II, > 1 (d in the paper).
    pub second_energy_ratio: f64,
}

impl Default for StageRule {
    fn default() -> Self {
        Self { first_energy_ratio: 64.0, second_energy_ratio: 64.0 }
    }
}

impl StageRule {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), ParameterError> {
        let first = self.first_energy_ratio;
        require(first.is_finite() && first > 1.0, "first_energy_ratio", first, "a finite number > 1")?;
        let second = self.second_energy_ratio;
        require(second.is_finite() && second > 1.0, "second_energy_ratio", second, "a finite number > 1")
    }
}

/// Stage times reached so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// T1, in steps.
    pub first: Option<u64>,
    /// T2, in steps.
    pub second: Option<u64>,
}

/// Follows the norms and notes when a stage ends.
#[derive(Clone, Debug)]
pub(super) struct StageClock {
    pub rule: StageRule,
    pub times: StageTimes,
    /// ‖w_i(T1)‖; empty before T1.
    pub norms_at_first: Vec<f32>,
}

impl StageClock {
    pub fn new(rule: StageRule) -> Self {
        Self { rule, times: StageTimes::default(), norms_at_first: Vec::new() }
    }

    /// Reads the norms after `step` steps.
    pub fn observe(&mut self, step: u64, norms: &[f32], initial_norms: &[f32]) {
        let grew =
            |now: f32, then: f32, ratio: f64| f64::from(now).powi(2) >= ratio * f64::from(then).powi(2);
        if self.times.first.is_none() {
            let all =
                norms.iter().zip(initial_norms).all(|(&n, &n0)| grew(n, n0, self.rule.first_energy_ratio));
            if all {
                self.times.first = Some(step);
                self.norms_at_first = norms.to_vec();
            }
            return;
        }
        let mut pairs = norms.iter().zip(&self.norms_at_first);
        if self.times.second.is_none() && pairs.any(|(&n, &n1)| grew(n, n1, self.rule.second_energy_ratio)) {
            self.times.second = Some(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stage_waits_for_the_slowest_and_the_second_for_the_fastest() {
        let mut clock = StageClock::new(StageRule { first_energy_ratio: 4.0, second_energy_ratio: 9.0 });
        let initial = [1.0, 2.0];
        clock.observe(1, &[5.0, 3.9], &initial);
        assert_eq!(clock.times, StageTimes::default());
        clock.observe(2, &[5.0, 4.0], &initial);
        clock.observe(3, &[14.9, 11.9], &initial);
        assert_eq!(clock.times, StageTimes { first: Some(2), second: None });
        clock.observe(4, &[5.0, 12.0], &initial);
        assert_eq!(clock.times, StageTimes { first: Some(2), second: Some(4) });
    }
}
