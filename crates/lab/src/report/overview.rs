//! What a run found, in words and numbers: a verdict per arm and the table of its last recorded step.

use super::page::{Block, Page, Provenance, Section, Table, Tone, Verdict, show};
use super::stored::{ArmView, StoredRun};
use super::{MOST_RUNS_WITH_FIGURES, repetitions};
use crate::status::StopReason;
use featurescope_sim::probe::DownstreamTask;

/// Coverage from which on atoms count as learned, and up to which as not learned.
const MOST_ATOMS: f64 = 0.75;
const FEW_ATOMS: f64 = 0.25;

/// A figure of the table: its name and how it is read off an arm.
type Row = (&'static str, fn(&ArmView<'_>) -> String);

const ROWS: &[Row] = &[
    ("T1 (theory)", |arm| {
        let predicted = arm.subject.plan.prediction.t1.map(f64::round);
        with_theory(arm.end().0.map(|step| step as f64), predicted)
    }),
    ("T2", |arm| show(arm.end().1.map(|step| step as f64))),
    ("loss (floor of sparse features)", |arm| {
        with_theory(arm.last("loss"), arm.subject.plan.prediction.loss_floor)
    }),
    ("dense energy", |arm| show(arm.last("dense_energy_fraction"))),
    ("atoms covered, |cos| > .9", |arm| show(arm.last("coverage_90"))),
    ("atoms covered, |cos| > .7", |arm| show(arm.last("coverage_70"))),
    ("singleton neurons", |arm| show(arm.last("singleton_count"))),
    ("bias over norm", |arm| show(arm.last("bias_over_norm"))),
    ("firing rate", |arm| show(arm.last("firing_rate"))),
    ("signal cosine (linear map)", |arm| with_linear(arm, "signal_cosine")),
    ("noise cosine (linear map)", |arm| with_linear(arm, "noise_cosine")),
    ("R², most labels", |arm| best(arm, DownstreamTask::Regression)),
    ("accuracy, most labels", |arm| best(arm, DownstreamTask::Classification)),
];

fn with_theory(value: Option<f64>, theory: Option<f64>) -> String {
    theory.map_or(show(value), |theory| format!("{} ({})", show(value), show(Some(theory))))
}

fn with_linear(arm: &ArmView<'_>, column: &str) -> String {
    let prediction = &arm.subject.plan.prediction;
    let linear = arm.last("dense_energy_fraction").map(|dense| match column {
        "signal_cosine" => prediction.linear_signal_cosine(1.0 - dense),
        _ => prediction.linear_noise_cosine(1.0 - dense),
    });
    with_theory(arm.last(column), linear)
}

fn best(arm: &ArmView<'_>, task: DownstreamTask) -> String {
    let scores = arm.stored.scores.iter().filter(|score| score.task == task);
    scores.max_by_key(|score| score.labels).map_or("–".to_owned(), |score| {
        format!("{} [{}, {}]", show(Some(score.score)), show(Some(score.lower)), show(Some(score.upper)))
    })
}

/// The first section of a run.
pub fn section(run: &StoredRun) -> Section {
    Section {
        id: "found".to_owned(),
        title: "What was found".to_owned(),
        lead: setting(run),
        blocks: vec![
            Block::Verdicts(run.subjects().map(|arm| verdict(&arm)).collect()),
            Block::Table(table(run)),
        ],
        ..Section::default()
    }
}

fn setting(run: &StoredRun) -> String {
    let data = &run.run.plan.shared.data;
    let plan = &run.run.plan;
    let width = plan.arms.first().map_or(0, crate::plan::ArmPlan::width);
    let limit = plan.yardstick().linear_r_squared.map_or(String::new(), |limit| {
        format!(" The best linear rule on x reaches R² = {} (theory).", show(Some(limit)))
    });
    format!(
        "Samples x = M z + ξ in {} dimensions, made of {} atoms that are rarely active, hidden in dense noise; {width} neurons learn from \
         them. Decoupled features are single atoms.{limit}",
        data.ambient_dim, data.latent_dim
    )
}

