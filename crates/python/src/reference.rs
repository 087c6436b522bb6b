//! Everything that has a name: experiments, settings, statements, letters, terms.

use crate::error;
use featurescope_lab::experiments::{self as shipped, Experiment};
use featurescope_lab::spec::registry::SPARSE_CODING;
use featurescope_lab::spec::setting::{Fallback, Kind};
use featurescope_lab::stats::Located;
use featurescope_lab::sweep::table::LEVEL;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Name, question and page of the experiments that come with the program.
#[pyfunction]
pub fn experiments() -> Vec<(&'static str, &'static str, &'static str)> {
    let line = |experiment: &'static Experiment| (experiment.name, experiment.question(), experiment.readme);
    shipped::all().into_iter().map(line).collect()
}

/// A setting: key, a word for its kind, values in words, words to choose from, default in words, when it is
/// used, what it means.
type Line = (&'static str, &'static str, String, Vec<&'static str>, String, Vec<String>, &'static str);

/// Every setting of runs on sparse-coding data.
#[pyfunction]
pub fn settings() -> Vec<Line> {
    let line = |setting: &featurescope_lab::spec::setting::Setting| {
        let words = match setting.kind {
            Kind::Choice(words) => words.to_vec(),
            _ => Vec::new(),
        };
        let default = match setting.fallback {
            Fallback::Required => String::new(),
            _ => setting.default_in_words(),
        };
        let used_when = setting.used_when.iter().map(ToString::to_string).collect();
        let kind = match setting.kind {
            Kind::Whole(..) => "whole",
            Kind::Number(_) => "number",
            Kind::Choice(_) | Kind::Part(_) => "word",
            Kind::Text => "text",
            Kind::File => "file",
            Kind::WholeList(..) => "wholes",
            Kind::NumberList(_) => "numbers",
        };
        (setting.key, kind, setting.values_in_words(), words, default, used_when, setting.doc)
    };
    SPARSE_CODING.settings().iter().map(line).collect()
}

/// What anything with a name is, with what these runs, or those that come with the program, say about it.
#[pyfunction]
pub fn explain(py: Python<'_>, name: &str, runs: Vec<PathBuf>, width: usize) -> PyResult<String> {
    error::detached(py, || featurescope::explanation(name, &runs, width))?
        .map_err(|error| error::setting(format!("{error:#}")))
}

/// Mean and 95 % interval (Student t) of figures over seeds; without an interval for fewer than two.
#[pyfunction]
pub fn interval(values: Vec<f64>) -> Option<(f64, f64, f64)> {
    let estimate = Located::mean(&values)?.interval(LEVEL);
    Some((values.iter().sum::<f64>() / values.len() as f64, estimate.lower, estimate.upper))
}
