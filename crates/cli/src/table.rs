//! The one-screen summary: arms side by side, theory's value in parentheses beside the measured one.

use crate::output::heading;
use featurescope_lab::plan::Growth;
use featurescope_lab::summary::{ArmSummary, DownstreamTask, FeatureKind, Summary};

/// Columns of a line, of the label and of an arm with a short name: four of them stand side by side.
const LINE: usize = 100;
const LABEL: usize = 28;
const CELL: usize = 18;
const UNDEFINED: &str = "–";

/// The name of a figure and how it reads in an arm.
type Row = (&'static str, fn(&ArmSummary) -> String);

const GROUPS: &[(&str, &[Row])] = &[
    (
        "stages (theory)",
        &[
            ("T1, steps", |arm| with_theory(whole(arm.t1), arm.t1_predicted.map(|t1| format!("{t1:.0}")))),
            ("T2, steps", |arm| whole(arm.t2)),
            ("growth per step, sparse", |arm| growth(arm, |growth| growth.sparse)),
            ("growth per step, dense", |arm| growth(arm, |growth| growth.dense)),
            ("dense energy at T1", |arm| {
                with_theory(fraction(arm.dense_fraction_at_t1), arm.dense_fraction_at_t1_predicted.map(two))
            }),
        ],
    ),
    (
        "what was learned",
        &[
            ("steps", |arm| whole(Some(arm.steps))),
            ("loss (its sparse floor)", |arm| {
                with_theory(three(arm.loss), arm.loss_floor.map(|v| three(Some(v))))
            }),
            ("dense energy", |arm| fraction(arm.dense_energy_fraction)),
            ("atoms covered, |cos| > .9", |arm| fraction(arm.coverage.at_90)),
            ("atoms covered, |cos| > .7", |arm| fraction(arm.coverage.at_70)),
            ("singleton neurons", |arm| whole(arm.singleton_count)),
            ("their share of the energy", |arm| fraction(arm.singleton_energy_fraction)),
            ("bias/norm", |arm| fraction(arm.bias_over_norm)),
        ],
    ),
    (
        "representation (linear map)",
        &[
            ("firing rate", |arm| fraction(arm.firing_rate)),
            ("signal, cos(f(x), f(Mz))", |arm| {
                with_theory(fraction(arm.signal_cosine), arm.signal_cosine_linear.map(two))
            }),
            ("noise, cos(f(x), f(ξ))", |arm| {
                with_theory(fraction(arm.noise_cosine), arm.noise_cosine_linear.map(two))
            }),
        ],
    ),
];

/// The summary as text, at most 100 columns wide.
pub fn summary(summary: &Summary) -> String {
    let mut text = format!(
        "\n{}, seed {}: {} in {:.0} s\n",
        summary.experiment, summary.seed, summary.status, summary.wall_seconds
    );
    // Long names make wide columns, and fewer of them side by side.
    let longest = summary.arms.iter().map(|(name, _)| shown_width(name) + 1).max().unwrap_or_default();
    let cell = longest.max(CELL);
    for arms in summary.arms.chunks(((LINE - LABEL) / cell).max(1)) {
        text.push('\n');
        text.push_str(&block(arms, cell));
    }
    text.push_str(&yardsticks(summary));
    text
}

fn block(arms: &[(String, ArmSummary)], width: usize) -> String {
    let line = |label: &str, cells: Vec<String>| line(label, width, cells);
    let mut text = line("", arms.iter().map(|(name, _)| name.clone()).collect());
    for (title, rows) in GROUPS {
        text.push_str(&title_line(title));
        for (label, cell) in *rows {
            text.push_str(&line(&format!("  {label}"), arms.iter().map(|(_, arm)| cell(arm)).collect()));
        }
    }
    let ladders: Vec<_> = arms.iter().map(|(_, arm)| ladder(arm, FeatureKind::Learned)).collect();
    let labels = ladders.iter().map(Vec::len).max().unwrap_or_default();
    if labels > 0 {
        text.push_str(&title_line("linear probes, R² / accuracy"));
    }
    for rung in 0..labels {
        let count = ladders.iter().find_map(|ladder| ladder.get(rung)).map_or(0, |scores| scores.0);
        let cells =
            ladders.iter().map(|ladder| ladder.get(rung).map_or(UNDEFINED.to_owned(), |s| s.1.clone()));
        text.push_str(&line(&format!("  {count} labels"), cells.collect()));
    }
    text
}

fn yardsticks(summary: &Summary) -> String {
    let Some((_, arm)) = summary.arms.first() else { return String::new() };
    let ladders = [FeatureKind::Raw, FeatureKind::OracleLinear, FeatureKind::OracleLatent]
        .map(|features| ladder(arm, features));
    if ladders[0].is_empty() {
        return String::new();
    }
    let theory = &summary.yardsticks.theory;
    let names = ["raw x", "Mᵀx (M known)", "z itself", "best linear rule"];
    let mut text = line(&heading("yardsticks, R² / accuracy"), CELL, names.map(ToOwned::to_owned));
    for (rung, (labels, raw)) in ladders[0].iter().enumerate() {
        let other =
            |ladder: &[(usize, String)]| ladder.get(rung).map_or(UNDEFINED.to_owned(), |s| s.1.clone());
        let best = format!("{} / {}", fraction(theory.linear_r_squared), fraction(theory.linear_accuracy));
        let cells = [raw.clone(), other(&ladders[1]), other(&ladders[2]), best];
        text.push_str(&line(&format!("  {labels} labels"), CELL, cells));
    }
    text
}

/// Number of labels and "R² / accuracy", in ascending order of labels.
fn ladder(arm: &ArmSummary, features: FeatureKind) -> Vec<(usize, String)> {
    let mut rungs: Vec<(usize, [Option<f64>; 2])> = Vec::new();
    for score in arm.probes.iter().filter(|score| score.features == features) {
        let position = rungs.iter().position(|rung| rung.0 == score.labels).unwrap_or_else(|| {
            rungs.push((score.labels, [None; 2]));
            rungs.len() - 1
        });
        rungs[position].1[usize::from(score.task == DownstreamTask::Classification)] = Some(score.score);
    }
    let show = |(labels, [r2, accuracy]): (usize, [Option<f64>; 2])| {
        (labels, format!("{} / {}", fraction(r2), fraction(accuracy)))
    };
    rungs.into_iter().map(show).collect()
}

fn title_line(title: &str) -> String {
    heading(title) + "\n"
}

fn line(label: &str, width: usize, cells: impl IntoIterator<Item = String>) -> String {
    let mut text = pad_right(label, LABEL);
    for cell in cells {
        text.push_str(&pad_left(&cell, width));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

pub fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(shown_width(text))))
}

