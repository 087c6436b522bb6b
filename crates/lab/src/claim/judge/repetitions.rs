//! Runs that differ in nothing but the seed, and ladders of such settings: what is judged at once.

use super::{FEWEST_SEEDS, Finding, PLAIN_LEVEL, Reason, Verdict};
use crate::claim::measure::{ArmSetting, Observation, Obstacle};
use crate::claim::{Axis, Scale, Scaling};
use crate::evidence::Gap;
use crate::stats::{Estimate, Located};
use std::collections::BTreeMap;

/// Sizes that a trend needs.
pub(super) const FEWEST_SIZES: usize = 3;

/// Readings that share a key, each run once, in an order that does not depend on that of the runs.
fn repetitions<'a, K: Ord>(
    observations: &[&'a Observation],
    key: impl Fn(&ArmSetting) -> K,
) -> Vec<Vec<&'a Observation>> {
    let mut groups: BTreeMap<K, Vec<&Observation>> = BTreeMap::new();
    for observation in observations {
        let group = groups.entry(key(&observation.setting)).or_default();
        let is_known = |other: &&Observation| {
            other.seed == observation.seed && other.setting.key == observation.setting.key
        };
        if !group.iter().any(is_known) {
            group.push(observation);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|observation| observation.seed);
    }
    groups.sort_by(|a, b| a[0].setting.place().cmp(&b[0].setting.place()));
    groups
}

/// The values, or why some are missing.
fn values(group: &[&Observation]) -> Result<Vec<f64>, Reason> {
    let mut missing = group.iter().filter_map(|observation| observation.value.as_ref().err()).peekable();
    if let Some(first) = missing.peek() {
        let applies =
            |observation: &&Observation| !matches!(observation.value, Err(Obstacle::Condition { .. }));
        if matches!(first, Obstacle::Gap(Gap::NoAmbientSpace)) || !group.iter().any(applies) {
            return Err(Reason::NotApplicable { why: first.to_string() });
        }
        let why = first.to_string();
        return Err(Reason::NotMeasured { missing: missing.count(), runs: group.len(), why });
    }
    Ok(group.iter().filter_map(|observation| observation.value.as_ref().ok().copied()).collect())
}

pub(super) fn at_one_size(observations: &[&Observation]) -> Vec<Finding> {
    let groups = repetitions(observations, |setting| setting.key);
    let finding = |group: Vec<&Observation>| {
        let seeds = group.iter().filter_map(|r| Some((r.seed as f64, r.value.as_ref().ok().copied()?)));
        let located = values(&group).and_then(|found| {
            Located::mean_within(&found, group[0].range).ok_or(Reason::TooFewSeeds { found: found.len() })
        });
        let mut finding = undecided(&group[0].setting, seeds.collect(), located);
        if group.len() < FEWEST_SEEDS {
            finding.located = None;
            finding.verdict = Verdict::Undecided { reason: Reason::TooFewSeeds { found: group.len() } };
        }
        finding
    };
    groups.into_iter().map(finding).collect()
}

/// Readings that lie on one ladder along the axis; those of arms without sizes lie on none.
fn ladders<'a>(observations: &[&'a Observation], axis: Axis) -> Vec<Vec<&'a Observation>> {
    let has_ladder = |reading: &&&Observation| reading.setting.ladders.contains_key(&axis);
    let on_ladders: Vec<&Observation> = observations.iter().filter(has_ladder).copied().collect();
    repetitions(&on_ladders, |setting| setting.ladders.get(&axis).cloned())
}

