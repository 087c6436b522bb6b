//! `featurescope diagnose`: representations of any network.

use crate::args::{DiagnoseArguments, LabelKind};
use crate::exit::Exit;
use crate::layout::{UNBROKEN, wrapped};
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Context, Result};
use featurescope_lab::diagnose::remarks::remarks;
use featurescope_lab::diagnose::{
    self, Findings, Request, Source, Study, describe_left_out, file_name, table_of,
};
use featurescope_lab::report::write_with;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Columns of the words before what was read, and of the names of figures.
const LABEL: usize = 11;
const FIGURE: usize = 50;

/// Reads, diagnoses, writes the report, and prints what was found.
pub fn diagnose(arguments: &DiagnoseArguments) -> Result<Exit> {
    interrupt::may_end("the report is not complete, the same command makes it");
    let names: Vec<String> = arguments.activations.iter().map(|path| file_name(path)).collect();
    let activity = Activity::start(false, format!("reading {}", names.join(", ")));
    let study = Study::read(&request(arguments))?;
    activity.go_on("diagnosing: ranks, neighbours, probes, a map");
    let findings = diagnose::diagnose(&study, &command(arguments));
    activity.go_on("drawing the report");
    let path = write_with(&findings.page, &arguments.out, arguments.data.asked_for())?;
    drop(activity);
    let text = if arguments.json {
        json_of(&study, &findings)?
    } else {
        text_of(&study, &findings) + &format!("\n{}\n", path.display())
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

fn request(arguments: &DiagnoseArguments) -> Request {
    // Every file with every array; without arrays every file by itself.
    let sources = |files: &[PathBuf], arrays: &[String]| -> Vec<Source> {
        let of = |path: &PathBuf| -> Vec<Source> {
            let source = |array| Source { path: path.clone(), array };
            match arrays {
                [] => vec![source(None)],
                arrays => arrays.iter().map(|array| source(Some(array.clone()))).collect(),
            }
        };
        files.iter().flat_map(of).collect()
    };
    let labels = arguments.labels.as_ref();
    Request {
        representations: sources(&arguments.activations, &arguments.array),
        pairs: sources(&arguments.pairs, &arguments.pairs_array),
        labels: labels.map(|path| Source { path: path.clone(), array: arguments.labels_array.clone() }),
        columns: arguments.columns.clone(),
        label_kind: arguments.labels_as.map(|kind| match kind {
            LabelKind::Classes => diagnose::LabelKind::Classes,
            LabelKind::Values => diagnose::LabelKind::Values,
        }),
        unlabelled: arguments.unlabelled.clone(),
        samples: arguments.samples as usize,
    }
}

/// What was typed, with file names only, so that the same files give the same report anywhere.
fn command(arguments: &DiagnoseArguments) -> String {
    let mut words = vec!["featurescope diagnose".to_owned()];
    words.extend(arguments.activations.iter().map(|path| file_name(path)));
    let mut add = |flag: &str, values: Vec<String>| {
        words.extend(values.into_iter().flat_map(|value| [flag.to_owned(), value]));
    };
    let names = |paths: &[PathBuf]| paths.iter().map(|path| file_name(path)).collect();
    add("--array", arguments.array.clone());
    add("--columns", arguments.columns.clone());
    add("--pairs", names(&arguments.pairs));
    add("--pairs-array", arguments.pairs_array.clone());
    add("--labels", arguments.labels.iter().map(|path| file_name(path)).collect());
    add("--labels-array", arguments.labels_array.iter().cloned().collect());
    let kind = |kind: LabelKind| match kind {
        LabelKind::Classes => "classes".to_owned(),
        LabelKind::Values => "values".to_owned(),
    };
    add("--labels-as", arguments.labels_as.map(kind).into_iter().collect());
    add("--unlabelled", arguments.unlabelled.iter().cloned().collect());
    if arguments.samples as usize != diagnose::USUAL_SAMPLES {
        add("--samples", vec![arguments.samples.to_string()]);
    }
    words.join(" ")
}

fn text_of(study: &Study, findings: &Findings) -> String {
    let width = output::width();
    let indent = " ".repeat(LABEL);
    let labelled = |label: &str, text: &str| wrapped(text, width, &format!("{label:<LABEL$}"), &indent);
    let mut text = String::new();
    if let Some(taken) = &study.labels_taken {
        text += &labelled("labels", taken);
    }
    for note in &findings.page.notes {
        text += &labelled("note", note);
    }
    let table = table_of(&findings.page).map_or(&[][..], |table| &table.rows);
    let is_sampled = study.samples_in_file > study.samples.len();
    for (i, (representation, finding)) in study.representations.iter().zip(&findings.findings).enumerate() {
        text.push_str(&["\n", &output::heading(&representation.name), "\n"].concat());
        text += &labelled("neurons", &representation.taken);
        if !representation.left_out.is_empty() {
            text += &labelled("left out", &describe_left_out(&representation.left_out));
        }
        text.push('\n');
        for remark in remarks(finding, is_sampled) {
            text += &wrapped(&remark.text(), width, "", "  ");
        }
        text.push('\n');
        for row in table {
            // The name of a figure stays in one piece, with its figure behind it where there is room.
            let name = format!("  {:<FIGURE$}", row[0]).replace(' ', &UNBROKEN.to_string());
            text += &wrapped(&row[i + 1], width, &format!("{name} "), "      ");
        }
    }
    text.trim_start().to_owned()
}

/// One object; for several representations a list of them.
fn json_of(study: &Study, findings: &Findings) -> Result<String> {
    let mut objects: Vec<Value> = (study.representations.iter().zip(&findings.findings))
        .map(|(representation, finding)| diagnose::figures(study, representation, finding))
        .collect();
    for object in &mut objects {
        object["notes"] = json!(findings.page.notes);
    }
    let value = if objects.len() == 1 { objects.remove(0) } else { Value::Array(objects) };
    Ok(serde_json::to_string_pretty(&value).context("the diagnosis as JSON")? + "\n")
}
