use super::colour::Change;
use super::geometry::{Crop, draw_crop, flip, resized_crop};
use super::*;
use crate::data::{SyntheticSpec, synthetic};
use crate::purpose;

use std::collections::BTreeMap;

const WIDTH: usize = 11;
const HEIGHT: usize = 9;
const SIZE: Size = Size { width: WIDTH, height: HEIGHT };
/// Both sides compute in single precision, in another order: a dozen roundings of 2⁻²⁴ (6e-8) each, times six in the hue;
/// the file has six digits (5e-7).
const TOLERANCE: f32 = 3e-6;

/// The picture of tools/golden_views.py, channel last.
fn golden_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let value = |c: usize| ((x * 37 + y * 91 + c * 53 + x * y * (c + 2)) % 256) as u8;
            bytes.extend(match (x, y) {
                (0, 0) => [0; 3],
                (10, 8) => [255; 3],
                (5..8, 2..4) => [value(0); 3],
                _ => [value(0), value(1), value(2)],
            });
        }
    }
    bytes
}

fn apply_case(name: &str, picture: &mut [f32]) {
    let mut words = name.split(' ');
    let kind = words.next().expect("a name");
    let numbers: Vec<f32> = words.map(|word| word.parse().expect("a number")).collect();
    let scratch = &mut Scratch::default();
    match kind {
        "crop" => {
            let [top, left, height, width] = [0, 1, 2, 3].map(|i| numbers[i] as usize);
            resized_crop(picture, SIZE, Crop { top, left, height, width }, scratch);
        }
        "flip" => flip(picture, SIZE),
        "grey" => colour::grey(picture),
        "brightness" => Change::Brightness(numbers[0]).apply(picture),
        "contrast" => Change::Contrast(numbers[0]).apply(picture),
        "saturation" => Change::Saturation(numbers[0]).apply(picture),
        "hue" => Change::Hue(numbers[0]).apply(picture),
        "blur" => blur::gaussian(picture, SIZE, numbers[0] as usize, numbers[1], scratch),
        other => panic!("there is no step `{other}`"),
    }
}

#[test]
fn steps_are_torchvisions() {
    let golden: BTreeMap<String, Vec<f32>> = {
        let text = include_str!("../../tests/golden/views.json");
        let parsed: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let values = |case: &serde_json::Value| {
            let numbers = case.as_array().expect("an array").iter();
            numbers.map(|v| v.as_f64().expect("a number") as f32).collect()
        };
        parsed.as_object().expect("cases").iter().map(|(name, case)| (name.clone(), values(case))).collect()
    };
    assert!(golden.len() >= 18);
    let mut original = vec![0.0; 3 * WIDTH * HEIGHT];
    to_planes(&golden_bytes(), &mut original);
    for (name, expected) in &golden {
        let mut picture = original.clone();
        apply_case(name, &mut picture);
        assert_eq!(picture.len(), expected.len(), "{name}");
        let worst = farthest(&picture, expected);
        assert!(worst < TOLERANCE, "{name} is off by {worst}");
        if name != "crop 0 0 9 11" {
            assert_ne!(picture, original, "{name} does nothing");
        }
    }
}

/// The largest difference; NaN if there is one, which `f32::max` would pass over.
fn farthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).max_by(f32::total_cmp).expect("numbers")
}

/// A probability's estimate from `draws` draws lies this many standard errors around it: five, so that a test of thousands
/// of seeds would fail once.
const ERRORS: f64 = 5.0;

fn assert_share(name: &str, count: usize, draws: usize, probability: f64) {
    let share = count as f64 / draws as f64;
    let error = (probability * (1.0 - probability) / draws as f64).sqrt();
    assert!(
        (share - probability).abs() <= ERRORS * error,
        "{name}: {share} instead of {probability} ± {error}"
    );
}

