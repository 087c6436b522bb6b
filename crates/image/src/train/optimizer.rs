//! Stochastic gradient descent with momentum and weight decay, as PyTorch's `SGD`: v ← μ v + (g + λ w), w ← w − η v.

use crate::network::{Parameters, Role};
use burn::tensor::Tensor;

/// The velocities and the constants.
pub struct Descent {
    momentum: f64,
    weight_decay: f64,
    velocities: Vec<Option<Tensor<1>>>,
}

impl Descent {
    /// At rest.
    pub fn new(momentum: f64, weight_decay: f64, parameters: &Parameters) -> Self {
        Self { momentum, weight_decay, velocities: vec![None; parameters.slots().len()] }
    }

    /// One step along `gradients`, one per array; `None`: the loss does not depend on it.
    pub fn step(&mut self, parameters: &mut Parameters, gradients: Vec<Option<Tensor<1>>>, rate: f64) {
        let roles: Vec<Role> = parameters.slots().iter().map(|slot| slot.role).collect();
        let values = parameters.values_mut().iter_mut();
        for (((value, gradient), velocity), role) in
            values.zip(gradients).zip(&mut self.velocities).zip(roles)
        {
            let Some(mut gradient) = gradient else { continue };
            if role == Role::Weight && self.weight_decay > 0.0 {
                gradient = gradient + value.clone() * self.weight_decay;
            }
            let moved = match velocity.take() {
                Some(velocity) => velocity * self.momentum + gradient,
                None => gradient,
            };
            *value = value.clone() - moved.clone() * rate;
            *velocity = Some(moved);
        }
    }

    /// The velocities, one per array; `None`: it never moved.
    pub fn velocities(&self) -> &[Option<Tensor<1>>] {
        &self.velocities
    }

    /// Goes on from these velocities.
    pub fn set_velocities(&mut self, velocities: Vec<Option<Tensor<1>>>) {
        self.velocities = velocities;
    }
}

/// The learning rate at `progress` epochs: a linear rise over `warmup` epochs, then half a cosine to 0 at `epochs`.
pub fn cosine_rate(largest: f64, warmup: f64, epochs: f64, progress: f64) -> f64 {
    if progress < warmup {
        return largest * progress / warmup;
    }
    let share = (progress - warmup) / (epochs - warmup).max(f64::MIN_POSITIVE);
    largest * 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls_to_zero() {
        assert_eq!(cosine_rate(2.0, 1.0, 5.0, 0.25), 0.5);
        assert_eq!(cosine_rate(2.0, 1.0, 5.0, 1.0), 2.0);
        assert!((cosine_rate(2.0, 1.0, 5.0, 3.0) - 1.0).abs() < 1e-12);
        assert!(cosine_rate(2.0, 1.0, 5.0, 5.0).abs() < 1e-12);
        assert_eq!(cosine_rate(2.0, 0.0, 5.0, 0.0), 2.0);
    }
}
