//! `featurescope list`: the experiments that come with the program.

use crate::exit::Exit;
use crate::layout::wrapped;
use crate::output;
use anyhow::Result;
use featurescope_image::experiments::EXPERIMENTS as ON_PICTURES;
use featurescope_lab::experiments::{self, Experiment};
use featurescope_lab::paper::shipped;

/// Prints name and question of every experiment, paper by paper.
pub fn list() -> Result<Exit> {
    let width = output::width();
    let rows = |experiments: &[&Experiment]| {
        table(experiments.iter().map(|experiment| (experiment.name, experiment.question())), width)
    };
    let how = "Run one with `featurescope run NAME`, read about it with `featurescope explain NAME`.";
    let mut others = experiments::all();
    let mut text = String::new();
    for paper in shipped() {
        let is_own = |known: &&Experiment| paper.experiments.iter().any(|own| own.name == known.name);
        let own: Vec<&Experiment> = others.extract_if(.., |known| is_own(known)).collect();
        if !own.is_empty() {
            let heading = wrapped(&format!("{}:", paper.title), width, "", "");
            text.push_str(&(heading + &rows(&own) + "\n"));
        }
    }
    text.push_str(&(wrapped("Of no paper:", width, "", "") + &rows(&others) + "\n"));
    text.push_str(&wrapped(ON_PICTURES_NEED, width, "", ""));
    text.push_str(&rows(&ON_PICTURES.iter().collect::<Vec<_>>()));
    text.push('\n');
    text.push_str(&wrapped(how, width, "", ""));
    output::print(&text)?;
    Ok(Exit::Success)
}

#[cfg(feature = "images")]
const ON_PICTURES_NEED: &str = "On pictures:";
#[cfg(not(feature = "images"))]
const ON_PICTURES_NEED: &str =
    "On pictures, with a program that was built with `cargo build --release --features images`:";

/// A name and a question in each row.
fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)> + Clone, width: usize) -> String {
    let name = rows.clone().map(|(name, _)| name.len()).max().unwrap_or_default();
    let row = |(label, question): (&str, &str)| {
        wrapped(question, width, &format!("{label:<name$}  "), &" ".repeat(name + 2))
    };
    rows.map(row).collect()
}
