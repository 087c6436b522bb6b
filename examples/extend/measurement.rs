//! How many neurons carry the energy: 1/Σ_i s_i², where s_i is the share of neuron i in Σ‖w_i‖².
//!
//! It is m where all neurons are equally long, and 1 where one of them has everything.

use super::{AxisKind, Column, Measure, Place, Reading, Values};

/// The participation ratio of the neurons' energies.
pub struct Participation;

// A column says its name, its unit and its meaning here and nowhere else, and how tables and pages show it.
const COLUMNS: &[Column] =
    &[Column::new("participation", "neurons", "1/Σ_i s_i², s_i = ‖w_i‖²/Σ‖w‖²; NaN if all weights are zero")
        .shown(Place::Headline, "participation", "neurons that carry the energy", AxisKind::Count)];

impl Measure for Participation {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let energies = || reading.view.norms.iter().map(|&norm| f64::from(norm).powi(2));
        let (sum, squares): (f64, f64) = (energies().sum(), energies().map(|energy| energy * energy).sum());
        out.scalar("participation", sum * sum / squares);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::fake::Fake;

    #[test]
    fn equal_neurons_all_count_and_a_long_one_counts_alone() {
        // Three neurons on one atom, without anything outside it.
        let equal = Fake::new(1, &[2.0, -2.0, 2.0], &[0.0; 3]).read(&mut Participation);
        equal.check(&[("participation", 3.0)]);
        let single = Fake::new(1, &[1e3, 1e-3, 0.0], &[0.0; 3]).read(&mut Participation);
        single.check(&[("participation", 1.0)]);
    }
}
