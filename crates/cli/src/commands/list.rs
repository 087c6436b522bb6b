//! `featurescope list`: the experiments that come with the program.

use crate::exit::Exit;
use crate::output;
use anyhow::Result;
use featurescope_lab::experiments::EXPERIMENTS;
use std::fmt::Write;

/// Prints name and question of every experiment.
pub fn list() -> Result<Exit> {
    let width = EXPERIMENTS.iter().map(|experiment| experiment.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for experiment in EXPERIMENTS {
        writeln!(text, "{:<width$}  {}", experiment.name, experiment.question())?;
    }
    text.push_str(
        "\nRun one with `featurescope run NAME`, read about it with `featurescope explain NAME`.\n",
    );
    #[cfg(feature = "images")]
    list_images(&mut text)?;
    output::print(&text)?;
    Ok(Exit::Success)
}

/// The experiments on pictures, which have a command of their own.
#[cfg(feature = "images")]
fn list_images(text: &mut String) -> Result<()> {
    use featurescope_image::experiments::EXPERIMENTS;
    let width = EXPERIMENTS.iter().map(|experiment| experiment.name.len()).max().unwrap_or_default();
    text.push('\n');
    for experiment in EXPERIMENTS {
        writeln!(text, "{:<width$}  {}", experiment.name, experiment.question())?;
    }
    text.push_str("\nRun one with `featurescope images run NAME`.\n");
    Ok(())
}
