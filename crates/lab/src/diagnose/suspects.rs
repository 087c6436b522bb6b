//! Columns that are no neurons, by what they hold: labels, functions of labels, numbers of rows.

use crate::array_file::Scalars;
use featurescope_sim::math::Matrix;
use std::collections::BTreeMap;

/// Samples from which on a column that numbers the rows, or says the labels in other words, is taken for what
/// it is.
const FEWEST_TO_COUNT: usize = 16;

/// Why a column of a file of so many `rows` is hardly a neuron, if it is not one.
///
/// # Shapes
/// `column` and `samples`: a value and its row for every sample, rows ascending.
pub(super) fn reason(
    column: &[f32],
    samples: &[usize],
    rows: usize,
    labels: Option<&Scalars>,
) -> Option<&'static str> {
    if labels.is_some_and(|labels| equals_labels(column, samples, labels)) {
        return Some("it equals the labels");
    }
    (counts_rows(column, samples) || numbers_rows(column, rows)).then_some("it numbers the rows")
}

/// What a reader is told of a suspicious neuron that is not left out.
pub(super) fn note(neuron: usize, reason: &str) -> String {
    format!("Neuron {neuron} is suspicious: {reason}. Figures below include it.")
}

/// Notes on all suspicious neurons of an array of so many `rows`, of which the matrix holds these samples.
pub(super) fn notes(
    matrix: &Matrix,
    samples: &[usize],
    rows: usize,
    labels: Option<&Scalars>,
) -> Vec<String> {
    let of = |j: usize| Some(note(j, reason(&matrix.column(j), samples, rows, labels)?));
    (0..matrix.cols()).filter_map(of).collect()
}

/// Whether a column holds the labels, which are not all the same.
fn equals_labels(column: &[f32], samples: &[usize], labels: &Scalars) -> bool {
    let mut first = None;
    let mut varies = false;
    for (&value, &row) in column.iter().zip(samples) {
        match labels.number(row) {
            Some(label) if label as f32 != value => return false,
            Some(_) => varies |= *first.get_or_insert(value) != value,
            None => {}
        }
    }
    varies
}

/// Whether a column is a function of labels that several samples share, and no constant.
pub(super) fn follows_labels(column: &[f32], samples: &[usize], labels: &Scalars) -> bool {
    let mut values: BTreeMap<u64, f32> = BTreeMap::new();
    let mut labelled = 0;
    for (&value, &row) in column.iter().zip(samples) {
        let Some(label) = labels.key(row) else { continue };
        labelled += 1;
        if *values.entry(label).or_insert(value) != value {
            return false;
        }
    }
    let varies = values.values().any(|&value| values.values().any(|&other| other != value));
    varies && labelled >= FEWEST_TO_COUNT && labelled >= 2 * values.len()
}

/// Whether a column moves by the same amount from row to row of the file, as far as single precision tells: a
/// counter, or a clock.
fn counts_rows(column: &[f32], samples: &[usize]) -> bool {
    let ends = |values: &[f32]| Some((f64::from(*values.first()?), f64::from(*values.last()?)));
    let (Some((first, last)), true) = (ends(column), column.len() >= FEWEST_TO_COUNT) else { return false };
    let rows = |row: usize| row as f64 - samples[0] as f64;
    let step = (last - first) / rows(samples[samples.len() - 1]);
    // Each value is rounded, and so is the step that two of them give.
    let rounding = f64::from(f32::EPSILON) * first.abs().max(last.abs());
    let fits =
        |(&value, &row): (&f32, &usize)| (f64::from(value) - first - step * rows(row)).abs() <= rounding;
    // A step that rounding hides is none.
    (last - first).abs() > 4.0 * rounding && column.iter().zip(samples).all(fits)
}

/// Whether a column is a number of its own for each row, in whatever order: different whole numbers, no
/// farther apart than a file of so many `rows` has them.
fn numbers_rows(column: &[f32], rows: usize) -> bool {
    if column.iter().any(|value| value.fract() != 0.0) {
        return false;
    }
    let mut sorted = column.to_vec();
    sorted.sort_by(f32::total_cmp);
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return false };
    column.len() >= FEWEST_TO_COUNT
        && f64::from(*most) - f64::from(*least) < rows as f64
        && sorted.windows(2).all(|pair| pair[0] < pair[1])
}
