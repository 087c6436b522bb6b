//! `featurescope diagnose`: representations of any network.

use crate::args::DiagnoseArguments;
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Context, Result};
use featurescope_lab::diagnose::{Findings, Foreign, Source, diagnose as examine, file_name, table_of};
use featurescope_lab::report::write_with;
use serde_json::json;
use std::path::Path;

/// Reads, diagnoses, writes the report, and prints what was found.
pub fn diagnose(arguments: &DiagnoseArguments) -> Result<Exit> {
    let source =
        |path: &Path, array: &Option<String>| Source { path: path.to_path_buf(), array: array.clone() };
    let activations = source(&arguments.activations, &arguments.array);
    let pairs = arguments.pairs.as_deref().map(|path| source(path, &arguments.pairs_array));
    let labels = arguments.labels.as_deref().map(|path| source(path, &arguments.labels_array));
    interrupt::may_end("the report is not complete, the same command makes it");
    let activity = Activity::start(false, format!("reading {}", arguments.activations.display()));
    let foreign = Foreign::read(&activations, pairs.as_ref(), labels.as_ref())?;
    activity.go_on("diagnosing: ranks, neighbours, probes, a map");
    let findings = examine(&foreign, &command(arguments));
    activity.go_on("drawing the report");
    let path = write_with(&findings.page, &arguments.out, arguments.data.asked_for())?;
    drop(activity);
    let text = if arguments.json {
        json_of(&findings)?
    } else {
        text_of(&findings) + &format!("\n{}\n", path.display())
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

/// What was typed, with file names only, so that the same files give the same report anywhere.
fn command(arguments: &DiagnoseArguments) -> String {
    let mut words = vec!["featurescope diagnose".to_owned(), file_name(&arguments.activations)];
    for (flag, value) in [
        ("--array", arguments.array.clone()),
        ("--pairs", arguments.pairs.as_deref().map(file_name)),
        ("--pairs-array", arguments.pairs_array.clone()),
        ("--labels", arguments.labels.as_deref().map(file_name)),
        ("--labels-array", arguments.labels_array.clone()),
    ] {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value]);
        }
    }
    words.join(" ")
}

fn text_of(findings: &Findings) -> String {
    let verdict = findings.diagnosis.verdict("");
    let mut lines = vec![output::heading(&verdict.word), verdict.text];
    let rows = table_of(&findings.page).map(|table| &table.rows).into_iter().flatten();
    lines.extend(rows.map(|row| format!("  {:<50} {}", row[0], row[1])));
    lines.join("\n") + "\n"
}

fn json_of(findings: &Findings) -> Result<String> {
    let found = &findings.diagnosis;
    let neighbours = found.neighbours.as_ref().map(|(score, chance)| {
        json!({ "accuracy": score.value, "lower": score.lower, "upper": score.upper, "chance": chance })
    });
    let probe = findings.probe.as_ref().map(|probe| {
        json!({ "unit": probe.unit, "score": probe.score, "lower": probe.lower, "upper": probe.upper,
            "chance": probe.chance, "test_samples": probe.test_samples })
    });
    let value = json!({
        "collapse": found.verdict("").word,
        "samples": found.samples,
        "neurons": found.width,
        "effective_rank": found.rank,
        "effective_rank_centred": found.centred_rank,
        "available_directions": found.available,
        "varying_energy_fraction": found.variation,
        "uniformity": found.uniformity,
        "alignment": found.alignment.map(|alignment| alignment.value),
        "firing_rate": found.firing_rate,
        "dead_neurons": found.dead,
        "silent_fraction": found.silent,
        "nearest_neighbours": neighbours,
        "probe": probe,
    });
    Ok(serde_json::to_string_pretty(&value).context("the diagnosis as JSON")? + "\n")
}
