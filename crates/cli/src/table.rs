//! The one-screen summary: arms side by side, theory's value in parentheses beside the measured one.

use crate::layout::{cells_beside, pad_left, pad_right, shortened, shown_width, wrapped};
use crate::output::heading;
use featurescope_lab::plan::GrowthFactors;
use featurescope_lab::summary::{ArmSummary, DownstreamTask, FeatureKind, Summary, other_columns, title};

/// Columns of the label and of an arm with a short name.
const LABEL: usize = 28;
const CELL: usize = 17;
const UNDEFINED: &str = "–";

/// The column of a figure, or what it is called where it is none, and how it reads in an arm.
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
            ("dense_energy_fraction", |arm| fraction(arm.dense_energy_fraction)),
            ("coverage_90", |arm| fraction(arm.coverage.at_90)),
            ("coverage_70", |arm| fraction(arm.coverage.at_70)),
            ("singleton_count", |arm| whole(arm.singleton_count)),
            ("their share of the energy", |arm| fraction(arm.singleton_energy_fraction)),
            ("bias_over_norm", |arm| fraction(arm.bias_over_norm)),
        ],
    ),
    (
        "representation (linear map)",
        &[
            ("firing_rate", |arm| fraction(arm.firing_rate)),
            ("signal_cosine", |arm| {
                with_theory(fraction(arm.signal_cosine), arm.signal_cosine_linear.map(two))
            }),
            ("noise_cosine", |arm| with_theory(fraction(arm.noise_cosine), arm.noise_cosine_linear.map(two))),
        ],
    ),
];

/// The summary as text in lines of at most `width` columns, as far as one arm fits beside the labels.
pub fn summary(summary: &Summary, width: usize) -> String {
    let mut text = format!(
        "\n{}, seed {}: {} in {:.0} s\n",
        summary.experiment, summary.seed, summary.status, summary.wall_seconds
    );
    // Long names make wide columns, and fewer of them side by side.
    let longest = summary.arms.iter().map(|(name, _)| shown_width(name) + 1).max().unwrap_or_default();
    let cell = longest.clamp(CELL, width.saturating_sub(LABEL).max(CELL));
    for arms in summary.arms.chunks(cells_beside(width, LABEL, cell)) {
        text.push('\n');
        text.push_str(&block(arms, cell));
    }
    text.push_str(&yardsticks(summary, width));
    for (name, arm) in &summary.arms {
        if let Some(remark) = &arm.remark {
            text.push('\n');
            text.push_str(&wrapped(&format!("{name}: {remark}"), width, "", "  "));
        }
    }
    text
}

fn block(arms: &[(String, ArmSummary)], width: usize) -> String {
    let line = |label: &str, cells: Vec<String>| line(label, width, cells);
    // A name keeps one blank before it.
    let mut text = line("", arms.iter().map(|(name, _)| shortened(name, width - 1)).collect());
    for (group, rows) in GROUPS {
        text.push_str(&title_line(group));
        for (label, cell) in *rows {
            let label = title(label).unwrap_or(label);
            text.push_str(&line(&format!("  {label}"), arms.iter().map(|(_, arm)| cell(arm)).collect()));
        }
    }
    let others: Vec<_> = other_columns().collect();
    if !others.is_empty() {
        text.push_str(&title_line("other measurements"));
    }
    for (column, shown) in others {
        let cell = |arm: &ArmSummary| three(arm.others.get(column.name).copied().flatten());
        text.push_str(&line(&format!("  {}", shown.title), arms.iter().map(|(_, arm)| cell(arm)).collect()));
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

fn yardsticks(summary: &Summary, width: usize) -> String {
    let Some((_, arm)) = summary.arms.first() else { return String::new() };
    let ladders = [FeatureKind::Raw, FeatureKind::OracleLinear, FeatureKind::OracleLatent]
        .map(|features| ladder(arm, features));
    if ladders[0].is_empty() {
        return String::new();
    }
    let theory = &summary.yardsticks.theory;
    let best = format!("{} / {}", fraction(theory.linear_r_squared), fraction(theory.linear_accuracy));
    let score = |ladder: &[(usize, String)], rung: usize| {
        ladder.get(rung).map_or(UNDEFINED.to_owned(), |score| score.1.clone())
    };
    let [raw, linear, latent] = &ladders;
    let columns: Vec<(&str, Vec<String>)> = [("raw x", raw), ("Mᵀx (M known)", linear), ("z itself", latent)]
        .map(|(name, ladder)| (name, (0..raw.len()).map(|rung| score(ladder, rung)).collect()))
        .into_iter()
        .chain([("best linear rule", vec![best; raw.len()])])
        .collect();
    let mut text = String::new();
    for columns in columns.chunks(cells_beside(width, LABEL, CELL)) {
        let names = columns.iter().map(|(name, _)| (*name).to_owned());
        text.push_str(&line(&heading("yardsticks, R² / accuracy"), CELL, names));
        for (rung, (labels, _)) in raw.iter().enumerate() {
            let cells = columns.iter().map(|(_, scores)| scores[rung].clone());
            text.push_str(&line(&format!("  {labels} labels"), CELL, cells));
        }
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

fn growth(arm: &ArmSummary, part: fn(&GrowthFactors) -> f64) -> String {
    let show = |growth: &GrowthFactors| format!("{:.4}", part(growth));
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

#[cfg(test)]
mod tests {
    use super::*;
    use featurescope_lab::experiments::Experiment;
    use featurescope_lab::plan::Plan;
    use featurescope_lab::run::{RunDirectory, execute};
    use featurescope_lab::spec::{Layer, Spec};
    use std::sync::atomic::AtomicBool;

    /// Ten arms, one of them with a long name.
    fn many_arms() -> Summary {
        let mut layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
        let mut overrides = vec!["training.steps=2".to_owned(), "probe.labels=[40]".to_owned()];
        overrides.extend(["probe.validation_rows=50".to_owned(), "probe.test_rows=60".to_owned()]);
        layers.push(Layer::overrides(&overrides).unwrap());
        let spec = Spec::from_layers(&layers).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::create(&folder.path().join("run")).unwrap();
        let plan = Plan::new(&spec, "many").unwrap();
        let mut summary = execute(&plan, &directory, &AtomicBool::new(false), &mut |_| {}).unwrap();
        let (_, arm) = summary.arms[0].clone();
        summary.arms = (0..9).map(|number| (format!("arm{number}"), arm.clone())).collect();
        summary.arms.push(("random_mask_with_a_threshold_that_follows_the_schedule".to_owned(), arm));
        summary
    }

    #[test]
    fn tables_fold_at_every_width_and_show_every_arm() {
        let mut summary_of = many_arms();
        for (width, is_long) in [(60, true), (80, true), (120, true), (60, false), (80, false), (120, false)]
        {
            if !is_long {
                summary_of.arms.truncate(9);
            }
            let text = summary(&summary_of, width);
            let widest = text.lines().map(shown_width).max().unwrap();
            assert!(widest <= width, "{widest} of {width} columns\n{text}");
            assert!((0..9).all(|number| text.contains(&format!("arm{number}"))), "{text}");
            for name in ["raw x", "Mᵀx (M known)", "z itself", "best linear rule"] {
                assert!(text.contains(name), "{name} is not in\n{text}");
            }
            // Short names stand side by side.
            let first = text.lines().find(|line| line.contains("arm0")).unwrap();
            assert!(is_long || width < 80 || first.contains("arm2"), "{text}");
        }
    }
}
