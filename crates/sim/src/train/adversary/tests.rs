//! What single steps do to single samples.

use super::*;
use crate::math::linalg::squared_norm;
use crate::part::Chosen;

const START: [f32; 3] = [1.0, -2.0, 0.5];

#[test]
fn a_step_goes_along_the_gradient_as_far_as_was_asked_for() {
    let ascent = Ascent::new(1.0, 4, Some(0.25)).unwrap();
    let mut sample = START;
    EuclideanBall(ascent).advance(&START, &[0.0, 3.0, -4.0], &mut sample);
    let wanted = [1.0, -2.0 + 0.15, 0.5 - 0.2];
    assert!(sample.iter().zip(wanted).all(|(x, w)| (x - w).abs() < 1e-6), "{sample:?}");
    let mut sample = START;
    Cube(ascent).advance(&START, &[0.0, 3.0, -4.0], &mut sample);
    assert_eq!(sample, [1.0, -1.75, 0.25]);
}

#[test]
fn no_step_leaves_the_ball() {
    let ascent = Ascent::new(0.5, 1, Some(2.0)).unwrap();
    let mut sample = [1.3, -2.0, 0.5];
    EuclideanBall(ascent).advance(&START, &[1.0, 1.0, 0.0], &mut sample);
    let change: Vec<f32> = sample.iter().zip(START).map(|(x, s)| x - s).collect();
    assert!((squared_norm(&change).sqrt() - 0.5).abs() < 1e-6, "{change:?}");
    let mut sample = [1.3, -2.0, 0.5];
    Cube(ascent).advance(&START, &[1.0, -1.0, 0.0], &mut sample);
    assert_eq!(sample, [1.5, -2.5, 0.5]);
}

/// Where the loss is flat nothing moves, and what is not finite does not panic.
#[test]
fn flat_places_and_broken_numbers_are_left_to_the_learner() {
    for chosen in Chosen::<Box<dyn Adversary>>::examples().unwrap() {
        let adversary = chosen.build(&()).unwrap();
        let mut sample = START;
        adversary.advance(&START, &[0.0; 3], &mut sample);
        assert_eq!(sample, START, "{}", chosen.kind());
        let broken = [f32::NAN, f32::INFINITY, 0.5];
        adversary.advance(&broken, &[1.0, f32::NAN, 0.0], &mut broken.clone());
    }
}

#[test]
fn an_ascent_out_of_range_is_refused() {
    let name = |radius, steps, step| Ascent::new(radius, steps, step).unwrap_err().name;
    assert_eq!(name(0.0, 1, None), "radius");
    assert_eq!(name(f64::NAN, 1, None), "radius");
    assert_eq!(name(1.0, 0, None), "steps");
    assert_eq!(name(1.0, 1, Some(-1.0)), "step_size");
    assert_eq!(Ascent::new(2.0, 5, None).unwrap().step_size, 1.0);
}
