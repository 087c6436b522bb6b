//! Training throughput of the network that benches/peers/torch_images.py times in PyTorch: pictures per second of forward,
//! NT-Xent, backward and descent, the median over rounds. Views are drawn anew at each step, which PyTorch's script spares
//! itself; their share is told.
//!
//!     cargo run --release -p featurescope-image --features train --example throughput -- [THREADS] [SETTING=VALUE …]
//!
//! `training.arithmetic=mixed` times mixed arithmetic.

#![allow(clippy::print_stdout, reason = "it answers on standard output")]

use featurescope_image::data::{SyntheticSpec, synthetic};
use featurescope_image::purpose;
use featurescope_image::settings::Settings;
use featurescope_image::train::{EpochEnd, Trainer};
use featurescope_image::{DataError, device};
use featurescope_sim::math::Stream;
use std::time::Instant;

const SPEC: &str = include_str!("../../../experiments/images-synthetic/experiment.toml");
const ROUNDS: usize = 5;
const STEPS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let threads = arguments.next().map_or(Ok(2), |text| text.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let one_seed = std::iter::once("seed=1".to_owned());
    let settings = Settings::from_texts(&[SPEC], &one_seed.chain(arguments).collect::<Vec<_>>())?;
    let arm = settings.arm("full").ok_or("there is an arm `full`")?;
    let batch = arm.training.batch;
    let pictures = pictures(batch * STEPS)?;
    let device = device::find("cpu")?;
    device::require(&device, arm.training.arithmetic)?;
    let mut trainer = Trainer::new(arm, 1, &pictures, &device);
    let mut rates = Vec::new();
    for round in 0..=ROUNDS {
        let start = Instant::now();
        if !matches!(trainer.train_epoch(&pictures, &mut |_, _| true), EpochEnd::Done(_)) {
            return Err("the loss is no number".into());
        }
        // The first round warms up.
        if round > 0 {
            rates.push((batch * STEPS) as f64 / start.elapsed().as_secs_f64());
        }
    }
    let rows: Vec<usize> = (0..pictures.len()).collect();
    let size = rows.len() * pictures.bytes_per_image();
    let (mut anchor, mut positive) = (vec![0.0; size], vec![0.0; size]);
    let start = Instant::now();
    let stream = Stream::new(1, purpose::VIEWS, 0);
    arm.augmentation.pipeline(pictures.width).pairs(&pictures, &rows, &stream, &mut anchor, &mut positive);
    let views = rows.len() as f64 / start.elapsed().as_secs_f64();
    rates.sort_by(f64::total_cmp);
    let rounds: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    println!(
        "{:.1} pictures/s, rounds {}; views alone {views:.0} pictures/s",
        rates[ROUNDS / 2],
        rounds.join(" ")
    );
    Ok(())
}

fn pictures(count: usize) -> Result<featurescope_image::data::ImageSet, DataError> {
    Ok(synthetic(SyntheticSpec { size: 32, classes: 5, train: count, test: 10 }, 1)?.train)
}
