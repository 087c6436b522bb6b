//! The page of several runs: what was varied, the paper's statements, and every run folded away.

use super::figure::slug;
use super::page::{Block, Fold, Page, Provenance, Section};
use super::stored::StoredRun;
use super::swept::{self, Swept};
use super::{overview, sections};
use crate::identity::Digest;

/// Runs whose figures all go on one page.
const MOST_RUNS_WITH_FIGURES: usize = 6;

/// The page without the statements. `name`: what the runs have in common.
pub fn of_several(runs: &[&StoredRun], name: Option<&str>) -> Page {
    let swept = Swept::new(runs);
    let ids: Vec<String> = runs.iter().map(|run| run.short_id()).collect();
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let (runs_word, all) = (format!("{} runs", runs.len()), Digest::of(ids.join(" ")));
    Page {
        title: name.map_or(runs_word.clone(), |name| format!("{name}: {runs_word}")),
        subtitle: subtitle(&swept),
        provenance: Provenance {
            command: format!("featurescope report {}", name.map_or(names.join(" "), str::to_owned)),
            source: format!("sha256 of {} run ids {}", runs.len(), all.short()),
        },
        sections: vec![front(&swept), folded(&swept)],
        notes: runs.iter().flat_map(|run| run.notes.clone()).collect(),
    }
}

/// What was varied and over how many seeds.
fn subtitle(swept: &Swept<'_>) -> String {
    let seeds = |group: &swept::Group<'_>| group.runs.len();
    let least = swept.groups.iter().map(seeds).min().unwrap_or_default();
    let most = swept.groups.iter().map(seeds).max().unwrap_or_default();
    let seeds = match (least, most) {
        (1, 1) => "one seed each".to_owned(),
        (least, most) if least == most => format!("{least} seeds each"),
        (least, most) => format!("{least} to {most} seeds each"),
    };
    if swept.keys.is_empty() {
        return format!("equal settings, {}", seeds.trim_end_matches(" each"));
    }
    let told = swept.keys.iter().map(|key| format!("{}: {} values", key.title(), key.values.len()));
    format!("{}; {seeds}", told.collect::<Vec<_>>().join(", "))
}

fn front(swept: &Swept<'_>) -> Section {
    let mut blocks = swept::blocks(swept);
    let lead = if blocks.is_empty() {
        "There are more curves than colours can tell apart: the table has the figures.".to_owned()
    } else {
        String::new()
    };
    blocks.push(Block::Table(swept::table(swept)));
    Section {
        id: "swept".to_owned(),
        title: "What was varied".to_owned(),
        lead,
        blocks,
        ..Section::default()
    }
}

/// Every run behind a line with its values: what it found and, where there are few, its figures.
fn folded(swept: &Swept<'_>) -> Section {
    let count = swept.runs().count();
    let fold = |(index, (group, run)): (usize, (&swept::Group<'_>, &StoredRun))| {
        let prefix = format!("{}-{}", index + 1, slug(&run.name));
        let shown =
            if count > MOST_RUNS_WITH_FIGURES { vec![overview::section(run)] } else { sections(run, count) };
        Block::Fold(Fold {
            id: format!("run-{prefix}"),
            title: swept.name(group, run),
            note: format!("{} · {} · {}", run.run.plan.experiment, run.name, run.status),
            run: Some(run.run.path.clone()),
            sections: shown.into_iter().map(|section| prefixed(section, &prefix, run)).collect(),
        })
    };
    let lead = if count > MOST_RUNS_WITH_FIGURES {
        format!("Of more than {MOST_RUNS_WITH_FIGURES} runs the figures are left to their own reports.")
    } else {
        String::new()
    };
    Section {
        id: "runs".to_owned(),
        title: "Runs".to_owned(),
        lead,
        blocks: swept.runs().enumerate().map(fold).collect(),
        ..Section::default()
    }
}

/// A section of one run among those of others.
fn prefixed(mut section: Section, prefix: &str, run: &StoredRun) -> Section {
    section.id = format!("{prefix}-{}", section.id);
    section.provenance = Some(run.provenance());
    for block in &mut section.blocks {
        if let Block::Figure(figure) = block {
            figure.id = format!("{prefix}-{}", figure.id);
        }
    }
    section
}
