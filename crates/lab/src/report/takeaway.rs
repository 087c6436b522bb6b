//! What a figure shows, in one sentence that is computed from the data behind it.

use super::diagnostics::{Named, Neighbourhood};
use super::overview::percent;
use super::page::show;
use super::stored::{ArmView, StoredRun};
use featurescope_sim::measure::OWNER_COSINE;
use featurescope_sim::probe::DownstreamTask;

/// Arms that a sentence names one by one at most; of more it names the ends.
const MOST_NAMED: usize = 4;

/// The sentence of the figure `id` of a run; empty where there is nothing to say.
pub fn of(run: &StoredRun, diagnoses: &[Named], id: &str) -> String {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    match id {
        "story" => covered(&arms),
        "alignment" => aligned(&arms),
        "ownership" => owned(&arms),
        "destiny" => kept(&arms),
        "firing" => firing(diagnoses),
        "map" => neighbours(diagnoses),
        "probes" => scores(&arms),
        "mask-strength" => strongest(&arms),
        "diagnostics" => ranks(diagnoses),
        _ => String::new(),
    }
}

/// `words` with the value of every arm, or with the smallest and the largest: `0.1 (a), 0.9 (b)`.
fn sentence(words: &str, values: &[(&str, f64)], say: impl Fn(f64) -> String) -> String {
    let defined: Vec<(&str, f64)> = values.iter().copied().filter(|(_, value)| value.is_finite()).collect();
    let told = |(name, value): &(&str, f64)| format!("{} ({name})", say(*value));
    let ends = |order: fn(&&(&str, f64), &&(&str, f64)) -> std::cmp::Ordering| defined.iter().min_by(order);
    match defined.len() {
        0 => String::new(),
        1..=MOST_NAMED => format!("{words}: {}.", defined.iter().map(told).collect::<Vec<_>>().join(", ")),
        count => {
            let least = ends(|a, b| a.1.total_cmp(&b.1)).map(told).unwrap_or_default();
            let most = ends(|a, b| b.1.total_cmp(&a.1)).map(told).unwrap_or_default();
            format!("{words}: from {least} to {most}, over {count} arms.")
        }
    }
}

fn last<'a>(arms: &[ArmView<'a>], column: &str) -> Vec<(&'a str, f64)> {
    arms.iter().filter_map(|arm| Some((arm.name(), arm.last(column)?))).collect()
}

