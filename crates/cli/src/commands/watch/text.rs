//! The runs in the terminal: a line for each run, and one for each arm with its figures as small curves.

use super::EVERY;
use crate::exit::Exit;
use crate::layout::{pad_right, shortened, shown_width};
use crate::output;
use anyhow::Result;
use console::Term;
use featurescope_lab::follow::{ArmView, Figure, Follower, RunView, Standing};
use std::io::IsTerminal;
use std::time::Duration;

/// Time between two looks where the output is no terminal.
const EVERY_IN_A_PIPE: Duration = Duration::from_secs(5);
/// Columns of a curve, at most.
const CURVE: usize = 24;
/// Columns of the name of an arm, at most.
const NAME: usize = 20;
/// Heights of a point of a curve.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Shows the runs until all have ended, or once.
pub fn follow(mut follower: Follower, once: bool) -> Result<Exit> {
    let terminal = std::io::stdout().is_terminal().then(Term::stdout);
    let mut told: Vec<String> = Vec::new();
    let mut lines_shown = 0;
    loop {
        let runs = follower.look();
        let texts: Vec<String> = runs.iter().map(|run| of_run(run, output::width())).collect();
        let has_reader = match &terminal {
            Some(terminal) if !once => {
                let text = fitted(&runs, &texts, usize::from(terminal.size().0));
                terminal.clear_last_lines(lines_shown)?;
                lines_shown = text.lines().count();
                output::print_on(&text)?
            }
            _ => {
                let news: String =
                    texts.iter().filter(|text| !told.contains(text)).map(String::as_str).collect();
                output::print_on(&news)?
            }
        };
        told = texts;
        let has_ended = runs.iter().all(|run| run.standing.has_ended());
        if once || !has_reader || (has_ended && !runs.is_empty()) {
            if runs.is_empty() {
                output::note("there is no run yet");
            }
            return Ok(Exit::Success);
        }
        std::thread::sleep(if terminal.is_some() { EVERY } else { EVERY_IN_A_PIPE });
    }
}

/// As many runs as a terminal of so many lines takes: those under way first.
fn fitted(runs: &[RunView], texts: &[String], height: usize) -> String {
    let rank = |run: &RunView| match run.standing {
        Standing::Running => 0,
        Standing::Failed | Standing::Unreadable | Standing::Stopped | Standing::Interrupted => 1,
        Standing::Finished | Standing::Diverged => 2,
        Standing::Planned => 3,
    };
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by_key(|&at| rank(&runs[at]));
    let ended = runs.iter().filter(|run| run.standing.has_ended()).count();
    let mut text = format!("{ended} of {} runs have ended\n", runs.len());
    let (mut left, mut hidden) = (height.saturating_sub(3), 0);
    for at in order {
        let lines = texts[at].lines().count();
        if lines > left {
            (hidden, left) = (hidden + 1, 0);
        } else {
            text += &texts[at];
            left -= lines;
        }
    }
    if hidden > 0 { format!("{text}and {hidden} more\n") } else { text }
}

/// A run on lines of `width` columns.
fn of_run(run: &RunView, width: usize) -> String {
    let mut said = vec![run.standing.word().to_owned()];
    if let (Some(seconds), false) = (run.seconds_left, run.standing.has_ended()) {
        said.push(format!("{} of training left", duration(seconds)));
    }
    if run.times_resumed > 0 {
        said.push(format!("resumed {}", times(run.times_resumed)));
    }
    let point = if run.point.is_empty() { String::new() } else { format!(" ({})", run.point) };
    let mut lines = vec![format!("{}{point}: {}", run.name, said.join(", "))];
    lines.extend(run.problem.iter().map(|problem| format!("  {problem}")));
    lines.extend(run.arms.iter().flat_map(|arm| of_arm(arm, width)));
    lines.iter().map(|line| shortened(&one_line(line), width) + "\n").collect()
}

fn of_arm(arm: &ArmView, width: usize) -> Vec<String> {
    let steps = arm.steps.map_or_else(|| arm.step.to_string(), |steps| format!("{}/{steps}", arm.step));
    let digits = arm.steps.map_or(0, |steps| 2 * steps.to_string().len() + 1);
    let name = pad_right(&shortened(&arm.name, NAME), NAME);
    let mut line = format!("  {name} {steps:>digits$}");
    let shown = arm.figures.iter().filter(|figure| !figure.course.is_empty());
    let titles = shown.map(|figure| (title(&figure.name), figure)).collect::<Vec<_>>();
    // Two blanks and the title, a blank and the curve, a blank and the value.
    let taken = titles.iter().map(|(title, _)| 2 + shown_width(title) + 1 + 1 + 5).sum::<usize>();
    let free = width.saturating_sub(shown_width(&line) + taken);
    let columns = (free / titles.len().max(1)).min(CURVE);
    let cell = |(title, figure): (String, &Figure)| {
        format!("  {title} {} {:<5}", curve(figure, columns), value(figure.last))
    };
    line.extend(titles.into_iter().map(cell));
    let problem = arm.problem.as_ref().map(|problem| format!("  {}: {problem}", arm.name));
    [Some(line.trim_end().to_owned()), problem].into_iter().flatten().collect()
}

