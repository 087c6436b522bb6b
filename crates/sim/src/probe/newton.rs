//! Newton's method for ridge-penalised linear rules, many problems at once.
//!
//! For every target t and regularisation λ it minimises over u
//!
//! ```text
//! F(u) = (1/n_t) Σᵢ ℓ(⟨u, zᵢ⟩, yᵢ) + (λ/2) ‖u‖²
//! ```
//!
//! The step d solves (Zᵀ `diag(ℓ″/n_t)` Z + λ) d = −∇F by conjugate gradients with the preconditioner
//! mean(ℓ″) · diag(ZᵀZ/n) + λ, which is the matrix itself if the columns of Z are uncorrelated and ℓ″ is constant; it
//! is halved until F falls enough. −⟨∇F, d⟩/2 estimates F − min F and ends the iteration. All problems move in
//! lockstep, so that every product with Z is one matrix product.
//!
//! Products are taken in f32, everything else (losses, sums, steps) in f64. Rounding in a product is repaired by the
//! next Newton step, whose gradient is computed anew.
//!
//! Source: Nocedal & Wright, "Numerical Optimization" (2nd ed.), sections 5.1 and 7.1.

use super::features::{LinearRules, TrainingFeatures};
use crate::math::{Matrix, linalg};
use std::sync::atomic::{AtomicBool, Ordering};

/// The loss of one prediction. A label for which `counts` is false must have loss 0 everywhere.
pub(super) trait Loss {
    /// Residual of a Newton equation, relative to its right-hand side, that is small enough.
    const FORCING: f64;
    /// Whether a sample with this label is used.
    fn counts(label: f64) -> bool;
    /// ℓ.
    fn value(prediction: f64, label: f64) -> f64;
    /// dℓ/d prediction.
    fn slope(prediction: f64, label: f64) -> f64;
    /// d²ℓ/d prediction², not negative.
    fn curvature(prediction: f64, label: f64) -> f64;
}

/// F is this close to its minimum, relative to itself, when a problem counts as solved.
const TOLERANCE: f64 = 1e-7;
/// A Newton equation whose residual costs less than this part of the tolerance is solved well enough. The residual is
/// weighed by the preconditioner, which may overrate the curvature by as much.
const SLACK: f64 = 0.01;
/// Newton steps after which a problem counts as unsolved; logistic problems take about ten.
const MAX_NEWTON_STEPS: usize = 60;
/// Conjugate-gradient steps inside one Newton step; more would mean a hopelessly conditioned problem.
const MAX_GRADIENT_STEPS: usize = 500;
/// Lengths of a Newton step that are tried, each half the one before, until a problem is given up.
const MAX_TRIES: usize = 30;
/// Part of the linear prediction by which F has to fall.
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// Fits one rule per target and regularisation. Once `interrupt` is set it returns after the product at hand;
/// what is open then has not converged.
///
/// # Shapes
/// `labels`: T × n. The answer's rows are ordered target by target.
pub(super) fn fit<L: Loss>(
    features: &TrainingFeatures,
    labels: &Matrix<f64>,
    regularisations: &[f64],
    interrupt: &AtomicBool,
) -> LinearRules {
    let z = Products { z: features.coordinates() };
    let mut problems: Vec<Problem> = labels
        .iter_rows()
        .flat_map(|y| regularisations.iter().map(|&lambda| Problem::new::<L>(y, lambda, z.z.cols())))
        .collect();
    for _ in 0..MAX_NEWTON_STEPS {
        let mut open: Vec<&mut Problem> = problems.iter_mut().filter(|p| p.state == State::Open).collect();
        if open.is_empty() || z.z.cols() == 0 || interrupt.load(Ordering::Relaxed) {
            break;
        }
        let slopes: Vec<Vec<f64>> = open.iter().map(|p| p.over_samples(L::slope)).collect();
        let mut gradients = z.back(&slopes);
        gradients.iter_mut().zip(&open).for_each(|(g, p)| add_scaled(g, p.lambda, &p.u));
        let equations = open.iter().zip(&gradients).map(|(p, g)| p.equation::<L>(features, g)).collect();
        let directions = conjugate_gradients(&z, equations, interrupt);
        let changes = z.forward(&directions);
        for (p, ((gradient, direction), change)) in
            open.iter_mut().zip(gradients.iter().zip(directions).zip(changes))
        {
            p.step::<L>(gradient, &direction, &change);
        }
    }
    let weights: Vec<f64> = problems.iter().flat_map(|p| p.u.iter().copied()).collect();
    // Without a single coordinate u = 0 is the minimum.
    let converged = problems.iter().map(|p| p.state == State::Solved || p.u.is_empty()).collect();
    LinearRules { weights: features.rules(Matrix::from_vec(problems.len(), z.z.cols(), weights)), converged }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Solved,
    GivenUp,
}

