//! What x = M z + ξ tells a linear rule of z when the noise is larger in some directions.
//!
//! With Σ_ξ = σ² I + (v − σ²) U Uᵀ, U orthonormal, the best linear rule knows z as if it saw z + n, where n
//! has the covariance
//!
//! ```text
//! (Mᵀ Σ_ξ⁻¹ M)⁻¹,   Mᵀ Σ_ξ⁻¹ M = ((I − C Cᵀ)/σ² + C Cᵀ/v),   C = Mᵀ U
//! ```
//!
//! n has variance 1/((1 − c²)/σ² + c²/v) along an eigenvector of C Cᵀ with eigenvalue c², and σ² elsewhere.
//! Directions orthogonal to the atoms change nothing; a direction on an atom gives it the variance v.
//!
//! Source: docs/theory.md (2.5c).

use crate::math::Matrix;
use crate::math::linalg::{symmetric_eigen, times};

/// c² below which a direction is orthogonal to the atoms: rounding of single precision leaves 1e-14.
const ORTHOGONAL: f64 = 1e-10;
/// 1 − c² below which a direction lies in the span of the atoms, asked only where the noise has no other
/// part.
const INSIDE: f64 = 1e-6;

/// The noise n of the best linear estimate of z.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeNoise {
    variance: f64,
    exceptions: Vec<Exception>,
}

/// A unit vector of R^d along which n has another variance than σ².
#[derive(Clone, Debug, PartialEq)]
struct Exception {
    direction: Vec<f64>,
    variance: f64,
}

impl CodeNoise {
    /// That of noise with variance σ² in every direction.
    pub fn isotropic(variance: f64) -> Self {
        Self { variance, exceptions: Vec::new() }
    }

    /// That of noise with variance `along` ≥ `variance` in given orthonormal directions.
    ///
    /// `overlaps` Uᵀ M: k × d, the inner products of directions and atoms. `None` if they are not finite.
    pub fn with_directions(variance: f64, along: f64, overlaps: &Matrix<f64>) -> Option<Self> {
        let mut squares = Matrix::zeros(0, 0);
        times(&mut squares, &overlaps.transposed(), overlaps);
        let (values, vectors) = symmetric_eigen(&squares)?;
        let seen = values.iter().enumerate().filter(|(_, square)| **square > ORTHOGONAL);
        let exceptions = seen.map(|(at, &square)| Exception {
            direction: vectors.column(at),
            variance: seen_variance(variance, along, square.min(1.0)),
        });
        Some(Self { variance, exceptions: exceptions.collect() })
    }

    /// Whether n has the same variance in every direction.
    pub fn is_isotropic(&self) -> bool {
        self.exceptions.is_empty()
    }

    /// R² of the best linear rule on x for y = ⟨w*, z⟩ with E z zᵀ = p I: 1 − Σ (share of ‖w*‖² along a
    /// direction) ·n/(p + n), n its variance.
    ///
    /// `target` is w*, not zero, of length d.
    pub fn linear_r_squared(&self, activity: f64, target: &[f64]) -> f64 {
        let error = |variance: f64| variance / (activity + variance);
        let energy: f64 = target.iter().map(|w| w * w).sum();
        let correction = |exception: &Exception| {
            let along: f64 = exception.direction.iter().zip(target).map(|(a, w)| a * w).sum();
            along * along / energy * (error(exception.variance) - error(self.variance))
        };
        1.0 - (error(self.variance) + self.exceptions.iter().map(correction).sum::<f64>())
    }
}

