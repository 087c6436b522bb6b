//! `featurescope list`: the experiments that come with the program.

use crate::exit::Exit;
use crate::layout::wrapped;
use crate::output;
use anyhow::Result;
use featurescope_lab::experiments;

/// Prints name and question of every experiment.
pub fn list() -> Result<Exit> {
    let width = output::width();
    let mut text = table(
        experiments::all().into_iter().map(|experiment| (experiment.name, experiment.question())),
        width,
    );
    let how = "Run one with `featurescope run NAME`, read about it with `featurescope explain NAME`.";
    text.push('\n');
    text.push_str(&wrapped(how, width, "", ""));
    #[cfg(feature = "images")]
    text.push_str(&on_pictures(width));
    output::print(&text)?;
    Ok(Exit::Success)
}

/// The experiments on pictures, which have a command of their own.
#[cfg(feature = "images")]
fn on_pictures(width: usize) -> String {
    use featurescope_image::experiments::EXPERIMENTS;
    let rows = table(EXPERIMENTS.iter().map(|experiment| (experiment.name, experiment.question())), width);
    format!("\n{rows}\n{}", wrapped("Run one with `featurescope images run NAME`.", width, "", ""))
}

/// A name and a question in each row.
fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)> + Clone, width: usize) -> String {
    let name = rows.clone().map(|(name, _)| name.len()).max().unwrap_or_default();
    let row = |(label, question): (&str, &str)| {
        wrapped(question, width, &format!("{label:<name$}  "), &" ".repeat(name + 2))
    };
    rows.map(row).collect()
}