fn covered(arms: &[ArmView<'_>]) -> String {
    sentence(
        "Share of the atoms that have a neuron of their own at the end",
        &last(arms, "coverage_90"),
        percent,
    )
}

fn aligned(arms: &[ArmView<'_>]) -> String {
    let share = |arm: &ArmView<'_>| Some(arm.last("singleton_count")? / arm.subject.width() as f64);
    let values: Vec<_> = arms.iter().filter_map(|arm| Some((arm.name(), share(arm)?))).collect();
    // How the other neurons lie stands in the figure.
    sentence("Share of the neurons that end with |cos| > .9 with one atom", &values, percent)
}

fn owned(arms: &[ArmView<'_>]) -> String {
    let half = |arm: &ArmView<'_>| {
        let owned = arm.stored.atoms.iter().filter(|atom| atom.owner.is_some());
        let mut steps: Vec<u64> = owned.filter_map(|atom| atom.first_owned).collect();
        steps.sort_unstable();
        steps.get(steps.len().checked_sub(1)? / 2).map(|&step| step as f64)
    };
    let values: Vec<_> = arms.iter().filter_map(|arm| Some((arm.name(), half(arm)?))).collect();
    if values.is_empty() && arms.iter().any(|arm| !arm.stored.atoms.is_empty()) {
        return "No atom has an owner at the end.".to_owned();
    }
    sentence("Step at which half of the atoms that end with an owner had one", &values, |step| {
        format!("{step}")
    })
}

fn kept(arms: &[ArmView<'_>]) -> String {
    let share = |arm: &ArmView<'_>| {
        let recorded = &arm.subject.arm.neurons;
        let (start, end) = (recorded.at(0)?, recorded.at(recorded.steps.len().checked_sub(1)?)?);
        let pairs = || start.iter().zip(&end).filter(|(_, end)| end.alignment() > OWNER_COSINE);
        let kept = pairs().filter(|(start, end)| start.best_atom == end.best_atom).count();
        let all = pairs().count();
        (all > 0).then(|| kept as f64 / all as f64)
    };
    let values: Vec<_> = arms.iter().filter_map(|arm| Some((arm.name(), share(arm)?))).collect();
    if values.is_empty() && arms.iter().any(|arm| !arm.subject.arm.neurons.steps.is_empty()) {
        return "No neuron ends above |cos| = .7.".to_owned();
    }
    sentence(
        "Share of the neurons above |cos| = .7 whose atom was the nearest at the start",
        &values,
        percent,
    )
}

fn firing(diagnoses: &[Named]) -> String {
    let rates: Vec<_> =
        diagnoses.iter().map(|named| (named.name.as_str(), named.diagnosis.firing_rate)).collect();
    sentence("Share of the neurons that answer to a sample, on average", &rates, percent)
}

fn neighbours(diagnoses: &[Named]) -> String {
    let accuracy = |named: &'_ Named| match &named.diagnosis.neighbours {
        Some(Neighbourhood::Judged { accuracy, .. }) => Some(accuracy.value),
        Some(Neighbourhood::NotJudged(_)) | None => None,
    };
    let values: Vec<_> =
        diagnoses.iter().filter_map(|named| Some((named.name.as_str(), accuracy(named)?))).collect();
    let words =
        "Accuracy with which the nearest neighbours of a sample name its class (the run's first target)";
    sentence(words, &values, |value| show(Some(value)))
}

fn scores(arms: &[ArmView<'_>]) -> String {
    let of_task = |task: DownstreamTask| -> Vec<(&str, f64, usize)> {
        let best = |arm: &ArmView<'_>| {
            let scores = arm.stored.scores.iter().filter(|score| score.task == task);
            scores.max_by_key(|score| score.labels).map(|score| (score.score, score.labels))
        };
        arms.iter()
            .filter_map(|arm| best(arm).map(|(score, labels)| (arm.stored.name.as_str(), score, labels)))
            .collect()
    };
    let (values, word) = match of_task(DownstreamTask::Regression) {
        found if found.is_empty() => (of_task(DownstreamTask::Classification), "Accuracy"),
        found => (found, "R²"),
    };
    let labels = values.iter().map(|(_, _, labels)| *labels).max().unwrap_or(0);
    let values: Vec<_> = values.iter().map(|(name, score, _)| (*name, *score)).collect();
    sentence(&format!("{word} on fresh samples, from {labels} labels"), &values, |value| show(Some(value)))
}

fn strongest(arms: &[ArmView<'_>]) -> String {
    let is_on_axis = |arm: &&ArmView<'_>| {
        arm.subject
            .spec()
            .built_augmentation()
            .is_some_and(|augmentation| !augmentation.strengths().is_empty())
    };
    let covered =
        arms.iter().filter(is_on_axis).filter_map(|arm| Some((arm.name(), arm.last("coverage_90")?)));
    match covered.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((name, share)) => format!("Of these arms {name} covers most atoms: {}.", percent(share)),
        None => String::new(),
    }
}

fn ranks(diagnoses: &[Named]) -> String {
    let ranks: Vec<_> =
        diagnoses.iter().map(|named| (named.name.as_str(), named.diagnosis.centred_rank)).collect();
    sentence("Effective rank, mean removed", &ranks, |value| show(Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_arms_are_named_and_of_many_the_ends() {
        let few = [("masks", 1.0), ("none", 0.0), ("broken", f64::NAN)];
        assert_eq!(sentence("Covered", &few, percent), "Covered: 100\u{a0}% (masks), 0\u{a0}% (none).");
        let many = [("a", 0.5), ("b", 0.1), ("c", 0.9), ("d", 0.2), ("e", 0.3)];
        assert_eq!(
            sentence("Covered", &many, percent),
            "Covered: from 10\u{a0}% (b) to 90\u{a0}% (c), over 5 arms."
        );
        assert_eq!(sentence("Covered", &[("a", f64::NAN)], percent), "");
    }
}