#[test]
fn crops_follow_their_law() {
    let size = Size { width: 400, height: 400 };
    let (scale, ratio) = ((0.08, 1.0), (0.75_f32, 4.0 / 3.0));
    let draws = 20_000_u32;
    let stream = Stream::new(3, purpose::VIEWS, 0);
    let parts: Vec<Crop> = (0..draws)
        .map(|row| draw_crop(&mut stream.reader(Part::AnchorView, row), size, scale, ratio))
        .collect();
    // Half a pixel of rounding on either side, of at least √(0.08·3/4)·400 = 98 pixels.
    let slack = 1.0 + 0.5 / 98.0;
    for part in &parts {
        let area = (part.width * part.height) as f32 / 160_000.0;
        let shape = part.width as f32 / part.height as f32;
        assert!(area >= scale.0 / (slack * slack) && area <= 1.0, "area {area}");
        assert!(shape >= ratio.0 / (slack * slack) && shape <= ratio.1 * slack * slack, "ratio {shape}");
        assert!(part.top + part.height <= 400 && part.left + part.width <= 400);
    }
    // While every ratio fits (area up to 3/4), nothing is drawn again: areas are uniform there, given that they are there, and the
    // ratio's logarithm is symmetric and uniform.
    let fitting: Vec<&Crop> = parts.iter().filter(|part| part.width * part.height <= 120_000).collect();
    let below =
        |share: f32| fitting.iter().filter(|p| ((p.width * p.height) as f32) < share * 160_000.0).count();
    for share in [0.2_f32, 0.4, 0.6] {
        let expected = f64::from(share - 0.08) / f64::from(0.75 - 0.08_f32);
        assert_share("area", below(share), fitting.len(), expected);
    }
    let wide = fitting.iter().filter(|part| part.width > part.height).count();
    let equal = fitting.iter().filter(|part| part.width == part.height).count();
    assert_share("wider than high", wide + equal / 2, fitting.len(), 0.5);
    let middle =
        fitting.iter().filter(|p| (p.width as f32 / p.height as f32).ln().abs() < ratio.1.ln() / 2.0);
    assert_share("middle ratios", middle.count(), fitting.len(), 0.5);
    // Places: uniform over what is left.
    let left = fitting.iter().filter(|part| 2 * part.left < 400 - part.width).count();
    let centred = fitting.iter().filter(|part| 2 * part.left == 400 - part.width).count();
    assert_share("left half", left + centred / 2, fitting.len(), 0.5);
}

/// A ratio that never fits: the middle, as torchvision's fallback.
#[test]
fn crops_that_do_not_fit_take_the_middle() {
    let stream = Stream::new(3, purpose::VIEWS, 0);
    let mut reader = stream.reader(Part::AnchorView, 0);
    let part = draw_crop(&mut reader, Size { width: 100, height: 10 }, (1.0, 1.0), (0.75, 4.0 / 3.0));
    assert_eq!(part, Crop { top: 0, left: 43, height: 10, width: 13 });
}

#[test]
fn colour_factors_and_their_order_follow_their_law() {
    let draws = 20_000_usize;
    let stream = Stream::new(4, purpose::VIEWS, 0);
    let mut first = [0_usize; 4];
    let (mut low, mut turned) = ([0_usize; 3], 0_usize);
    for row in 0..draws {
        let drawn = colour::draw(&mut stream.reader(Part::AnchorView, row as u32), [0.8, 0.4, 1.5], 0.2);
        for (place, change) in drawn.iter().enumerate() {
            let kind = match *change {
                Change::Brightness(factor) => {
                    assert!((0.2..=1.8).contains(&factor));
                    low[0] += usize::from(factor < 0.6);
                    0
                }
                Change::Contrast(factor) => {
                    assert!((0.6..=1.4).contains(&factor));
                    low[1] += usize::from(factor < 0.8);
                    1
                }
                // 1 − 1.5 is below zero: from 0 to 2.5.
                Change::Saturation(factor) => {
                    assert!((0.0..=2.5).contains(&factor));
                    low[2] += usize::from(factor < 0.625);
                    2
                }
                Change::Hue(turn) => {
                    assert!((-0.2..=0.2).contains(&turn));
                    turned += usize::from(turn < -0.1);
                    3
                }
            };
            if place == 0 {
                first[kind] += 1;
            }
        }
    }
    for (i, low) in low.into_iter().enumerate() {
        assert_share(&format!("factor {i}"), low, draws, 0.25);
    }
    assert_share("hue", turned, draws, 0.25);
    for (i, first) in first.into_iter().enumerate() {
        assert_share(&format!("change {i} first"), first, draws, 0.25);
    }
}

