//! What every part that comes with the program has to fulfil, whatever it is. A new part is tested here as soon
//! as it stands in the list of its slot.

use featurescope_sim::augment::{AUGMENTATIONS, Augmentation};
use featurescope_sim::math::{Purpose, Stream};
use featurescope_sim::measure::CADENCES;
use featurescope_sim::network::{INITIAL_NORM, NETWORKS, OUTPUT, WIDTH};
use featurescope_sim::objective::OBJECTIVES;
use featurescope_sim::part::{AnySlot, Chosen, Fallback};
use featurescope_sim::train::{BIAS_RULES, OPTIMIZERS, SCHEDULES};

#[test]
fn every_part_says_what_it_is_and_what_its_settings_are() {
    let slots: [&dyn AnySlot; 7] =
        [&AUGMENTATIONS, &NETWORKS, &OBJECTIVES, &OPTIMIZERS, &BIAS_RULES, &SCHEDULES, &CADENCES];
    for slot in slots {
        let parts = slot.outlines();
        assert!(parts.iter().any(|part| part.kind == slot.default_kind()), "{}", slot.key());
        assert_eq!(parts.len(), slot.part_count());
        for part in &parts {
            assert!(!part.summary.is_empty() && !part.summary.ends_with('.'), "{}", part.kind);
            for setting in part.settings {
                assert!(setting.doc.ends_with('.'), "{}", setting.name);
                if let Fallback::Value(text) = setting.fallback {
                    assert!(setting.kind.read(text).is_some(), "{} = {text}", setting.name);
                }
                // One name means one thing throughout a slot.
                let mut namesakes = parts.iter().flat_map(|part| part.settings);
                assert!(namesakes.all(|other| other.name != setting.name || other == setting));
            }
        }
    }
}

/// Rows from which moments are taken.
const ROWS: u32 = 20_000;

#[test]
fn every_augmentation_has_the_moments_that_it_names() {
    const DIM: usize = 6;
    let mut compared = 0;
    for chosen in Chosen::<Box<dyn Augmentation>>::examples().unwrap() {
        let augmentation = chosen.build(&()).unwrap();
        let stream = Stream::new(3, Purpose::MONTE_CARLO, 7);
        let view = |row: u32| {
            let (mut anchor, mut positive) = (vec![1.0f32; DIM], vec![0.0; DIM]);
            augmentation.views(&stream, row, &mut anchor, &mut positive);
            (anchor, positive)
        };
        // A row is a function of stream and row alone.
        assert_eq!(view(5), view(5), "{}", chosen.kind());
        let Some(told) = augmentation.moments() else { continue };
        let expected = [told.means[0], told.means[1], told.squares[0], told.squares[1], told.product];
        let mut sums = [[0.0; 2]; 5];
        for row in 0..ROWS {
            let (anchor, positive) = view(row);
            let (a, b) = (f64::from(anchor[DIM - 1]), f64::from(positive[DIM - 1]));
            for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                *sum = [sum[0] + value, sum[1] + value * value];
            }
        }
        for (sum, expected) in sums.into_iter().zip(expected) {
            let [mean, square] = sum.map(|sum| sum / f64::from(ROWS));
            let error = ((square - mean * mean).max(0.0) / f64::from(ROWS)).sqrt();
            assert!((mean - expected).abs() <= 5.0 * error + 1e-6, "{}: {mean}, {expected}", chosen.kind());
            compared += 1;
        }
    }
    assert!(compared >= 5 * AUGMENTATIONS.part_count(), "{compared}");
}

#[test]
fn every_network_has_what_a_spec_reads_of_it() {
    for part in NETWORKS.outlines() {
        let has = |setting| part.settings.contains(setting);
        assert!([WIDTH, INITIAL_NORM, OUTPUT].iter().all(has), "{}", part.kind);
    }
}