/// What an arm learned, in plain words.
fn verdict(arm: &ArmView<'_>) -> Verdict {
    let share = |column| arm.last(column);
    let percent =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.0}\u{a0}%", 100.0 * value));
    let (covered, dense) = (share("coverage_90"), share("dense_energy_fraction"));
    let (signal, noise) = (share("signal_cosine"), share("noise_cosine"));
    let stop = arm.subject.arm.end.stop_reason;
    let (word, tone) = match covered {
        _ if stop != StopReason::Finished => (stop.word(), Tone::Bad),
        Some(covered) if covered >= MOST_ATOMS => ("sparse features", Tone::Good),
        Some(covered) if covered > FEW_ATOMS => ("some sparse features", Tone::Neutral),
        Some(_) if noise > signal => ("dense features, mostly noise", Tone::Bad),
        Some(_) => ("no single-atom features", Tone::Bad),
        None => ("not recorded", Tone::Neutral),
    };
    let text = format!(
        "{} of the atoms have a neuron of their own (|cos| > .9); {} of the energy is dense. Its representation has cosine {} with the \
         signal's and {} with the noise's.",
        percent(covered),
        percent(dense),
        show(signal),
        show(noise)
    );
    Verdict { name: arm.name().to_owned(), word: word.to_owned(), text, tone }
}

fn table(run: &StoredRun) -> Table {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let row = |(name, cell): &Row| std::iter::once((*name).to_owned()).chain(arms.iter().map(cell)).collect();
    Table {
        title: "At the last recorded step".to_owned(),
        columns: std::iter::once(String::new()).chain(arms.iter().map(|arm| arm.name().to_owned())).collect(),
        rows: ROWS.iter().map(row).collect(),
        note: "In parentheses: theory's value, or that of a linear map with the same dense energy. Intervals: 95 % over test samples."
            .to_owned(),
    }
}

/// The front of a page over several runs: their figures side by side, run by run or, where there are many, setting by
/// setting. `name`: what the runs have in common.
pub fn of_several(runs: &[&StoredRun], name: Option<&str>) -> Page {
    let ids: Vec<String> = runs.iter().map(|run| run.short_id()).collect();
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let is_many = runs.len() > MOST_RUNS_WITH_FIGURES;
    let (table, subtitle, source) = if is_many {
        let all = super::hash(ids.join(" ").as_bytes());
        (
            repetitions::table(runs),
            experiments(runs),
            format!("sha256 of {} run ids {}", runs.len(), &all[..12]),
        )
    } else {
        (side_by_side(runs), names.join(", "), format!("run ids {}", ids.join(", ")))
    };
    Page {
        title: name.map_or(format!("{} runs", runs.len()), |name| format!("{name}: {} runs", runs.len())),
        subtitle,
        provenance: Provenance {
            command: format!("featurescope report {}", name.map_or(names.join(" "), str::to_owned)),
            source,
        },
        sections: vec![Section {
            id: "runs".to_owned(),
            title: "Runs".to_owned(),
            blocks: vec![Block::Table(table)],
            ..Section::default()
        }],
        notes: runs.iter().flat_map(|run| run.notes.clone()).collect(),
    }
}

/// How many runs there are of which experiment.
fn experiments(runs: &[&StoredRun]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for run in runs {
        let name = run.run.plan.experiment.as_str();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().map(|(name, count)| format!("{name} × {count}")).collect::<Vec<_>>().join(" · ")
}

fn side_by_side(runs: &[&StoredRun]) -> Table {
    let mut rows = Vec::new();
    for run in runs {
        for arm in run.subjects() {
            let mut row = vec![format!("{} · {}", run.name, arm.name())];
            row.push(run.run.plan.seed.to_string());
            row.push(run.run.plan.shared.data.latent_dim.to_string());
            row.extend(ROWS.iter().map(|(_, cell)| cell(&arm)));
            rows.push(row);
        }
    }
    let heads = ["run · arm", "seed", "d"].into_iter().chain(ROWS.iter().map(|(name, _)| *name));
    Table {
        title: "All runs at their last recorded step".to_owned(),
        columns: heads.map(str::to_owned).collect(),
        rows,
        note: "In parentheses: theory's value, or that of a linear map with the same dense energy."
            .to_owned(),
    }
}