/// A set of one picture whose pixels all differ, so that flips, grey and crops show.
fn one_picture() -> ImageSet {
    ImageSet {
        width: WIDTH,
        height: HEIGHT,
        pixels: golden_bytes(),
        labels: vec![0],
        classes: vec!["only".to_owned()],
    }
}

/// Both views of the picture at many places in a batch.
fn views(pipeline: &ViewPipeline, draws: usize) -> [Vec<Vec<f32>>; 2] {
    let set = one_picture();
    let length = set.bytes_per_image();
    let (mut anchor, mut positive) = (vec![0.0; draws * length], vec![0.0; draws * length]);
    let stream = Stream::new(9, purpose::VIEWS, 5);
    pipeline.pairs(&set, &vec![0; draws], &stream, &mut anchor, &mut positive);
    [anchor, positive].map(|views| views.chunks_exact(length).map(<[f32]>::to_vec).collect())
}

#[test]
fn steps_happen_as_often_as_they_say_and_independently_in_both_views() {
    let draws = 4000;
    for (step, probability) in [
        (ViewStep::Flip { probability: 0.5 }, 0.5),
        (ViewStep::Grayscale { probability: 0.2 }, 0.2),
        (ViewStep::Blur { kernel: 3, sigma: (0.1, 2.0), probability: 0.7 }, 0.7),
        (
            ViewStep::ColourJitter {
                brightness: 0.8,
                contrast: 0.8,
                saturation: 0.8,
                hue: 0.2,
                probability: 0.8,
            },
            0.8,
        ),
    ] {
        let [anchor, positive] = views(&ViewPipeline { steps: vec![step] }, draws);
        let mut original = vec![0.0; 3 * WIDTH * HEIGHT];
        plain(&one_picture(), &[0], &mut original);
        let changed = |views: &[Vec<f32>]| -> Vec<bool> { views.iter().map(|v| *v != original).collect() };
        let (anchor, positive) = (changed(&anchor), changed(&positive));
        let count = |changed: &[bool]| changed.iter().filter(|&&changed| changed).count();
        let name = format!("{step:?}");
        assert_share(&name, count(&anchor), draws, probability);
        assert_share(&name, count(&positive), draws, probability);
        let both = anchor.iter().zip(&positive).filter(|&(&a, &p)| a && p).count();
        assert_share(&name, both, draws, probability * probability);
    }
}

/// RandomMask: what one view keeps the other does not, kept values are doubled around grey, so the two views add up to twice
/// the picture.
#[test]
fn complementary_masks_share_nothing() {
    let mut original = vec![0.0; 3 * WIDTH * HEIGHT];
    plain(&one_picture(), &[0], &mut original);
    for (keep_rate, patch) in [(0.5, 1), (0.3, 1), (0.5, 4)] {
        let draws = 400;
        let [anchor, positive] = views(&ViewPipeline::mask(keep_rate, patch), draws);
        let mut kept = 0;
        for (a, p) in anchor.iter().zip(&positive) {
            for i in 0..original.len() {
                let doubled = 0.5 + 2.0 * (original[i] - 0.5);
                assert!((a[i] == 0.5 && p[i] == doubled) || (a[i] == doubled && p[i] == 0.5), "{i}");
            }
            // Pixel (1, 0) is far from grey in every channel, and so tells its mask.
            assert_eq!(a[1] == 0.5, a[1 + WIDTH * HEIGHT] == 0.5, "channels have one mask");
            kept += usize::from(a[1] != 0.5);
        }
        assert_share("kept by the anchor", kept, draws, f64::from(keep_rate));
    }
}

#[test]
fn independent_masks_keep_what_they_say() {
    let draws = 4000;
    let step = ViewStep::Mask { keep_rate: 0.3, patch: 2, pair: MaskPair::Independent, gain: 1.0 };
    let [anchor, positive] = views(&ViewPipeline { steps: vec![step] }, draws);
    let kept = |views: &[Vec<f32>]| -> Vec<bool> { views.iter().map(|v| v[1] != 0.5).collect() };
    let (anchor, positive) = (kept(&anchor), kept(&positive));
    let both = anchor.iter().zip(&positive).filter(|&(&a, &p)| a && p).count();
    assert_share("anchor", anchor.iter().filter(|&&kept| kept).count(), draws, 0.3);
    assert_share("positive", positive.iter().filter(|&&kept| kept).count(), draws, 0.3);
    assert_share("both", both, draws, 0.09);
}

