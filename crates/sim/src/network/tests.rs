//! Normalised output against its definition and central differences.

use super::*;
use crate::math::linalg::squared_norm;

const ROWS: usize = 7;
const WIDTH: usize = 4;

/// Pre-activations away from the thresholds; the second sample opens no gate.
fn pre() -> Matrix {
    Matrix::from_fn(ROWS, WIDTH, |r, c| {
        let a = (1.7 * (r * WIDTH + c) as f32 + 0.3).sin();
        if r == 1 { 0.1 * a } else { a + 0.7f32.copysign(a) }
    })
}

const BIAS: [f32; WIDTH] = [0.2, 0.3, 0.4, 0.5];

fn features(pre: &Matrix, bias: &[f32], tape: &mut Tape) -> Matrix {
    let mut features = Matrix::default();
    let at = Parameters { bias, arrays: &[] };
    Normalised::new(SymRelu).forward(pre, at, tape, &mut features);
    features
}

#[test]
fn normalised_features_have_norm_one_or_are_zero() {
    let found = features(&pre(), &BIAS, &mut Tape::default());
    for (r, row) in found.iter_rows().enumerate() {
        let expected = if r == 1 { 0.0 } else { 1.0 };
        assert!((squared_norm(row) - expected).abs() < 1e-6, "{r}");
    }
}

/// Features are single precision and of order one: differences over 2·10⁻² are known to about 10⁻⁵.
#[test]
fn normalised_gradients_are_central_differences() {
    const STEP: f32 = 1e-2;
    let weights = Matrix::from_fn(ROWS, WIDTH, |r, c| ((r + 3 * c) as f32).cos());
    let value = |pre: &Matrix, bias: &[f32]| -> f64 {
        let found = features(pre, bias, &mut Tape::default());
        found.as_slice().iter().zip(weights.as_slice()).map(|(f, w)| f64::from(f * w)).sum()
    };
    let slope = |up: f64, down: f64| (up - down) / f64::from(2.0 * STEP);
    let (pre, mut tape, mut sums) = (pre(), Tape::default(), ParameterGradients::default());
    let at = Parameters { bias: &BIAS, arrays: &[] };
    sums.clear(at);
    features(&pre, &BIAS, &mut tape);
    let mut gradient = weights.clone();
    Normalised::new(SymRelu).backward(&pre, at, &mut tape, &mut gradient, &mut sums);
    for entry in 0..ROWS * WIDTH {
        let moved = |by: f32| {
            let mut moved = pre.clone();
            moved.as_mut_slice()[entry] += by;
            value(&moved, &BIAS)
        };
        let off = slope(moved(STEP), moved(-STEP)) - f64::from(gradient.as_slice()[entry]);
        assert!(off.abs() < 1e-3, "{entry}: {off}");
    }
    for neuron in 0..WIDTH {
        let moved = |by: f32| {
            let mut bias = BIAS;
            bias[neuron] += by;
            value(&pre, &bias)
        };
        let off = slope(moved(STEP), moved(-STEP)) - sums.bias[neuron];
        assert!(off.abs() < 1e-3, "{neuron}: {off}");
    }
}
