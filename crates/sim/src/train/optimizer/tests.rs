//! Optimisers against their definitions in double precision, and against what they do on a quadratic.

use super::*;

/// Steps of the comparison, and single precision over them.
const STEPS: u64 = 20;
const TOLERANCE: f64 = 1e-5;
const RATE: f64 = 0.05;
const DECAY: f64 = 0.1;

/// The gradient of a bowl with its bottom at 1, steeper in later entries.
fn slope(entry: usize, value: f64) -> f64 {
    (1.0 + entry as f64) * (value - 1.0)
}

/// Where the optimiser goes from 0, and where `rule(value, gradient, memory, step)` does in double precision.
fn compare(optimizer: &dyn Optimizer, rule: impl Fn(&mut f64, f64, &mut [f64; 2], i32)) {
    const ENTRIES: usize = 5;
    let mut values = Matrix::zeros(1, ENTRIES);
    let mut memory = vec![Matrix::zeros(1, ENTRIES); optimizer.memory().len()];
    let (mut expected, mut remembered) = ([0.0f64; ENTRIES], [[0.0f64; 2]; ENTRIES]);
    for step in 1..=STEPS {
        let gradient = Matrix::from_fn(1, ENTRIES, |_, c| slope(c, f64::from(values[(0, c)])) as f32);
        optimizer.advance(&mut values, &gradient, &mut memory, Pace { rate: RATE, decay: DECAY, step });
        for (c, value) in expected.iter_mut().enumerate() {
            let gradient = slope(c, *value);
            rule(value, gradient, &mut remembered[c], step as i32);
            let off = (f64::from(values[(0, c)]) - *value).abs();
            assert!(off < TOLERANCE, "step {step}, entry {c}: {} against {value}", values[(0, c)]);
        }
    }
    assert!(expected.iter().all(|value| *value > 0.1), "it moved: {expected:?}");
}

#[test]
fn sgd_is_its_definition() {
    compare(&Sgd, |w, g, _, _| *w = (1.0 - RATE * DECAY) * *w - RATE * g);
    assert!(Sgd.is_plain());
}

#[test]
fn momentum_is_its_definition() {
    compare(&Momentum::new(0.6).unwrap(), |w, g, [v, _], _| {
        *v = 0.6 * *v + g + DECAY * *w;
        *w -= RATE * *v;
    });
}

#[test]
fn adam_is_its_definition() {
    compare(&Adam::new([0.8, 0.95], 1e-3).unwrap(), |w, g, [m, s], t| {
        *m = 0.8 * *m + 0.2 * g;
        *s = 0.95 * *s + 0.05 * g * g;
        let (mean, square) = (*m / (1.0 - 0.8f64.powi(t)), *s / (1.0 - 0.95f64.powi(t)));
        *w = (1.0 - RATE * DECAY) * *w - RATE * mean / (square.sqrt() + 1e-3);
    });
}

/// Without a memory Adam's first step is the learning rate along the sign of the gradient.
#[test]
fn the_first_step_of_adam_has_the_length_of_the_rate() {
    let adam = Adam::new([0.9, 0.999], 1e-8).unwrap();
    let (mut values, gradient) = (Matrix::zeros(1, 2), Matrix::from_vec(1, 2, vec![3.0, -1e-3]));
    let mut memory = vec![Matrix::zeros(1, 2); 2];
    adam.advance(&mut values, &gradient, &mut memory, Pace { rate: 0.1, decay: 0.0, step: 1 });
    assert!((values[(0, 0)] + 0.1).abs() < 1e-5 && (values[(0, 1)] - 0.1).abs() < 1e-5, "{values:?}");
}

#[test]
fn ranges_are_checked() {
    assert_eq!(Momentum::new(1.0).unwrap_err().name, "momentum");
    assert_eq!(Adam::new([1.0, 0.9], 1e-8).unwrap_err().name, "beta1");
    assert_eq!(Adam::new([0.9, -0.1], 1e-8).unwrap_err().name, "beta2");
    assert_eq!(Adam::new([0.9, 0.9], 0.0).unwrap_err().name, "epsilon");
}