#[test]
fn strength_zero_is_no_augmentation() {
    let split = synthetic(SyntheticSpec { size: 16, classes: 3, train: 20, test: 0 }, 1).expect("in range");
    let rows: Vec<usize> = (0..20).collect();
    let length = 20 * split.train.bytes_per_image();
    let (mut anchor, mut positive, mut pictures) = (vec![0.0; length], vec![1.0; length], vec![2.0; length]);
    plain(&split.train, &rows, &mut pictures);
    let stream = Stream::new(1, purpose::VIEWS, 0);
    ViewPipeline::none().pairs(&split.train, &rows, &stream, &mut anchor, &mut positive);
    assert!(anchor == pictures && positive == pictures);
    ViewPipeline::full(0.0).pairs(&split.train, &rows, &stream, &mut anchor, &mut positive);
    // Colours pass through hue and back.
    let worst = |views: &[f32]| farthest(views, &pictures);
    assert!(worst(&anchor) < TOLERANCE && worst(&positive) < TOLERANCE);
    ViewPipeline::full(1.0).pairs(&split.train, &rows, &stream, &mut anchor, &mut positive);
    assert!(worst(&anchor) > 0.3 && anchor != positive);
}

#[test]
fn views_do_not_depend_on_threads_or_on_the_rest_of_the_batch() {
    let split = synthetic(SyntheticSpec { size: 16, classes: 4, train: 30, test: 0 }, 2).expect("in range");
    let mut pipeline = ViewPipeline::full(0.7);
    pipeline.steps.push(ViewStep::Blur { kernel: 5, sigma: (0.1, 2.0), probability: 0.5 });
    pipeline.steps.extend(ViewPipeline::mask(0.5, 3).steps);
    let rows: Vec<usize> = (0..30).rev().collect();
    let length = split.train.bytes_per_image();
    let draw = |threads: usize, count: usize| {
        let (mut anchor, mut positive) = (vec![0.0; count * length], vec![0.0; count * length]);
        let stream = Stream::new(1, purpose::VIEWS, 3);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            pipeline.pairs(&split.train, &rows[..count], &stream, &mut anchor, &mut positive);
        });
        (anchor, positive)
    };
    let (anchor, positive) = draw(1, 30);
    assert_eq!((&anchor, &positive), (&draw(3, 30).0, &draw(3, 30).1));
    assert_eq!(draw(2, 7).0, anchor[..7 * length]);
    assert!(anchor.iter().all(|v| v.is_finite()));
}

#[test]
fn bad_parameters_are_named() {
    for (pipeline, name) in [
        (ViewPipeline::crop(1.2), "scale"),
        (ViewPipeline::crop(f32::NAN), "scale"),
        (ViewPipeline::mask(1.5, 1), "keep_rate"),
        (ViewPipeline::mask(0.5, 0), "patch"),
        (ViewPipeline { steps: vec![ViewStep::Flip { probability: -0.1 }] }, "probability"),
        (
            ViewPipeline { steps: vec![ViewStep::Blur { kernel: 4, sigma: (1.0, 2.0), probability: 1.0 }] },
            "kernel",
        ),
    ] {
        assert_eq!(pipeline.check().expect_err(name).name, name);
        // Defined all the same: nothing panics.
        let _ = views(&pipeline, 3);
    }
    for strength in [0.0, 0.5, 1.0] {
        assert_eq!(ViewPipeline::full(strength).check(), Ok(()));
    }
}

#[test]
fn a_blur_is_as_wide_as_a_tenth_of_the_picture() {
    for (side, wanted) in [(8, 3), (32, 3), (64, 7), (224, 23)] {
        let pipeline = ViewPipeline::full(1.0).blurred(0.5, side);
        let last = pipeline.steps.last();
        assert!(matches!(last, Some(ViewStep::Blur { kernel, .. }) if *kernel == wanted), "{side}: {last:?}");
        assert!(pipeline.check().is_ok());
    }
    assert_eq!(ViewPipeline::full(1.0).blurred(0.0, 32), ViewPipeline::full(1.0));
}
