//! How the neurons' energy splits into sparse features and spurious dense ones.
//!
//! ‖w_i‖² = ‖M Mᵀ w_i‖² + ‖w_i − M Mᵀ w_i‖².
//!
//! Where atoms are not orthonormal the projection P on their span takes the place of M Mᵀ. More atoms than dimensions span
//! everything, and nothing is left outside.
//!
//! Means are over neurons, so that ln(mean energy) against the step gives twice the growth rate of an average neuron.
//! The fraction weighs neurons by their energy: total dense over total.
//!
//! Source: Lemma C.1 (a), C.4 (b, c); Lemma F.3; docs/theory.md 4.3.

use super::{AxisKind, Column, Measure, Place, Reading, Values, extent, mean};

/// Sparse and dense energies, and norms.
pub struct Energy;

const COLUMNS: &[Column] = &[
    Column::new(
        "sparse_energy_mean",
        "energy",
        "mean over neurons of ‖M Mᵀ w_i‖² (C.4b: grows as (1 + ηp')^(2t))",
    )
    .shown(Place::Curve, "sparse energy", "mean energy of a neuron", AxisKind::Logarithmic),
    Column::new(
        "dense_energy_mean",
        "energy",
        "mean over neurons of ‖w_i − M Mᵀ w_i‖² (C.4c: does not grow in stage I)",
    ),
    Column::new("dense_energy_fraction", "fraction", "Σ_i dense/Σ_i (sparse + dense) (C.1a, D.5b, F.3)")
        .shown(Place::Headline, "dense energy", "share of the energy", AxisKind::Share),
    Column::new("norm_mean", "norm", "mean over neurons of ‖w_i‖"),
    Column::new("norm_min", "norm", "smallest ‖w_i‖ (T1 waits for it)"),
    Column::new("norm_max", "norm", "largest ‖w_i‖ (T2 looks at it)"),
];

const NEURON_COLUMNS: &[Column] = &[
    Column::new("norm", "norm", "‖w_i‖"),
    Column::new("sparse_energy", "energy", "‖M Mᵀ w_i‖²"),
    Column::new("dense_energy", "energy", "‖w_i − M Mᵀ w_i‖²"),
];

impl Measure for Energy {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn neuron_columns(&self) -> &'static [Column] {
        NEURON_COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let neurons = reading.neurons();
        let sparse = mean(neurons.iter().map(|n| n.sparse_energy));
        let dense = mean(neurons.iter().map(|n| n.dense_energy));
        out.scalar("sparse_energy_mean", sparse);
        out.scalar("dense_energy_mean", dense);
        out.scalar("dense_energy_fraction", dense / (sparse + dense));

        let norms = || reading.view.norms.iter().map(|&norm| f64::from(norm));
        let (smallest, largest) = extent(norms());
        out.scalar("norm_mean", mean(norms()));
        out.scalar("norm_min", smallest);
        out.scalar("norm_max", largest);

        out.neurons("norm", reading.view.norms.iter().copied());
        out.neurons("sparse_energy", neurons.iter().map(|n| n.sparse_energy as f32));
        out.neurons("dense_energy", neurons.iter().map(|n| n.dense_energy as f32));
    }
}
