//! A fork: an arm that is another arm until a given moment, and has its own settings from there on.
//!
//! Both see the same samples and the same random numbers, so what differs afterwards is what the settings did.

use super::{ArmPlan, PlanError};
use crate::spec::typed::ArmSpec;
use std::fmt;
use std::str::FromStr;

/// When an arm leaves the one that it is a fork of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkMoment {
    /// After so many steps.
    Step(u64),
    /// T1.
    FirstStageEnd,
    /// T2.
    SecondStageEnd,
}

impl FromStr for ForkMoment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "t1" => Ok(Self::FirstStageEnd),
            "t2" => Ok(Self::SecondStageEnd),
            number => number.parse().map(Self::Step).map_err(drop),
        }
    }
}

impl fmt::Display for ForkMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => write!(f, "{step}"),
            Self::FirstStageEnd => f.write_str("t1"),
            Self::SecondStageEnd => f.write_str("t2"),
        }
    }
}

/// `training.fork`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Name of the other arm.
    pub arm: String,
    /// Until when the arm is that one.
    pub at: ForkMoment,
}

impl FromStr for Fork {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (arm, at) = text.split_once('@').ok_or(())?;
        Ok(Self { arm: arm.to_owned(), at: at.parse()? })
    }
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.arm, self.at)
    }
}

/// The fork that `spec` of arm `name` describes, if it does; `before` are the arms that run earlier.
pub(super) fn read(
    (name, spec): (&str, &ArmSpec),
    latent_dim: usize,
    before: &[ArmPlan],
) -> Result<Option<Fork>, PlanError> {
    let Some(text) = &spec.training.fork else { return Ok(None) };
    let wrong = |problem: String| PlanError::Fork { arm: name.to_owned(), fork: text.clone(), problem };
    let fork: Fork = text
        .parse()
        .map_err(|()| wrong("expected ARM@STEP, ARM@t1 or ARM@t2, for example none@200".to_owned()))?;
    let Some(base) = before.iter().find(|arm| arm.name == fork.arm) else {
        let names: Vec<&str> = before.iter().map(|arm| arm.name.as_str()).collect();
        let names = if names.is_empty() { "there are none".to_owned() } else { names.join(", ") };
        return Err(wrong(format!("there is no such arm before this one ({names})")));
    };
    let same = |what: &str, is_same: bool| {
        let problem = format!("{what} has to be that of {}, whose state it goes on from", base.name);
        if is_same { Ok(()) } else { Err(wrong(problem)) }
    };
    let (own, other) = (&spec.training, &base.spec.training);
    same("network", spec.network == base.spec.network)?;
    same("head", spec.head == base.spec.head)?;
    same("training.dynamics", own.dynamics == other.dynamics)?;
    same("training.optimizer", own.optimizer == other.optimizer)?;
    // Another objective may follow, unless it brings other parameters.
    // Of two arms with the same input, so that its size does not matter.
    let arrays = |spec: &ArmSpec| (spec.own_arrays(latent_dim, 1), spec.needs().target);
    same("the objective's parameters", arrays(spec) == arrays(&base.spec))?;
    // Another rule for the thresholds may follow, unless it remembers what that one does not.
    let remembered = |spec: &ArmSpec| spec.bias_rule().map_or(&[][..], |rule| rule.memory());
    let known = remembered(&base.spec);
    same("what bias.kind remembers", remembered(spec).iter().all(|name| known.contains(name)))?;
    let luck = |spec: &ArmSpec| spec.measure.potential_per_atom;
    same("measure.potential_per_atom", luck(spec) == luck(&base.spec))?;
    // What measurements remember of earlier steps is part of the state.
    same("measure.measurement", spec.measure.measurement == base.spec.measure.measurement)?;
    match fork.at {
        ForkMoment::Step(step) if step > other.steps => {
            Err(wrong(format!("{} ends after {} steps", base.name, other.steps)))
        }
        ForkMoment::Step(step) if step >= own.steps => {
            Err(wrong(format!("training.steps = {} leaves no step after the fork", own.steps)))
        }
        _ => Ok(Some(fork)),
    }
}
