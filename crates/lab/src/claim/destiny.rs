//! Does luck at the start decide which atom a neuron ends with?
//!
//! At step 0 neuron i points most at atom j_i and has the luck l_i, as its paper measures it. It keeps its fate if
//! at the end |cos(w_i, M_j)| > .7 for j = j_i.
//!
//! ```text
//! precision   share of the lucky neurons that keep their fate          chance: the share of all neurons that do
//! recall      share of the neurons that end with an atom and were lucky for it at the start
//! area        Pr(l_i > l_i') for i that keeps its fate and i' that does not, the area under the curve; chance: ½
//! ```

use super::measure::ArmSetting;
use crate::evidence::Trial;
use crate::identity::SettingKey;
use crate::paper::{Fate, Paper};
use crate::stats::{Estimate, Located, bootstrap_percentile, wilson};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// The neurons of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Fates {
    /// Which arm.
    pub setting: ArmSetting,
    /// Which seed.
    pub seed: u64,
    /// m entries.
    pub neurons: Vec<Fate>,
}

/// One run's figures. Intervals are over neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunDestiny {
    /// The seed.
    pub seed: u64,
    /// Share of the lucky neurons that keep their fate; `None` if none was lucky.
    pub precision: Option<Estimate>,
    /// Share of the neurons that end with an atom and were lucky for it; `None` if none ends with an atom.
    pub recall: Option<Estimate>,
    /// Area under the curve; `None` if all or no neurons keep their fate.
    pub area: Option<Estimate>,
    /// Share of all neurons that keep their fate: the precision of chance.
    pub base_rate: f64,
}

/// The figures of one setting. Intervals are over seeds, `None` with a single one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeuronDestiny {
    /// The arm and its sizes.
    pub setting: ArmSetting,
    /// Mean precision.
    pub precision: Option<Estimate>,
    /// Mean precision minus that of chance.
    pub precision_over_chance: Option<Estimate>,
    /// Mean recall.
    pub recall: Option<Estimate>,
    /// Mean area under the curve.
    pub area: Option<Estimate>,
    /// Run by run.
    pub runs: Vec<RunDestiny>,
}

/// The fates of the neurons of an arm that is judged and learns; `None` also where the paper says nothing of them, or
/// the run did not record what is needed.
pub fn fates(paper: &Paper, trial: &dyn Trial) -> Option<Fates> {
    let setting = ArmSetting::of(paper, trial).filter(|setting| setting.idleness.is_none())?;
    let neurons = (paper.destiny.read)(&trial.sparse_coding().ok()?, setting.role)?;
    Some(Fates { setting, seed: trial.seed(), neurons })
}

/// Sums up runs by setting.
pub fn destinies(all: Vec<Fates>) -> Vec<NeuronDestiny> {
    let mut groups: BTreeMap<SettingKey, Vec<Fates>> = BTreeMap::new();
    for fates in all {
        let group = groups.entry(fates.setting.key).or_default();
        if group.iter().all(|other| other.seed != fates.seed) {
            group.push(fates);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| a[0].setting.place().cmp(&b[0].setting.place()));
    groups.iter().map(|group| of_setting(group)).collect()
}

fn of_setting(group: &[Fates]) -> NeuronDestiny {
    let runs: Vec<RunDestiny> = group.iter().map(|fates| of_run(fates.seed, &fates.neurons)).collect();
    // A run without the figure, such as one without lucky neurons, says nothing about it.
    let over_seeds = |figure: &dyn Fn(&RunDestiny) -> Option<f64>| {
        let values: Vec<f64> = runs.iter().filter_map(figure).collect();
        Located::mean(&values).map(|located| located.interval(LEVEL))
    };
    NeuronDestiny {
        setting: group[0].setting.clone(),
        precision: over_seeds(&|run| Some(run.precision?.value)),
        precision_over_chance: over_seeds(&|run| Some(run.precision?.value - run.base_rate)),
        recall: over_seeds(&|run| Some(run.recall?.value)),
        area: over_seeds(&|run| Some(run.area?.value)),
        runs,
    }
}

/// The figures of one run.
pub fn of_run(seed: u64, neurons: &[Fate]) -> RunDestiny {
    let count = |holds: &dyn Fn(&Fate) -> bool| neurons.iter().filter(|fate| holds(fate)).count();
    let kept_by_luck = count(&|fate| fate.is_lucky && fate.is_kept);
    RunDestiny {
        seed,
        precision: wilson(kept_by_luck, count(&|fate| fate.is_lucky), LEVEL),
        recall: wilson(kept_by_luck, count(&|fate| fate.is_aligned), LEVEL),
        area: bootstrap_percentile(neurons.len(), LEVEL, |indices| area(neurons, indices)),
        base_rate: count(&|fate| fate.is_kept) as f64 / neurons.len() as f64,
    }
}

/// Area under the curve by ranks (Mann and Whitney), ties counted half; NaN if one side is empty.
fn area(neurons: &[Fate], indices: &[usize]) -> f64 {
    let mut drawn: Vec<&Fate> = indices.iter().map(|&i| &neurons[i]).collect();
    drawn.sort_by(|a, b| a.luck.total_cmp(&b.luck));
    let (mut below, mut won, mut kept) = (0.0, 0.0, 0.0);
    for tied in drawn.chunk_by(|a, b| a.luck == b.luck) {
        let here = tied.iter().filter(|fate| fate.is_kept).count() as f64;
        let others = tied.len() as f64 - here;
        won += here * (below + 0.5 * others);
        kept += here;
        below += others;
    }
    won / (kept * below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(luck: f64, is_lucky: bool, is_kept: bool) -> Fate {
        Fate { luck, is_lucky, is_aligned: is_kept, is_kept }
    }

    /// Lucks 1, 2, 2, 3 with fates lost, kept, lost, kept: of the four pairs three are won and one is tied,
    /// 3.5/4.
    #[test]
    fn area_counts_pairs() {
        let neurons =
            [fate(1.0, false, false), fate(2.0, false, true), fate(2.0, true, false), fate(3.0, true, true)];
        assert_eq!(area(&neurons, &[0, 1, 2, 3]), 3.5 / 4.0);
        let run = of_run(7, &neurons);
        assert_eq!((run.precision.unwrap().value, run.recall.unwrap().value, run.base_rate), (0.5, 0.5, 0.5));
        assert!(area(&neurons, &[0, 2]).is_nan(), "nobody keeps its fate");
        assert_eq!(of_run(7, &neurons[..1]).area, None);
    }

    /// Fates that follow luck alone have area 1, fates drawn without regard to it one near ½.
    #[test]
    fn luck_that_decides_differs_from_chance() {
        let decided: Vec<Fate> = (0..200).map(|i| fate(f64::from(i), i > 150, i > 120)).collect();
        let run = of_run(1, &decided);
        assert_eq!((run.area.unwrap().value, run.precision.unwrap().value), (1.0, 1.0));
        let blind: Vec<Fate> = (0..200).map(|i| fate(f64::from(i), i > 150, i * 7919 % 13 < 5)).collect();
        let area = of_run(1, &blind).area.unwrap();
        assert!(area.lower < 0.5 && area.upper > 0.5, "{area:?}");
    }
}
