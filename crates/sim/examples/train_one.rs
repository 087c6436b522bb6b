//! Trains one learner and prints what it has learned: `cargo run --release -p featurescope-sim --example train_one`.

#![expect(clippy::print_stdout, reason = "a program that prints what it finds")]

use featurescope_sim::data::DataTraits;
use featurescope_sim::measure::{Every, FreshSamples, LuckRule, MeasureSettings, Recorder, standard};
use featurescope_sim::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (ambient_dim, latent_dim, width, steps, seed) = (256, 16, 64, 2000, 1);
    let data = SparseCoding::new(
        Dictionary::haar(ambient_dim, latent_dim, seed)?,
        Arc::new(Independent { activity: 0.06 }),
        DenseNoise::isotropic(0.07)?,
    )?;
    let rule = TrainingRule { width, steps, ..TrainingRule::default() };
    let mut process = Sampled::new(Box::new(data), Parts { rule, seed, ..Parts::default() })?;

    let samples = FreshSamples { seed, count: 256 };
    let luck = LuckRule::per_atom(latent_dim, width, LuckRule::POTENTIAL_PER_ATOM);
    let mut recorder = Recorder::new(
        standard(&MeasureSettings { samples, luck, data: DataTraits::default() }),
        Arc::new(Every { steps: 200 }),
        steps,
    );
    let names = ["loss", "dense_energy_fraction", "coverage_90"];
    let places = names.map(|name| recorder.columns().iter().position(|column| column.name == name));
    println!("step   {}", names.join("   "));
    while let Some(view) = process.step() {
        if let Some(record) = recorder.observe(&view) {
            let figures = places.map(|place| place.map_or(f64::NAN, |place| record.scalars[place]));
            println!("{:>4}   {:.3}   {:.3}   {:.3}", record.step, figures[0], figures[1], figures[2]);
        }
    }
    Ok(())
}