struct Problem<'a> {
    labels: &'a [f64],
    lambda: f64,
    sample_weight: f64,
    u: Vec<f64>,
    predictions: Vec<f64>,
    objective: f64,
    state: State,
}

impl<'a> Problem<'a> {
    fn new<L: Loss>(labels: &'a [f64], lambda: f64, unknowns: usize) -> Self {
        let counted = labels.iter().filter(|&&y| L::counts(y)).count();
        let mut problem = Self {
            labels,
            lambda,
            sample_weight: 1.0 / counted.max(1) as f64,
            u: vec![0.0; unknowns],
            predictions: vec![0.0; labels.len()],
            objective: 0.0,
            state: State::Open,
        };
        problem.objective = problem.mean_loss::<L>(&problem.predictions);
        problem
    }

    fn mean_loss<L: Loss>(&self, predictions: &[f64]) -> f64 {
        let total: f64 = predictions.iter().zip(self.labels).map(|(&p, &y)| L::value(p, y)).sum();
        total * self.sample_weight
    }

    /// A derivative of the loss at every sample, times the sample's weight in F.
    fn over_samples(&self, derivative: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        self.predictions
            .iter()
            .zip(self.labels)
            .map(|(&p, &y)| derivative(p, y) * self.sample_weight)
            .collect()
    }

    fn equation<L: Loss>(&self, features: &TrainingFeatures, gradient: &[f64]) -> Equation {
        let weights = self.over_samples(L::curvature);
        let mean_curvature: f64 = weights.iter().sum();
        let preconditioner =
            features.second_moments().iter().map(|moment| mean_curvature * moment + self.lambda).collect();
        let mut equation =
            Equation::new(weights, self.lambda, preconditioner, gradient.iter().map(|g| -g).collect());
        equation.goal =
            (L::FORCING * L::FORCING * equation.residual_norm).max(SLACK * TOLERANCE * self.objective);
        equation
    }

    /// Moves along `direction`, which changes the predictions by `change`, as far as F falls enough.
    fn step<L: Loss>(&mut self, gradient: &[f64], direction: &[f64], change: &[f64]) {
        let decrement = -dot(gradient, direction);
        let close = 0.5 * decrement <= TOLERANCE * self.objective;
        // So near to the minimum F may no longer fall measurably: the whole step or none.
        let (tries, sufficient, failed) =
            if close { (1, 0.0, State::Solved) } else { (MAX_TRIES, SUFFICIENT_DECREASE, State::GivenUp) };
        let mut length = 1.0;
        for _ in 0..tries {
            let u = moved(&self.u, length, direction);
            let predictions = moved(&self.predictions, length, change);
            let objective = self.mean_loss::<L>(&predictions) + 0.5 * self.lambda * dot(&u, &u);
            if objective <= self.objective - sufficient * length * decrement {
                (self.u, self.predictions, self.objective) = (u, predictions, objective);
                self.state = if close { State::Solved } else { State::Open };
                return;
            }
            length *= 0.5;
        }
        self.state = failed;
    }
}

/// (Zᵀ diag(weights) Z + λ) solution = right-hand side, and how far its solution has come.
struct Equation {
    weights: Vec<f64>,
    lambda: f64,
    preconditioner: Vec<f64>,
    solution: Vec<f64>,
    residual: Vec<f64>,
    direction: Vec<f64>,
    /// Squared norm of the residual, weighed by the inverse preconditioner: a difference of F.
    residual_norm: f64,
    /// The residual norm at which the solution is good enough.
    goal: f64,
}

