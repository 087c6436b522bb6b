//! Pairs of views that are shown are views of the samples that are shown, on both dynamics.

use super::case::{Views, base, reduced, sampled};
use featurescope_sim::math::{Purpose, Stream};

/// Rounding of sums of a few hundred products in single precision.
const TOLERANCE: f32 = 1e-5;

/// With thresholds at zero f is linear, and complementary masks add up: f(x⁺) + f(x⁺⁺) = 2 f(x). Without masks both
/// views are the sample.
#[test]
fn views_add_up_to_their_sample() {
    for views in [Views::None, Views::RandomMask(0.5)] {
        let case = base(views);
        for process in [sampled(&case, 5), reduced(&case, 5)] {
            let (stream, rows) = (Stream::new(9, Purpose::MONTE_CARLO, 0), 40);
            let pairs = process.represent_pairs(&stream, 3, rows).unwrap();
            let whole = process.represent(&stream, 3, rows).features;
            let scale = whole.as_slice().iter().fold(0.0f32, |most, f| most.max(f.abs()));
            let entries = pairs.anchor.as_slice().iter().zip(pairs.positive.as_slice()).zip(whole.as_slice());
            for ((anchor, positive), whole) in entries {
                assert!((anchor + positive - 2.0 * whole).abs() < TOLERANCE * scale, "{views:?}");
            }
            let differ = pairs.anchor != pairs.positive;
            assert_eq!(differ, matches!(views, Views::RandomMask(_)));
        }
    }
}