pub fn pad_left(text: &str, width: usize) -> String {
    // A cell that is too long still keeps one blank before it.
    format!("{}{text}", " ".repeat(width.saturating_sub(shown_width(text)).max(1)))
}

/// Characters on the screen: every one of ours is one column wide; bold takes none.
fn shown_width(text: &str) -> usize {
    text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "").chars().count()
}

fn growth(arm: &ArmSummary, part: fn(&Growth) -> f64) -> String {
    let show = |growth: &Growth| format!("{:.4}", part(growth));
    let measured = arm.growth_measured.as_ref().map_or(UNDEFINED.to_owned(), show);
    with_theory(measured, arm.growth_predicted.as_ref().map(show))
}

fn with_theory(measured: String, theory: Option<String>) -> String {
    match theory {
        Some(theory) => format!("{measured} ({theory})"),
        None => measured,
    }
}

fn whole(value: Option<u64>) -> String {
    value.map_or(UNDEFINED.to_owned(), |value| value.to_string())
}

fn fraction(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), two)
}

fn two(value: f64) -> String {
    let text = format!("{value:.2}");
    // What rounds to zero has no sign.
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

/// Three decimals, or a power of ten for what is much smaller or larger.
fn three(value: Option<f64>) -> String {
    match value {
        None => UNDEFINED.to_owned(),
        Some(value) if value != 0.0 && !(0.01..1e4).contains(&value.abs()) => format!("{value:.1e}"),
        Some(value) => format!("{value:.3}"),
    }
}
