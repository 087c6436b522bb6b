//! `featurescope explain --json`: the same as data, for pages and programs that list what has a name.

use crate::commands::statements::{all_statements, tested_by};
use anyhow::Result;
use featurescope_lab::claim::{About, Claim};
use featurescope_lab::paper::Paper;
use featurescope_lab::reference::{Entry, Subject};
use featurescope_lab::spec::Catalogue;
use featurescope_lab::spec::setting::Setting;
use serde_json::{Value, json};

/// A list with one object per entry: `kind`, `name`, `also`, `sentence`, and what its kind has beyond that.
///
/// # Errors
/// If the claims of a paper cannot be read.
pub fn json_of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Result<String> {
    let statements = all_statements()?;
    let all: Vec<Value> = entries.map(|entry| object(entry, &statements)).collect();
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

fn object(entry: &Entry, statements: &[Claim]) -> Value {
    let mut object = json!({
        "kind": entry.subject.kind(),
        "name": entry.name,
        "also": entry.also,
        "sentence": entry.sentence,
    });
    let more = match &entry.subject {
        Subject::Setting(catalogue, setting) => of_setting(catalogue, setting),
        Subject::Table(catalogue, table) => json!({ "of": catalogue.subject, "table": table }),
        Subject::Experiment(experiment) => json!({ "readme": experiment.readme, "spec": experiment.spec }),
        Subject::Statement(paper, claim) => of_statement(paper, claim),
        Subject::Quantity(doc) => json!({ "doc": doc, "statements": tested_by(&entry.name, statements) }),
        Subject::Column(column, is_of_neurons) => json!({
            "table": if *is_of_neurons { "neurons.parquet" } else { "records.parquet" },
            "unit": column.unit,
            "doc": column.doc,
            "statements": tested_by(column.name, statements),
        }),
        Subject::Symbol(symbol) => json!({
            "letters": symbol.letters,
            "public_name": symbol.name.replace('`', ""),
            "doc": symbol.meaning,
            "range": symbol.range,
            "default": symbol.default,
        }),
        Subject::Term(term) => json!({ "doc": term.meaning, "see": term.see }),
    };
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

fn of_setting(catalogue: &Catalogue, setting: &Setting) -> Value {
    let used_when: Vec<String> = setting.used_when.iter().map(ToString::to_string).collect();
    let others: Vec<&str> = setting.alternatives.iter().filter(|&&key| key != setting.key).copied().collect();
    json!({
        "of": catalogue.subject,
        "doc": setting.doc,
        "values": setting.values_in_words(),
        "default": setting.default_in_words(),
        "used_when": used_when,
        "instead": others,
    })
}

fn of_statement(paper: &Paper, claim: &Claim) -> Value {
    let tests = claim.tests.iter().map(|test| {
        let (quantity, at) = test.quantity();
        let needs: Vec<String> = test.arms().iter().map(|&arm| test.needs(arm)).collect();
        json!({
            "quantity": quantity,
            "at": at.words(),
            "supported_if": test.bounds().to_string(),
            "needs": needs,
        })
    });
    json!({
        "paper": paper.name,
        "statement": claim.statement,
        "formula": claim.formula.trim(),
        "how_tested": claim.finite_size,
        "about": claim.about.map(About::words),
        "refuted_by": claim.refuted_by,
        "not_testable": claim.not_testable,
        "tests": tests.collect::<Vec<_>>(),
    })
}