impl Equation {
    fn new(weights: Vec<f64>, lambda: f64, preconditioner: Vec<f64>, right_hand_side: Vec<f64>) -> Self {
        let solution = vec![0.0; right_hand_side.len()];
        let mut equation = Self {
            weights,
            lambda,
            preconditioner,
            solution,
            residual: right_hand_side,
            direction: Vec::new(),
            residual_norm: 0.0,
            goal: 0.0,
        };
        equation.direction = equation.preconditioned_residual();
        equation.residual_norm = dot(&equation.residual, &equation.direction);
        equation
    }

    fn preconditioned_residual(&self) -> Vec<f64> {
        self.residual.iter().zip(&self.preconditioner).map(|(r, p)| r / p).collect()
    }

    fn is_open(&self) -> bool {
        self.residual_norm > self.goal
    }

    /// One step, given `curved` = Zᵀ diag(weights) Z times the direction.
    fn advance(&mut self, mut curved: Vec<f64>) {
        add_scaled(&mut curved, self.lambda, &self.direction);
        let length = self.residual_norm / dot(&self.direction, &curved);
        add_scaled(&mut self.solution, length, &self.direction);
        add_scaled(&mut self.residual, -length, &curved);
        let next = self.preconditioned_residual();
        let norm = dot(&self.residual, &next);
        self.direction = moved(&next, norm / self.residual_norm, &self.direction);
        self.residual_norm = norm;
    }
}

/// Solves all equations, each until its residual norm has reached its goal, or until `interrupt` is set.
fn conjugate_gradients(
    z: &Products<'_>,
    mut equations: Vec<Equation>,
    interrupt: &AtomicBool,
) -> Vec<Vec<f64>> {
    for _ in 0..MAX_GRADIENT_STEPS {
        let mut open: Vec<&mut Equation> = equations.iter_mut().filter(|e| e.is_open()).collect();
        if open.is_empty() || interrupt.load(Ordering::Relaxed) {
            break;
        }
        let directions: Vec<&[f64]> = open.iter().map(|e| e.direction.as_slice()).collect();
        let mut images = z.forward(&directions);
        for (image, equation) in images.iter_mut().zip(&open) {
            image.iter_mut().zip(&equation.weights).for_each(|(entry, weight)| *entry *= weight);
        }
        let curved = z.back(&images);
        open.iter_mut().zip(curved).for_each(|(equation, curved)| equation.advance(curved));
    }
    equations.into_iter().map(|e| e.solution).collect()
}

/// Products of Z (n × r) with several vectors at once, in f32.
struct Products<'a> {
    z: &'a Matrix<f32>,
}

impl Products<'_> {
    /// Z v for every v of length r.
    fn forward(&self, vectors: &[impl AsRef<[f64]>]) -> Vec<Vec<f64>> {
        let mut out = Matrix::zeros(0, 0);
        linalg::times_transposed(&mut out, self.z, &stacked(vectors));
        (0..out.cols()).map(|c| out.column(c).into_iter().map(f64::from).collect()).collect()
    }

    /// Zᵀ v for every v of length n.
    fn back(&self, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut out = Matrix::zeros(0, 0);
        linalg::times(&mut out, &stacked(vectors), self.z);
        out.iter_rows().map(|row| row.iter().map(|&entry| f64::from(entry)).collect()).collect()
    }
}

fn stacked(vectors: &[impl AsRef<[f64]>]) -> Matrix<f32> {
    let length = vectors[0].as_ref().len();
    let entries = vectors.iter().flat_map(AsRef::as_ref).map(|&entry| entry as f32).collect();
    Matrix::from_vec(vectors.len(), length, entries)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add_scaled(sum: &mut [f64], factor: f64, vector: &[f64]) {
    sum.iter_mut().zip(vector).for_each(|(s, v)| *s += factor * v);
}

fn moved(start: &[f64], length: f64, direction: &[f64]) -> Vec<f64> {
    start.iter().zip(direction).map(|(s, d)| s + length * d).collect()
}