pub(super) fn over_sizes(observations: &[&Observation], test: &Scaling) -> Vec<Finding> {
    let ladders = ladders(observations, test.against);
    let finding = |ladder: Vec<&Observation>| {
        let located = slope(&ladder, test.against, test.scale);
        let size = |r: &Observation| r.setting.size(test.against);
        let points = ladder.iter().filter_map(|r| Some((size(r), r.value.as_ref().ok().copied()?))).collect();
        let largest = ladder.iter().max_by(|a, b| size(a).total_cmp(&size(b)));
        let setting = largest.map_or(&ladder[0].setting, |observation| &observation.setting);
        undecided(setting, points, located)
    };
    let mut findings: Vec<Finding> = ladders.into_iter().map(finding).collect();
    // A setting without neighbours is no ladder; it is kept only where there is nothing better to show.
    let sizes = |finding: &Finding| match finding.verdict {
        Verdict::Undecided { reason: Reason::TooFewSizes { found } } => found,
        _ => FEWEST_SIZES,
    };
    let most = findings.iter().map(sizes).max().unwrap_or_default();
    findings.retain(|finding| sizes(finding) >= most.min(2));
    findings
}

fn slope(ladder: &[&Observation], axis: Axis, scale: Scale) -> Result<Located, Reason> {
    let mut sizes: Vec<f64> = ladder.iter().map(|observation| observation.setting.size(axis)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    // Settings of one size may differ in anything else: they are no ladder along this axis.
    if sizes.len() < 2 {
        return Err(Reason::TooFewSizes { found: sizes.len() });
    }
    let mut rungs = Vec::new();
    for &size in &sizes {
        let rung: Vec<&Observation> =
            ladder.iter().copied().filter(|observation| observation.setting.size(axis) == size).collect();
        if rung.iter().any(|observation| observation.setting.key != rung[0].setting.key) {
            return Err(Reason::TwoSettings { axis, size });
        }
        rungs.push((size, rung));
    }
    let found = rungs.iter().filter(|(_, rung)| rung.len() >= FEWEST_SEEDS).count();
    if found < FEWEST_SIZES.max(rungs.len()) {
        return Err(Reason::TooFewSizes { found });
    }
    let seeds = |rung: &[&Observation]| rung.iter().map(|observation| observation.seed).collect::<Vec<_>>();
    let is_paired = rungs.iter().all(|(_, rung)| seeds(rung) == seeds(&rungs[0].1));
    let scaled: Vec<(f64, Vec<f64>)> =
        rungs.iter().map(|(size, rung)| on_scale(*size, rung, axis, scale)).collect::<Result<_, _>>()?;
    let located = if is_paired { Located::slope_per_seed(&scaled) } else { Located::slope(&scaled) };
    located.ok_or(Reason::TooFewSizes { found })
}

/// The values of a rung on the scale whose slope is asked for.
fn on_scale(size: f64, rung: &[&Observation], axis: Axis, scale: Scale) -> Result<(f64, Vec<f64>), Reason> {
    let found = values(rung)?;
    let scaled = |value: f64| match scale {
        Scale::LinearLog => Ok(value),
        Scale::LogLog if value > 0.0 => Ok(value.ln()),
        Scale::LogLog => Err(Reason::NotPositive { axis, size, value }),
    };
    Ok((size.ln(), found.into_iter().map(scaled).collect::<Result<_, _>>()?))
}

/// The slope over ln d, where there are enough sizes.
pub(super) fn trend(observations: &[&Observation]) -> Option<Estimate> {
    let slopes = ladders(observations, Axis::LatentDim);
    let slopes = slopes.iter().filter_map(|ladder| slope(ladder, Axis::LatentDim, Scale::LinearLog).ok());
    slopes.map(|slope| slope.interval(PLAIN_LEVEL)).next()
}

/// A finding with its interval at the plain level, to be corrected.
fn undecided(setting: &ArmSetting, values: Vec<(f64, f64)>, located: Result<Located, Reason>) -> Finding {
    let (located, reason) = match located {
        Ok(located) => (Some(located), Reason::OnTheBound { seeds: values.len() }),
        Err(reason) => (None, reason),
    };
    let estimate = located.map(|located| located.interval(PLAIN_LEVEL));
    Finding { setting: setting.clone(), values, estimate, verdict: Verdict::Undecided { reason }, located }
}
