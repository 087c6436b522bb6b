//! Two stored runs as numbers: the settings in which they differ, and every figure of both with its
//! difference.

use super::metrics::METRICS;
use super::page::{Table, show};
use super::settings::{SettingValue, differences};
use super::stored::{ArmView, StoredRun};
use crate::status::StopReason;
use serde::Serialize;

/// Two runs in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunDifference {
    /// What the runs are called.
    pub runs: [String; 2],
    /// The settings in which they differ, that of the seed included.
    pub settings: Vec<DifferentSetting>,
    /// Arms with a counterpart in the other run, then arms without one.
    pub arms: Vec<ArmDifference>,
}

/// A setting in which the runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferentSetting {
    /// Its full name.
    pub key: String,
    /// Its values, as they are typed; a dash where a run has no such setting.
    pub values: [String; 2],
}

/// An arm in both runs, or in one of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmDifference {
    /// Its name in either run; `None`: the run has no such arm.
    pub arms: [Option<String>; 2],
    /// How it ended: `finished`, `diverged` or `interrupted`.
    pub ends: [Option<StopReason>; 2],
    /// Its figures at the last recorded step.
    pub figures: Vec<FigureDifference>,
}

/// A figure of an arm in both runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FigureDifference {
    /// Its name.
    pub name: &'static str,
    /// Its values; `None` where it is not defined or was not recorded.
    pub values: [Option<f64>; 2],
    /// Second minus first; `None` where one is missing.
    pub difference: Option<f64>,
}

impl RunDifference {
    /// Second minus first.
    pub fn new(first: &StoredRun, second: &StoredRun) -> Self {
        let seeds = [first, second].map(|run| run.run.plan.seed.to_string());
        let mut settings = Vec::new();
        if seeds[0] != seeds[1] {
            settings.push(DifferentSetting { key: "seed".to_owned(), values: seeds });
        }
        settings.extend(differences(&[first, second]).into_iter().map(|found| {
            let value = |run: usize| found.values.get(run).unwrap_or(&SettingValue::Absent).to_string();
            DifferentSetting { values: [value(0), value(1)], key: found.key }
        }));
        let arms = pairs(first, second).into_iter().map(ArmDifference::new).collect();
        Self { runs: names([first, second]), settings, arms }
    }

    /// The settings as a table; `None` if there is no difference.
    pub fn settings_table(&self) -> Option<Table> {
        let row = |setting: &DifferentSetting| [std::slice::from_ref(&setting.key), &setting.values].concat();
        (!self.settings.is_empty()).then(|| Table {
            title: "Settings in which the runs differ".to_owned(),
            columns: ["setting", &self.runs[0], &self.runs[1]].map(str::to_owned).to_vec(),
            rows: self.settings.iter().map(row).collect(),
            note: String::new(),
        })
    }

    /// The figures of every arm, with a column of differences.
    pub fn figure_tables(&self) -> Vec<Table> {
        let [a, b] = &self.runs;
        let table = |arm: &ArmDifference| Table {
            title: arm.title(&self.runs),
            columns: vec![String::new(), a.clone(), b.clone(), "difference".to_owned()],
            rows: arm.rows(),
            note: format!("At the last recorded step; difference: {b} minus {a}."),
        };
        self.arms.iter().map(table).collect()
    }
}

impl ArmDifference {
    fn new([first, second]: [Option<ArmView<'_>>; 2]) -> Self {
        let read = |arm: &Option<ArmView<'_>>, value: &dyn Fn(&ArmView<'_>) -> Option<f64>| {
            arm.as_ref().and_then(value)
        };
        let figure = |metric: &super::metrics::Metric| {
            let values = [&first, &second].map(|arm| read(arm, &|arm| metric.value(arm)));
            let difference = values[0].zip(values[1]).map(|(first, second)| second - first);
            FigureDifference { name: metric.name, values, difference }
        };
        let figures = METRICS.iter().map(figure).filter(|figure| figure.values.iter().any(Option::is_some));
        let name = |arm: &Option<ArmView<'_>>| arm.as_ref().map(|arm| arm.name().to_owned());
        let end = |arm: &Option<ArmView<'_>>| arm.as_ref().map(|arm| arm.subject.arm.end.stop_reason);
        Self {
            figures: figures.collect(),
            arms: [name(&first), name(&second)],
            ends: [end(&first), end(&second)],
        }
    }

