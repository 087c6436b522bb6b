//! `featurescope explain`: what a setting means, what an experiment asks.

use crate::args::ExplainArguments;
use crate::exit::{Exit, UnknownName};
use crate::output;
use anyhow::Result;
use featurescope_lab::experiments::{EXPERIMENTS, Experiment};
use featurescope_lab::spec::registry::{SETTINGS, find, is_table, nearest};
use featurescope_lab::spec::setting::{Fallback, Kind, Setting};

/// Prints the explanation of a name, or a line on every setting.
pub fn explain(arguments: &ExplainArguments) -> Result<Exit> {
    let text = match arguments.name.as_deref() {
        None => SETTINGS.iter().map(line).collect(),
        Some(name) => match (find(name), Experiment::find(name)) {
            (Some(setting), _) => page(setting),
            (None, Some(experiment)) => {
                format!("{}\nIts settings:\n\n{}", experiment.readme, experiment.spec)
            }
            (None, None) if is_table(name) => {
                let inside = format!("{name}.");
                SETTINGS.iter().filter(|setting| setting.key.starts_with(&inside)).map(line).collect()
            }
            (None, None) => return Err(unknown(name).into()),
        },
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

fn unknown(name: &str) -> UnknownName {
    let names = SETTINGS.iter().map(|s| s.key).chain(EXPERIMENTS.iter().map(|e| e.name));
    UnknownName {
        name: name.to_owned(),
        expected: "a setting, a table of settings or an experiment",
        suggestion: nearest(name, names).map(ToOwned::to_owned),
    }
}

/// Key and first sentence.
fn line(setting: &Setting) -> String {
    let sentence = setting.doc.split_once(". ").map_or(setting.doc, |(first, _)| first);
    format!("{:<38} {}\n", setting.key, sentence.trim_end_matches('.'))
}

fn page(setting: &Setting) -> String {
    let values = match setting.kind {
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        ref kind => kind.to_string(),
    };
    let default = match setting.fallback {
        Fallback::Required => "none, it must be given".to_owned(),
        Fallback::Value(value) => value.trim_matches('"').to_owned(),
        Fallback::SameAs(key) => format!("the value of {key}"),
        Fallback::Absent(meaning) => format!("not given; then {meaning}"),
    };
    let used = setting.used_when.iter().map(|condition| format!("Used if:  {condition}\n"));
    let others: Vec<_> = setting.alternatives.iter().filter(|&&key| key != setting.key).copied().collect();
    let others = (!others.is_empty()).then(|| format!("Instead:  {}\n", others.join(" or ")));
    let head = format!(
        "{}\n\n{}\n\nValues:   {values}\nDefault:  {default}\n",
        output::heading(setting.key),
        setting.doc
    );
    std::iter::once(head).chain(used).chain(others).collect()
}