/// 1/((1 − c²)/σ² + c²/v).
fn seen_variance(variance: f64, along: f64, square: f64) -> f64 {
    let outside = 1.0 - square;
    if variance == 0.0 {
        // Whatever of an atom lies outside the directions is seen without noise.
        return if outside < INSIDE { along } else { 0.0 };
    }
    1.0 / (outside / variance + square / along)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Population;
    use crate::math::linalg::{orthonormal_columns, solve_positive_definite};
    use crate::math::random::{Purpose, Stream};
    use crate::probe::linear_rule::linear_r_squared;
    use crate::probe::oracle::{RunningMean, haar_dictionary, inner, latent, normal_vector};

    const POPULATION: Population =
        Population { ambient_dim: 12, latent_dim: 5, activity: 0.2, noise_variance: 0.05 };
    const TARGET: [f64; 5] = [1.0, -0.5, 0.8, 1.2, -1.0];

    /// k random orthonormal directions of R^12, d1 × k: their angles with the atoms are of all sizes.
    fn directions(count: usize) -> Matrix<f64> {
        let columns: Vec<_> = (0..count).map(|k| normal_vector(12, 71, k as u32)).collect();
        orthonormal_columns(&Matrix::from_fn(12, count, |r, k| columns[k][r]))
    }

    fn product(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
        let mut out = Matrix::zeros(0, 0);
        times(&mut out, a, b);
        out
    }

    /// E x xᵀ = p M Mᵀ + σ² I + (v − σ²) U Uᵀ.
    fn second_moment(atoms: &Matrix<f64>, directions: &Matrix<f64>, along: f64) -> Matrix<f64> {
        let (signal, extra) =
            (product(atoms, &atoms.transposed()), product(directions, &directions.transposed()));
        let variance = POPULATION.noise_variance;
        Matrix::from_fn(12, 12, |r, s| {
            POPULATION.activity * signal[(r, s)]
                + (along - variance) * extra[(r, s)]
                + if r == s { variance } else { 0.0 }
        })
    }

    /// θ = p (E x xᵀ)⁻¹ M w* in the ambient space, and its R² θᵀ M w*/‖w*‖².
    fn best_rule(atoms: &Matrix<f64>, directions: &Matrix<f64>, along: f64) -> (Vec<f64>, f64) {
        let target = Matrix::from_fn(5, 1, |j, _| POPULATION.activity * TARGET[j]);
        let covariance = product(atoms, &target);
        let rule = solve_positive_definite(&second_moment(atoms, directions, along), &covariance).unwrap();
        let rule = rule.column(0);
        let explained = inner(&rule, &covariance.column(0));
        (rule, explained / (POPULATION.activity * inner(&TARGET, &TARGET)))
    }

    #[test]
    fn agrees_with_the_normal_equations_in_the_ambient_space() {
        let atoms = haar_dictionary(&POPULATION, 6);
        for (count, along) in [(1, 0.05), (1, 1.5), (3, 0.4), (7, 1.5), (9, 1e4), (12, 1.5)] {
            let directions = directions(count);
            let overlaps = product(&directions.transposed(), &atoms);
            let noise = CodeNoise::with_directions(0.05, along, &overlaps).unwrap();
            let found = noise.linear_r_squared(POPULATION.activity, &TARGET);
            let (_, expected) = best_rule(&atoms, &directions, along);
            assert!((found - expected).abs() < 1e-10, "{count}, {along}: {found} against {expected}");
        }
    }

    /// Residuals of that rule on samples with the noise itself, at 4 standard errors.
    #[test]
    fn agrees_with_samples() {
        let (atoms, directions, along) = (haar_dictionary(&POPULATION, 6), directions(3), 1.5);
        let (rule, r_squared) = best_rule(&atoms, &directions, along);
        let stream = Stream::new(23, Purpose::MONTE_CARLO, 0);
        let (small, large) = (0.05f64.sqrt(), (along - 0.05f64).sqrt());
        let error = RunningMean::of((0..100_000).map(|row| {
            let z = latent(&POPULATION, &stream, row);
            let (g, h) = (normal_vector(12, 72, row), normal_vector(3, 73, row));
            let seen: f64 = (0..12)
                .map(|r| {
                    let x = inner(atoms.row(r), &z) + small * g[r] + large * inner(directions.row(r), &h);
                    rule[r] * x
                })
                .sum();
            (inner(&TARGET, &z) - seen).powi(2) / (POPULATION.activity * inner(&TARGET, &TARGET))
        }));
        error.assert_near(1.0 - r_squared, 4.0, 0.0, "share of y that is left");
    }

    #[test]
    fn even_and_orthogonal_noise_is_the_old_formula_and_an_atom_takes_all() {
        let spherical = linear_r_squared(&POPULATION);
        let r_squared = |along: f64, overlaps: &Matrix<f64>| {
            let noise = CodeNoise::with_directions(0.05, along, overlaps).unwrap();
            (noise.is_isotropic(), noise.linear_r_squared(0.2, &TARGET))
        };
        let on_atoms = Matrix::from_fn(5, 5, |k, j| f64::from(u8::from(k == j)));
        let (_, even) = r_squared(0.05, &on_atoms);
        assert!((even - spherical).abs() < 1e-12);
        assert_eq!(r_squared(1.5, &Matrix::zeros(2, 5)), (true, spherical));
        assert_eq!(CodeNoise::isotropic(0.05).linear_r_squared(0.2, &TARGET), spherical);
        let (is_isotropic, hidden) = r_squared(1.5, &on_atoms);
        assert!(!is_isotropic && (hidden - 0.2 / (0.2 + 1.5)).abs() < 1e-12);
        // Without other noise, only what lies along the directions stays unknown.
        let alone =
            CodeNoise::with_directions(0.0, 1.5, &Matrix::from_fn(1, 5, |_, j| [0.6, 0.8, 0.0, 0.0, 0.0][j]));
        let along = (0.6 * TARGET[0] + 0.8 * TARGET[1]).powi(2) / inner(&TARGET, &TARGET);
        let found = alone.unwrap().linear_r_squared(0.2, &TARGET);
        assert!((found - (1.0 - along * 1.5 / 1.7)).abs() < 1e-12, "{found}");
    }
}
