//! Runs in one table: a row per combination of values and arm, each figure with its interval over seeds.

use super::{Group, Swept};
use crate::report::metrics::{METRICS, Metric};
use crate::report::page::{Table, show};
use crate::report::stored::ArmView;
use crate::stats::{Estimate, Located};

/// Level of the intervals.
pub const LEVEL: f64 = 0.95;

/// A figure of one arm at one combination of values, over the seeds that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Mean over seeds.
    pub mean: f64,
    /// Its interval; `None` from a single seed.
    pub interval: Option<Estimate>,
    /// Seeds that have a value.
    pub count: usize,
    /// Mean over seeds of what theory says.
    pub theory: Option<f64>,
}

/// The arms of a group that bear a name: those that were trained to their end, and how many were not.
pub fn arms<'a>(group: &Group<'a>, name: &str) -> (Vec<ArmView<'a>>, usize) {
    let named = group.runs.iter().flat_map(|run| run.subjects().filter(|arm| arm.name() == name));
    let (finished, others): (Vec<_>, Vec<_>) = named.partition(ArmView::has_finished);
    (finished, others.len())
}

/// The mean of a figure over arms; `None` if none of them has it.
pub fn cell(metric: &Metric, arms: &[ArmView<'_>]) -> Option<Cell> {
    let values: Vec<f64> = arms.iter().filter_map(|arm| metric.value(arm)).collect();
    let theory: Vec<f64> = arms.iter().filter_map(|arm| metric.prediction(arm)).collect();
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    (!values.is_empty()).then(|| Cell {
        mean: average(&values),
        interval: Located::mean(&values).map(|located| located.interval(LEVEL)),
        count: values.len(),
        theory: (!theory.is_empty()).then(|| average(&theory)),
    })
}

/// The table.
pub fn table(swept: &Swept<'_>) -> Table {
    let names = swept.arms();
    // Figures that no run has are no columns.
    let is_known = |metric: &&Metric| {
        swept.runs().any(|(_, run)| run.subjects().any(|arm| metric.value(&arm).is_some()))
    };
    let metrics: Vec<&Metric> = METRICS.iter().filter(is_known).collect();
    let mut rows = Vec::new();
    for group in &swept.groups {
        for name in &names {
            let (finished, others) = arms(group, name);
            if finished.is_empty() && others == 0 {
                continue;
            }
            let mut row: Vec<String> = values(swept, group);
            row.push((*name).to_owned());
            row.push(seeds(finished.len(), others));
            let told = |metric: &&Metric| told(cell(metric, &finished).as_ref(), finished.len());
            row.extend(metrics.iter().map(told));
            rows.push(row);
        }
    }
    let heads = swept.keys.iter().map(super::Key::title).chain(["arm".to_owned(), "seeds".to_owned()]);
    Table {
        title: "At the last recorded step".to_owned(),
        columns: heads.chain(metrics.iter().map(|metric| metric.head())).collect(),
        rows,
        note: "Mean over seeds ± half of its 95 % interval (Student t); one seed has no interval. In \
               parentheses: theory's value, or that of a linear map with the same dense energy. Arms that \
               were not trained to their end are counted and left out."
            .to_owned(),
    }
}

fn values(swept: &Swept<'_>, group: &Group<'_>) -> Vec<String> {
    swept.keys.iter().zip(&group.places).map(|(key, &place)| key.values[place].to_string()).collect()
}

/// `3`, or `2 (1 not finished)`.
fn seeds(finished: usize, others: usize) -> String {
    if others == 0 { finished.to_string() } else { format!("{finished} ({others} not finished)") }
}

/// `0.91 ± 0.02 (0.9), 2 of 3`: the last where only some seeds have it.
fn told(cell: Option<&Cell>, seeds: usize) -> String {
    let Some(cell) = cell else { return show(None) };
    let mut told = show(Some(cell.mean));
    if let Some(Estimate { lower, upper, .. }) = cell.interval {
        told = format!("{told} ± {}", show(Some(0.5 * (upper - lower))));
    }
    if let Some(theory) = cell.theory {
        told = format!("{told} ({})", show(Some(theory)));
    }
    if cell.count < seeds {
        told = format!("{told}, {} of {seeds}", cell.count);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2, 3: mean 2, half width 4.303/√3 = 2.484.
    #[test]
    fn a_cell_says_what_it_is_known_to_and_from_how_many_seeds() {
        let values = [1.0, 2.0, 3.0];
        let interval = Located::mean(&values).map(|located| located.interval(LEVEL));
        let full = Cell { mean: 2.0, interval, count: 3, theory: Some(2.5) };
        assert_eq!(told(Some(&full), 3), "2 ± 2.484 (2.500)");
        assert_eq!(told(Some(&full), 4), "2 ± 2.484 (2.500), 3 of 4");
        let single = Cell { mean: 0.5, interval: None, count: 1, theory: None };
        assert_eq!(told(Some(&single), 1), "0.500", "one seed has no interval");
        assert_eq!(told(None, 3), "–");
        assert_eq!((seeds(3, 0), seeds(2, 1)), ("3".to_owned(), "2 (1 not finished)".to_owned()));
    }
}
