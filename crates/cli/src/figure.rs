//! Figures for a terminal: intervals beside the range in which a statement holds.
//!
//! ```text
//!                        0.8 ┌───────────────────────────────────┐ 1.01
//! 64/1024   random_mask      │             ················├─●─┤ │ ✓
//! 64/4096   none_staged      │ ├──●──┤     ····················· │ ✗  control
//! ```
//! Dots: where the statement holds. A figure with its interval: ├─●─┤; where that is narrower than a column, ●.

use crate::layout::{pad_right, shortened, shown_width};
use featurescope_lab::claim::judge::{Bounds, Finding, TestResult};
use featurescope_lab::claim::wording::{figure, mark};
use featurescope_lab::stats::Located;
use std::fmt::{Result, Write};

/// Columns of the axis, where there is room, and at least.
const AXIS: std::ops::RangeInclusive<usize> = 12..=56;
/// Columns of a row's label, on a wide screen and on a narrow one.
const LABEL: [usize; 2] = [33, 22];
/// Columns of a wide screen.
const WIDE: usize = 80;
/// Columns of the frame around the axis and the blanks beside it.
const FRAME: usize = 4;

/// A row of the figure.
struct Row {
    label: String,
    lower: f64,
    value: f64,
    upper: f64,
    note: String,
}

/// The figure of a test, as wide as the screen allows; empty where nothing was measured.
pub fn of_test(test: &TestResult, width: usize) -> std::result::Result<String, std::fmt::Error> {
    let mut text = String::new();
    if test.against.is_some() {
        for finding in &test.findings {
            write_ladder(&mut text, finding, width)?;
        }
    }
    let own = test.findings.iter().filter_map(|finding| row(finding, ""));
    let controls = test.controls.iter().filter_map(|finding| row(finding, "  control, must fail"));
    write_rows(&mut text, &own.chain(controls).collect::<Vec<_>>(), test.rule, width)?;
    Ok(text)
}

fn row(finding: &Finding, note: &str) -> Option<Row> {
    let estimate = finding.estimate?;
    let name = if estimate.method.is_slope() { "slope" } else { finding.setting.arm.as_str() };
    Some(Row {
        label: format!("{:<17} {name}", finding.setting.label()),
        lower: estimate.lower,
        value: estimate.value,
        upper: estimate.upper,
        note: format!("{}{note}", mark(&finding.verdict)),
    })
}

/// The quantity at every rung, with the 95 % interval over its seeds.
fn write_ladder(text: &mut String, finding: &Finding, width: usize) -> Result {
    let mut sizes: Vec<f64> = finding.values.iter().map(|(size, _)| *size).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    let rows: Vec<Row> = sizes
        .iter()
        .filter_map(|&size| {
            let at_size = finding.values.iter().filter(|(other, _)| *other == size);
            let values: Vec<f64> = at_size.map(|(_, value)| *value).collect();
            let interval = Located::mean(&values)?.interval(0.95);
            let label = format!("at {}", figure(size));
            Some(Row {
                label,
                lower: interval.lower,
                value: interval.value,
                upper: interval.upper,
                note: String::new(),
            })
        })
        .collect();
    write_rows(text, &rows, Bounds { at_least: None, at_most: None }, width)
}

fn write_rows(text: &mut String, rows: &[Row], rule: Bounds, width: usize) -> Result {
    let ends = rows.iter().flat_map(|row| [row.lower, row.upper]).chain(rule.at_least).chain(rule.at_most);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    if rows.is_empty() || !(low.is_finite() && high.is_finite()) {
        return Ok(());
    }
    let span = if high > low { high - low } else { 1.0 };
    // A margin on both sides, so that a bound at the end of the axis shows which side it allows.
    let (low, span) = (low - 0.05 * span, 1.1 * span);
    let label = if width >= WIDE { LABEL[0] } else { LABEL[1] };
    let ends = [figure(low), figure(low + span)];
    let beside = rows.iter().map(|row| shown_width(&row.note)).max().unwrap_or_default().max(ends[1].len());
    let axis = width.saturating_sub(label + FRAME + beside).clamp(*AXIS.start(), *AXIS.end());
    let column = |value: f64| (((value - low) / span * axis as f64) as usize).min(axis - 1);
    let bar = "─".repeat(axis);
    writeln!(text, "{:>label$} ┌{bar}┐ {}", ends[0], ends[1])?;
    for row in rows {
        let mut cells = vec![' '; axis];
        for (number, cell) in cells.iter_mut().enumerate() {
            let middle = low + (number as f64 + 0.5) / axis as f64 * span;
            let is_ruled = rule.at_least.is_some() || rule.at_most.is_some();
            if is_ruled && rule.hold(middle) {
                *cell = '·';
            }
        }
        let (from, to) = (column(row.lower), column(row.upper));
        cells[from..=to].fill('─');
        cells[from] = '├';
        cells[to] = '┤';
        cells[column(row.value)] = '●';
        let name = pad_right(&shortened(&row.label, label), label);
        writeln!(text, "{name} │{}│ {}", cells.iter().collect::<String>(), row.note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stand_where_they_are_and_dots_where_the_rule_holds() {
        let row = Row { label: "a".to_owned(), lower: 0.0, value: 5.0, upper: 10.0, note: "?".to_owned() };
        let mut text = String::new();
        write_rows(&mut text, &[row], Bounds { at_least: Some(10.0), at_most: Some(20.0) }, 120).unwrap();
        let cells: Vec<char> =
            text.lines().nth(1).unwrap().chars().skip_while(|&c| c != '│').skip(1).collect();
        let position = |wanted: char| cells.iter().position(|&c| c == wanted).unwrap();
        // The axis runs from −1 to 21.
        let expected = |value: f64| ((value + 1.0) / 22.0 * *AXIS.end() as f64) as usize;
        assert_eq!(
            (position('├'), position('●'), position('┤')),
            (expected(0.0), expected(5.0), expected(10.0))
        );
        assert_eq!(position('·'), expected(10.0) + 1);
        assert_eq!(cells.iter().rposition(|&c| c == '·').unwrap(), expected(20.0) - 1);
    }

    #[test]
    fn one_point_and_nothing_are_no_trouble() {
        let mut text = String::new();
        write_rows(&mut text, &[], Bounds { at_least: Some(1.0), at_most: None }, 80).unwrap();
        assert!(text.is_empty());
        let row = Row { label: "a".to_owned(), lower: 2.0, value: 2.0, upper: 2.0, note: String::new() };
        write_rows(&mut text, &[row], Bounds { at_least: None, at_most: None }, 80).unwrap();
        assert!(text.contains('●'));
    }

    #[test]
    fn figures_fit_every_width() {
        let row = |label: &str| Row {
            label: label.repeat(6),
            lower: 0.0,
            value: 5.0,
            upper: 10.0,
            note: "✗  control, must fail".to_owned(),
        };
        for width in [60, 80, 120] {
            let mut text = String::new();
            let rule = Bounds { at_least: Some(10.0), at_most: None };
            write_rows(&mut text, &[row("64/4096 "), row("random_mask_staged ")], rule, width).unwrap();
            let widest = text.lines().map(shown_width).max().unwrap();
            assert!(widest <= width && widest > width / 2, "{widest} of {width}\n{text}");
        }
    }
}
