//! The second moment of the pair of views, E[x⁺ x⁺⁺ᵀ], coordinate by coordinate, for every kind.

use super::*;
use crate::math::Purpose;

const ROWS: u32 = 40_000;
const DIM: usize = 37;
const STANDARD_ERRORS: f64 = 5.0;

/// Views of a sample that is made of nothing: masks ask for nothing else.
fn views(kind: &dyn Augmentation, row: u32, sample: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (stream, atoms) = (Stream::new(8, Purpose::MONTE_CARLO, 1), Matrix::default());
    let (mut anchor, mut positive) = (sample.to_vec(), vec![0.0; sample.len()]);
    kind.views(&Origin { stream: &stream, row, atoms: &atoms, code: &[] }, &mut anchor, &mut positive);
    (anchor, positive)
}

/// Means over rows of (x⁺_r, x⁺⁺_r, x⁺_0 x⁺⁺_1, x⁺_5 x⁺⁺_5) for the sample of ones.
fn moments(kind: &dyn Augmentation) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for row in 0..ROWS {
        let (anchor, positive) = views(kind, row, &[1.0; DIM]);
        let values = [anchor[36], positive[36], anchor[0] * positive[1], anchor[5] * positive[5]];
        sums.iter_mut().zip(values).for_each(|(s, v)| *s += f64::from(v));
    }
    sums.map(|s| s / f64::from(ROWS))
}

fn check(kind: &dyn Augmentation, expected: [f64; 4], largest_value: f64) {
    let told = kind.moments().unwrap();
    let told_pair = [told.means[0], told.means[1], told.means[0] * told.means[1], told.product];
    for (told, expected) in told_pair.into_iter().zip(expected) {
        assert!((told - expected).abs() < 1e-6, "{told} against {expected}");
    }
    // One factor takes the values 0 and v: E D² = v E D.
    let value = largest_value.sqrt();
    assert!((0..2).all(|view| (told.squares[view] - value * told.means[view]).abs() < 1e-6));
    for (measured, expected) in moments(kind).into_iter().zip(expected) {
        // A variable in [0, v] with mean e has variance at most e (v − e).
        let error = (expected * (largest_value - expected).max(0.0) / f64::from(ROWS)).sqrt();
        assert!(
            (measured - expected).abs() <= STANDARD_ERRORS * error + 1e-9,
            "{measured} against {expected}"
        );
    }
}

#[test]
fn second_moments_of_every_kind() {
    check(&IntervalMasks::complementary(0.5).unwrap(), [1.0, 1.0, 1.0, 0.0], 4.0);
    // 4 q (1 − q) off the diagonal, 0 on it.
    check(&IntervalMasks::complementary(0.3).unwrap(), [0.6, 1.4, 0.84, 0.0], 4.0);
    check(&IntervalMasks::disjoint(0.5).unwrap(), [1.0, 1.0, 1.0, 0.0], 4.0);
    check(&IntervalMasks::disjoint(0.8).unwrap(), [1.0, 1.0, 1.0, 0.6 / 0.64], 1.5625);
    check(&IntervalMasks::disjoint(0.25).unwrap(), [1.0, 1.0, 1.0, 0.0], 16.0);
    check(&IndependentMasks::new(0.5).unwrap(), [1.0, 1.0, 1.0, 1.0], 4.0);
    check(&Identity, [1.0; 4], 1.0);
}

#[test]
fn complementary_views_add_up_to_twice_the_sample() {
    let sample: Vec<f32> = (0..DIM).map(|i| i as f32 - 7.5).collect();
    for keep_rate in [0.5, 0.2] {
        let (anchor, positive) = views(&IntervalMasks::complementary(keep_rate).unwrap(), 3, &sample);
        for r in 0..DIM {
            assert_eq!(anchor[r] + positive[r], 2.0 * sample[r]);
            assert!(anchor[r] == 0.0 || positive[r] == 0.0);
        }
    }
}

#[test]
fn full_keep_rate_is_the_identity() {
    let kinds: [&dyn Augmentation; 2] =
        [&IntervalMasks::disjoint(1.0).unwrap(), &IndependentMasks::new(1.0).unwrap()];
    for kind in kinds {
        assert_eq!(views(kind, 0, &[1.5; DIM]), (vec![1.5; DIM], vec![1.5; DIM]));
    }
}

#[test]
fn a_single_view_keeps_the_mean() {
    let kinds: [(&dyn Augmentation, f64); 4] = [
        (&IntervalMasks::complementary(0.5).unwrap(), 4.0),
        (&IntervalMasks::disjoint(0.4).unwrap(), 6.25),
        (&IndependentMasks::new(0.5).unwrap(), 4.0),
        (&Identity, 1.0),
    ];
    for (kind, largest) in kinds {
        let mut sum = 0.0;
        for row in 0..ROWS {
            let (stream, atoms) = (Stream::new(8, Purpose::MONTE_CARLO, 1), Matrix::default());
            let mut sample = vec![1.0; 4];
            kind.single_view(&Origin { stream: &stream, row, atoms: &atoms, code: &[] }, &mut sample);
            sum += f64::from(sample[2]);
        }
        let error = ((largest - 1.0) / f64::from(ROWS)).sqrt();
        assert!((sum / f64::from(ROWS) - 1.0).abs() <= STANDARD_ERRORS * error + 1e-9);
    }
}

#[test]
fn keep_rates_out_of_range_are_refused() {
    for rate in [0.0, -0.5, 1.5, f64::NAN] {
        assert!(IntervalMasks::complementary(rate).is_err());
        assert!(IntervalMasks::disjoint(rate).is_err());
        assert!(IndependentMasks::new(rate).is_err());
    }
    assert!(IntervalMasks::complementary(1.0).is_err());
}

/// The axis that an augmentation belongs to comes first; at ½ complementary masks are disjoint ones as well.
#[test]
fn every_kind_of_mask_stands_at_its_own_strength() {
    let places = |kind: &dyn Augmentation| {
        kind.strengths().iter().map(|place| (place.axis, place.keep_rate)).collect::<Vec<_>>()
    };
    assert_eq!(places(&IntervalMasks::complementary(0.3).unwrap()), [("complementary", 0.3)]);
    let fair = places(&IntervalMasks::complementary(0.5).unwrap());
    assert_eq!(fair, [("complementary", 0.5), ("disjoint", 0.5)]);
    assert_eq!(places(&IntervalMasks::disjoint(0.7).unwrap()), [("disjoint", 0.7)]);
    assert_eq!(places(&IndependentMasks::new(0.2).unwrap()), [("independent", 0.2)]);
    assert!(places(&Identity).is_empty());
}
