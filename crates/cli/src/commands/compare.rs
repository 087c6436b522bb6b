//! `featurescope compare`: two stored runs side by side, as a page and as a table.

use crate::args::CompareArguments;
use crate::commands::images;
use crate::exit::Exit;
use crate::layout::{pad_left, pad_right};
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Result, ensure};
use featurescope_lab::monitor;
use featurescope_lab::report::difference::RunDifference;
use featurescope_lab::report::{StoredRun, comparison, run_folders, write_with};
use std::path::Path;

/// Columns of a line, and the fewest of a name, so that a table fits a narrow terminal.
const WIDTH: usize = 80;
const NAME: usize = 26;
/// Columns between two cells.
const GAP: usize = 2;

/// Writes the comparison, prints it in numbers, and says where the page is.
pub fn compare(arguments: &CompareArguments) -> Result<Exit> {
    let folders = run_folders(&[arguments.left.clone(), arguments.right.clone()])?;
    images::refuse(&folders, "compare")?;
    monitor::refuse(&folders, "compare")?;
    ensure!(
        folders.len() == 2,
        "compare puts two runs side by side, but these folders hold {}; name two of them",
        folders.len()
    );
    interrupt::may_end(
        "the runs are as they were; the comparison is not complete, the same command makes it",
    );
    let activity = Activity::start(false, "reading and comparing two runs");
    let (left, right) = (StoredRun::open(&folders[0])?, StoredRun::open(&folders[1])?);
    let difference = RunDifference::new(&left, &right);
    let path = write_with(&comparison::of_two(&left, &right), &arguments.out, arguments.data.asked_for())?;
    drop(activity);
    let shown = if arguments.json { json(&difference, &path)? } else { text(&difference, &path) };
    output::print(&shown)?;
    Ok(Exit::Success)
}

fn json(difference: &RunDifference, page: &Path) -> Result<String> {
    let mut value = serde_json::to_value(difference)?;
    value["report"] = page.display().to_string().into();
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Settings first, then a table per arm, then where the page is.
fn text(difference: &RunDifference, page: &Path) -> String {
    let [a, b] = &difference.runs;
    let mut text = format!("A: {a}\nB: {b}\n\n{}\n", output::heading("settings in which they differ"));
    for setting in &difference.settings {
        let [first, second] = &setting.values;
        text = format!("{text}  {}: {first} → {second}\n", setting.key);
    }
    if difference.settings.is_empty() {
        text += "  none\n";
    }
    for arm in &difference.arms {
        let title = arm.title(&["A".to_owned(), "B".to_owned()]);
        text = format!("{text}\n{}\n", output::heading(&title));
        let head = ["", "A", "B", "B − A"].map(str::to_owned).to_vec();
        text += &lines(&[vec![head], arm.rows()].concat());
    }
    text + &format!("\n{}\n", page.display())
}

/// Rows of a name and three numbers, as wide as the numbers need.
fn lines(rows: &[Vec<String>]) -> String {
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let cells: Vec<usize> = (1..4).map(|column| widest(column) + GAP).collect();
    let name = (widest(0) + GAP).min(WIDTH.saturating_sub(cells.iter().sum())).max(NAME);
    let line = |row: &Vec<String>| {
        let numbers = row[1..].iter().zip(&cells).map(|(cell, &width)| pad_left(cell, width));
        format!("  {}{}\n", pad_right(&row[0], name), numbers.collect::<String>())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_each_other_and_lines_are_narrow() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["", "A", "B", "B − A"]), row(["atoms covered, |cos| > .9", "0.250", "1", "+0.750"])];
        let text = lines(&rows);
        let ends: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(ends[0], ends[1]);
        assert!(ends[0] <= WIDTH, "{text}");
    }
}