    /// What it is called, and how it ended where that is not as planned.
    pub fn title(&self, runs: &[String; 2]) -> String {
        let mut title = match &self.arms {
            [Some(a), Some(b)] if a == b => a.clone(),
            [Some(a), Some(b)] => format!("{a} against {b}"),
            [Some(only), None] | [None, Some(only)] => only.clone(),
            [None, None] => String::new(),
        };
        for (run, end) in runs.iter().zip(&self.ends) {
            match end {
                None => title = format!("{title} · not in {run}"),
                Some(StopReason::Finished) => {}
                Some(end) => title = format!("{title} · {} in {run}", end.word()),
            }
        }
        title
    }

    /// Name, both values and their difference of every figure, as shown.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |figure: &FigureDifference| {
            let [a, b] = figure.values;
            vec![figure.name.to_owned(), show(a), show(b), signed(figure.difference)]
        };
        self.figures.iter().map(row).collect()
    }
}

/// A difference with its sign.
fn signed(difference: Option<f64>) -> String {
    match difference {
        Some(value) if value > 0.0 => format!("+{}", show(Some(value))),
        Some(value) if value < 0.0 => format!("−{}", show(Some(-value))),
        other => show(other),
    }
}

/// Arms of the same name; the only arms of both, whatever they are called; then the rest.
fn pairs<'a>(first: &'a StoredRun, second: &'a StoredRun) -> Vec<[Option<ArmView<'a>>; 2]> {
    let is_alone = first.arms.len() == 1 && second.arms.len() == 1;
    let mut others: Vec<Option<ArmView<'a>>> = second.subjects().map(Some).collect();
    let mut pairs: Vec<[Option<ArmView<'a>>; 2]> = Vec::new();
    for arm in first.subjects() {
        let is_twin = |other: &&mut Option<ArmView<'_>>| {
            other.as_ref().is_some_and(|other| is_alone || other.name() == arm.name())
        };
        let twin = others.iter_mut().find(is_twin).and_then(Option::take);
        pairs.push([Some(arm), twin]);
    }
    pairs.sort_by_key(|[_, twin]| twin.is_none());
    pairs.extend(others.into_iter().flatten().map(|arm| [None, Some(arm)]));
    pairs
}

/// What two runs are called side by side: their folders, with what tells them apart where a folder is named
/// by a hash or both are named alike.
pub fn names([first, second]: [&StoredRun; 2]) -> [String; 2] {
    let runs = [first, second];
    if first.name != second.name && runs.iter().all(|run| !is_hash(&run.name)) {
        return runs.map(|run| run.name.clone());
    }
    let found = differences(&runs);
    let told = |index: usize| {
        let run = runs[index];
        if let [one] = &found[..] {
            return format!("{} = {}, seed {}", one.key, one.values[index], run.run.plan.seed);
        }
        format!("{} {}, seed {}", run.run.plan.experiment, run.name, run.run.plan.seed)
    };
    let names = [told(0), told(1)];
    if names[0] == names[1] { ["first run".to_owned(), "second run".to_owned()] } else { names }
}

/// Whether a folder is named after the content of its run, as in a sweep.
fn is_hash(name: &str) -> bool {
    name.len() == 12 && name.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_a_sign() {
        let shown = [Some(0.25), Some(-12.0), Some(0.0), None].map(signed);
        assert_eq!(shown, ["+0.250", "−12", "0", "–"]);
        assert!(is_hash("0123456789ab") && !is_hash("paper-1") && !is_hash("0123456789abc"));
    }

    #[test]
    fn a_title_says_which_run_lacks_the_arm_or_did_not_finish_it() {
        let runs = ["a".to_owned(), "b".to_owned()];
        let arm = |arms: [Option<&str>; 2], ends| ArmDifference {
            arms: arms.map(|name| name.map(str::to_owned)),
            ends,
            figures: Vec::new(),
        };
        let title = |arms, ends| arm(arms, ends).title(&runs);
        assert_eq!(title([Some("x"), Some("x")], [Some(StopReason::Finished); 2]), "x");
        assert_eq!(
            title([Some("x"), Some("y")], [Some(StopReason::Finished), Some(StopReason::Diverged)]),
            "x against y · diverged in b"
        );
        assert_eq!(title([None, Some("y")], [None, Some(StopReason::Finished)]), "y · not in a");
    }
}
