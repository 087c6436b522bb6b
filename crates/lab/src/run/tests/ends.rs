//! Both ends of every number's range: refused before anything starts, told as a divergence, or as finite as
//! any run.

use super::*;
use crate::spec::registry::settings;
use crate::spec::setting::{Kind, Setting};
use featurescope_sim::measure::Record;
use std::collections::BTreeSet;

/// One arm for every part that a number can enter. Stage I ends with the first step, so thresholds are set in
/// the second.
const EVERY_PART: &str = "
[data]
latent_dim = 4
ambient_dim = 64
[data.noise_directions]
kind = \"random\"
[network]
width = 6
[batch]
anchors = 16
negatives = 8
[training]
steps = 2
first_energy_ratio = 1.000001
second_energy_ratio = 1.000001
[measure]
cadence.steps = 1
samples = 16
[probe]
labels = [24]
targets = 2
validation_rows = 16
test_rows = 16
[arms.masked]
bias = { kind = \"staged\", reset = 0.8, growth = 0.5, cap = 0.45 }
[arms.none]
augmentation.kind = \"none\"
bias = { kind = \"trained\", learning_rate = 1.0, reset = 0.5 }
training.schedule.kind = \"cosine\"
[arms.spectral]
objective = { kind = \"spectral\", stop_gradient = \"nowhere\" }
augmentation.kind = \"independent_masks\"
batch.negative_set = \"in_batch\"
training.schedule = { kind = \"drops\", at = [1] }
measure.cadence.kind = \"logarithmic\"
[arms.disjoint]
augmentation.kind = \"disjoint_masks\"
objective.stop_gradient = \"nowhere\"
batch.negative_views = \"augmented\"
[arms.reduced]
training.dynamics = \"reduced\"
[arms.supervised]
objective.kind = \"regression\"
[arms.reduced_supervised]
objective.kind = \"regression\"
training.dynamics = \"reduced\"
";

/// Figures that some states leave undefined, as their documentation says: without a lucky neuron, before T1,
/// where no sample has an active atom, where no neuron fires.
const MAY_BE_UNDEFINED: &[&str] = &[
    "lucky_kept_fraction",
    "lucky_kept_fraction_t1",
    "lucky_neurons_t1",
    "potential_per_atom_t1",
    "noise_cosine",
    "noise_cosine_error",
    "signal_cosine",
    "signal_cosine_error",
    "effective_rank",
    "uniformity",
];

/// The figures that are numbers at the end of an arm, by name; `None` for an arm that diverged.
type Finite = Option<BTreeSet<String>>;

fn finite(names: impl IntoIterator<Item = (String, f64)>) -> BTreeSet<String> {
    names.into_iter().filter(|(_, value)| value.is_finite()).map(|(name, _)| name).collect()
}

/// Two steps, measured, and the probes behind them.
fn train(plan: &Plan, arm: &ArmPlan) -> Finite {
    let mut dynamics = arm.dynamics(&plan.data).unwrap();
    let mut recorder = arm.recorder().unwrap();
    let mut last: Option<Record> = recorder.observe(&dynamics.view());
    while let Some(view) = dynamics.step() {
        last = recorder.observe(&view).or(last);
        if view.step == 2 {
            break;
        }
    }
    let diverged = |reason: &featurescope_sim::train::StopReason| {
        matches!(reason, featurescope_sim::train::StopReason::Diverged { .. })
    };
    if dynamics.stop_reason().is_some_and(diverged) {
        return None;
    }
    let record = last.unwrap();
    assert_eq!(record.step, arm.spec.training.steps.min(2));
    let mut names = finite(
        recorder
            .columns()
            .iter()
            .zip(&record.scalars)
            .map(|(column, &value)| (column.name.to_owned(), value)),
    );
    if let Some(probes) = &plan.probes {
        let interrupt = AtomicBool::new(false);
        let probes = Probes { plan: probes, seed: plan.seed, interrupt: &interrupt };
        match probes.learned(dynamics.as_ref()) {
            Ok(scores) => names.extend(finite(scores.iter().map(|s| (format!("{:?}", s.task), s.score)))),
            // Told in the summary.
            Err(_) => names.extend(["Regression", "Classification"].map(ToOwned::to_owned)),
        }
    }
    Some(names)
}

fn planned(arguments: &[String]) -> Result<Plan, String> {
    let layers = [
        Layer::parse(EVERY_PART, "every part", Path::new("/")).unwrap(),
        Layer::overrides(arguments).map_err(|error| error.to_string())?,
    ];
    let spec = Spec::from_layers(&layers).map_err(|error| error.to_string())?;
    Plan::new(&spec, "ends").map_err(|error| error.to_string())
}

fn ends(setting: &Setting) -> Vec<String> {
    match setting.kind {
        Kind::Number(range) => {
            let [low, high] = range.ends();
            // Where an end is not in the range, what lies just inside.
            let inside = [low, high, low + f64::from(f32::EPSILON), high - f64::from(f32::EPSILON)];
            let zero = range.contains(0.0).then_some(0.0);
            let values: BTreeSet<String> = inside
                .into_iter()
                .chain(zero)
                .filter(|&value| range.contains(value))
                .map(|value| format!("{value:e}"))
                .collect();
            values.into_iter().collect()
        }
        Kind::Whole(least, most) => vec![least.to_string(), most.to_string()],
        _ => Vec::new(),
    }
}

#[test]
fn both_ends_of_every_range_are_told_or_fine() {
    let usual = planned(&[]).unwrap();
    let expected: Vec<Finite> = usual.arms.iter().map(|arm| train(&usual, arm)).collect();
    assert!(
        expected.iter().all(|names| names.as_ref().is_some_and(|names| names.len() > 20)),
        "{expected:?}"
    );
    let (mut refused, mut diverged, mut fine, mut wrong) = (0, 0, 0, Vec::new());
    for setting in settings() {
        for end in ends(setting) {
            let argument = format!("{}={end}", setting.key);
            let plan = match planned(std::slice::from_ref(&argument)) {
                Ok(plan) => plan,
                Err(message) => {
                    assert!(!message.contains("do not fit together"), "{argument}: {message}");
                    refused += 1;
                    continue;
                }
            };
            // Before the first step there is no batch to read.
            for (arm, usual) in plan.arms.iter().zip(&expected).filter(|(arm, _)| arm.spec.training.steps > 0)
            {
                let Some(found) = train(&plan, arm) else {
                    diverged += 1;
                    continue;
                };
                let is_lost =
                    |name: &&String| !found.contains(*name) && !MAY_BE_UNDEFINED.contains(&name.as_str());
                let lost: Vec<_> = usual.iter().flatten().filter(is_lost).collect();
                if lost.is_empty() {
                    fine += 1;
                } else {
                    wrong.push(format!("{argument}, arm {}: {lost:?}", arm.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{refused} {diverged} {fine}\n{}", wrong.join("\n"));
    assert!(
        refused > 20 && diverged > 10 && fine > 300,
        "{refused} refused, {diverged} diverged, {fine} fine"
    );
}
