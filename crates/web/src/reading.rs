//! What features tell on fresh samples: what each neuron fires for, and what a linear probe reads.

use crate::settings::{Planned, said};
use featurescope_lab::plan::{Probes, Yardstick};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::probe::ProbeScore;
use featurescope_sim::train::Dynamics;
use serde::Serialize;
use std::sync::atomic::AtomicBool;

/// How often neurons fire, on the samples that the terminal measures firing rates on (`measure.samples`).
#[derive(Debug, PartialEq)]
pub struct Firing {
    /// Pr(h_i(x) ≠ 0), m entries.
    pub rate: Vec<f64>,
    /// Pr(h_i(ξ) ≠ 0): the same on the noise of these samples alone, m entries.
    pub noise_rate: Vec<f64>,
    /// Pr(h_i(x) ≠ 0 | z_j ≠ 0), m × d, row by row. NaN where no sample has the atom.
    pub given_atom: Vec<f64>,
}

/// What each neuron fires for.
///
/// # Errors
/// If features of the network are not those of one neuron each.
pub fn firing(planned: &Planned, dynamics: &dyn Dynamics) -> Result<Firing, String> {
    if !dynamics.network().shows_neurons() {
        return Err("features of this network do not belong to one neuron each".to_owned());
    }
    let (arm, seed) = (planned.arm(), planned.plan.shared.seed);
    let stream = Stream::new(seed, Purpose::MEASUREMENT, 0);
    let drawn = dynamics.decompose(&stream, 0, arm.spec.measure.samples);
    let rate = |features: &Matrix| -> Vec<f64> {
        let fires = (0..arm.width()).map(|i| features.iter_rows().filter(|row| row[i] != 0.0).count());
        fires.map(|count| count as f64 / features.rows() as f64).collect()
    };
    let mut given_atom = Vec::with_capacity(arm.width() * drawn.latent.cols());
    for i in 0..arm.width() {
        for j in 0..drawn.latent.cols() {
            let rows = drawn.features.iter_rows().zip(drawn.latent.iter_rows());
            let with_atom = rows.filter(|(_, code)| code[j] != 0.0);
            let (active, fires) = with_atom.fold((0u32, 0u32), |(active, fires), (features, _)| {
                (active + 1, fires + u32::from(features[i] != 0.0))
            });
            given_atom.push(f64::from(fires) / f64::from(active));
        }
    }
    Ok(Firing { rate: rate(&drawn.features), noise_rate: rate(&drawn.noise), given_atom })
}

/// What linear probes read off the features now, and what the best linear rule on x reaches.
#[derive(Debug, Serialize)]
pub struct Probed {
    /// As in `probes.json` of a run that ends here.
    pub scores: Vec<ProbeScore>,
    /// The closed form.
    pub linear: Yardstick,
}

/// Fits and scores the probes of the settings.
///
/// # Errors
/// If the settings ask for none, or none can be fitted.
pub fn probe(planned: &Planned, dynamics: &dyn Dynamics) -> Result<Probed, String> {
    let plan = planned.plan.probes.as_ref().ok_or("probe.labels is empty: no probe is fitted")?;
    let probes = Probes { plan, seed: planned.plan.seed, interrupt: &AtomicBool::new(false) };
    Ok(Probed { scores: probes.learned(dynamics).map_err(said)?, linear: planned.plan.yardstick() })
}