/// What a column is called in a line.
fn title(column: &str) -> String {
    match column {
        "dense_energy_fraction" => "dense energy".to_owned(),
        "coverage_90" => "coverage".to_owned(),
        other => other.replace('_', " "),
    }
}

/// The course of a figure in so many columns. Shares stand between 0 and 1, others between their ends.
fn curve(figure: &Figure, columns: usize) -> String {
    let values = &figure.course;
    let defined = || values.iter().copied().filter(|value| value.is_finite());
    let is_share = defined().all(|value| (0.0..=1.0).contains(&value));
    let (low, high) = if is_share {
        (0.0, 1.0)
    } else {
        (defined().fold(f64::INFINITY, f64::min), defined().fold(f64::NEG_INFINITY, f64::max))
    };
    let columns = columns.min(values.len());
    let point = |i: usize| {
        let value =
            values[if columns > 1 { i * (values.len() - 1) / (columns - 1) } else { values.len() - 1 }];
        if !value.is_finite() {
            return ' ';
        }
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        HEIGHTS[((share * 8.0) as usize).min(7)]
    };
    (0..columns).map(point).collect()
}

fn value(value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if (0.0..=1.0).contains(&value) => format!("{value:.3}"),
        value => format!("{value:.4}").chars().take(6).collect(),
    }
}

/// About how long: one unit, or two for hours.
fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        0 => "no time".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A text of somebody else without anything that moves the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, course: &[f64]) -> Figure {
        Figure { name: name.to_owned(), last: *course.last().unwrap(), course: course.to_vec() }
    }

    #[test]
    fn a_curve_rises_with_its_values() {
        assert_eq!(curve(&figure("x", &[0.0, 0.5, 1.0]), 24), "▁▅█");
        assert_eq!(curve(&figure("x", &[10.0, f64::NAN, -10.0]), 24), "█ ▁");
        assert_eq!(curve(&figure("x", &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), 2), "▁█");
        assert_eq!(curve(&figure("x", &[3.0, 3.0]), 5), "▅▅", "a figure that stays, over 1");
        assert_eq!(curve(&figure("x", &[0.1]), 1), "▁");
        assert_eq!(curve(&figure("x", &[0.1]), 0), "");
    }

    fn run(standing: Standing) -> RunView {
        let arm = ArmView {
            name: "random_mask".to_owned(),
            standing,
            step: 120,
            steps: Some(4000),
            records: 3,
            figures: vec![
                figure("dense_energy_fraction", &[0.9, 0.5, 0.1]),
                figure("coverage_90", &[0.0, 0.0, 1.0]),
            ],
            problem: None,
        };
        RunView {
            name: "runs/paper-1".to_owned(),
            point: "seed=1".to_owned(),
            standing,
            times_resumed: 1,
            seconds_left: Some(75.0),
            changed_unix_seconds: None,
            problem: Some("bad\u{1b}[2J\nnews".to_owned()),
            arms: vec![arm],
        }
    }

    #[test]
    fn a_run_says_how_it_stands_and_fits_the_line() {
        let text = of_run(&run(Standing::Running), 100);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "runs/paper-1 (seed=1): running, 1 min of training left, resumed once",
                "  bad [2J news",
                "  random_mask           120/4000  dense energy █▅▁ 0.100  coverage ▁▁█ 1.000",
            ]
        );
        for width in [40, 60, 80] {
            let text = of_run(&run(Standing::Running), width);
            assert!(text.lines().all(|line| shown_width(line) <= width), "{width}: {text}");
        }
        assert!(!of_run(&run(Standing::Finished), 100).contains("left"));
    }

    #[test]
    fn runs_under_way_come_first_where_not_all_fit() {
        let runs = [run(Standing::Finished), run(Standing::Running), run(Standing::Planned)];
        let texts = ["one\n", "two\n", "three\n"].map(ToOwned::to_owned);
        assert_eq!(fitted(&runs, &texts, 4), "1 of 3 runs have ended\ntwo\nand 2 more\n");
        assert_eq!(fitted(&runs, &texts, 24), "1 of 3 runs have ended\ntwo\none\nthree\n");
    }

    #[test]
    fn times_are_told_in_one_or_two_units() {
        let told = [0.2, 59.0, 61.0, 3599.0, 3600.0, 90_061.0].map(duration);
        assert_eq!(told, ["no time", "59 s", "1 min", "60 min", "1 h 0 min", "25 h 1 min"]);
    }
}
