//! Reads a run directory: what each arm recorded, what its neurons became, and where its weights lie.
//!
//! ```text
//! cargo run --release -p featurescope-lab --example read_a_run -- runs/paper-1
//! ```
//!
//! Without an argument the smallest shipped experiment runs first, in a folder that is removed at the end.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use featurescope_lab::experiments::Experiment;
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{RunDirectory, StoredSettings, execute};
use featurescope_lab::spec::Spec;
use featurescope_lab::store::{read_checkpoint, read_tables};
use featurescope_sim::measure::Shape;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let run = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => make_a_run(folder.path())?,
    };

    // What was typed comes back as types, after a check that nobody has changed it.
    let spec = StoredSettings::read(&run)?.spec;
    let latent_dim = spec.shared.latent_dim();
    for (name, arm) in &spec.arms {
        let folder = run.join("arms").join(name);
        let (records, neurons) = read_tables(&folder, Shape { width: arm.width(), latent_dim })?;

        // A column of the records holds one number per recorded step; NaN stands for "not defined".
        let loss = records.column("loss").and_then(|loss| loss.last());
        println!("{name}: {} records, the last loss is {loss:.3?}", records.steps.len());

        // The last row of the neurons, each in the basis of the data.
        let last = neurons.at(neurons.steps.len() - 1).unwrap_or_default();
        let best = last.iter().max_by(|a, b| a.alignment().total_cmp(&b.alignment()));
        if let Some(best) = best {
            println!(
                "  the best aligned neuron has |cos| = {:.3} with atom {}",
                best.alignment(),
                best.best_atom
            );
        }

        // Checkpoints are safetensors, which PyTorch and NumPy open as well.
        let state = read_checkpoint(&folder.join("checkpoint-final.safetensors"))?;
        for (name, array) in &state.arrays {
            println!("  {name}: {} × {}, after {} steps", array.rows(), array.cols(), state.step);
        }
    }
    Ok(())
}

/// The shipped experiment `smoke`, carried out.
fn make_a_run(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let smoke = Experiment::find("smoke").ok_or("the experiment `smoke` is gone")?;
    let plan = Plan::new(&Spec::from_layers(&smoke.layers(true)?)?, smoke.name)?;
    let path = folder.join("smoke");
    let directory = RunDirectory::create(&path)?;
    execute(&plan, &directory, &AtomicBool::new(false), &mut |_| ())?;
    Ok(path)
}
