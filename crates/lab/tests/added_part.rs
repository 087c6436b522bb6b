//! A part that a program adds while it runs is a part like the others: in specs, in messages, in training.

use featurescope_lab::plan::Plan;
use featurescope_lab::spec::registry::find;
use featurescope_lab::spec::{Layer, Spec, SpecError};
use featurescope_sim::augment::{AUGMENTATIONS, Augmentation};
use featurescope_sim::math::Stream;
use featurescope_sim::math::random::Part as Draw;
use featurescope_sim::part::{Part, PartSetting, Range};
use std::path::Path;

/// x⁺ = x + e, x⁺⁺ = x + e′ with normal e and e′.
struct AdditiveNoise {
    deviation: f32,
}

impl Augmentation for AdditiveNoise {
    fn views(&self, stream: &Stream, row: u32, sample: &mut [f32], positive: &mut [f32]) {
        let mut reader = stream.reader(Draw::Mask, row);
        for (x, y) in sample.iter_mut().zip(positive) {
            *y = *x + self.deviation * reader.normal() as f32;
            *x += self.deviation * reader.normal() as f32;
        }
    }

    fn single_view(&self, stream: &Stream, row: u32, sample: &mut [f32]) {
        let mut reader = stream.reader(Draw::Mask, row);
        for x in sample {
            *x += self.deviation * reader.normal() as f32;
        }
    }
}

fn part() -> Part<Box<dyn Augmentation>> {
    Part {
        kind: "additive_noise",
        summary: "normal noise of its own is added to each view",
        settings: const {
            &[PartSetting::number("deviation", Range::POSITIVE, "0.1", "Standard deviation of a coordinate.")]
        },
        build: |given, ()| Ok(Box::new(AdditiveNoise { deviation: given.number("deviation")? as f32 })),
    }
}

const SPEC: &str = "
[data]
latent_dim = 8
ambient_dim = 64
[network]
width = 8
[batch]
anchors = 16
negatives = 8
[training]
steps = 3
[arms.noisy]
augmentation = { kind = \"additive_noise\", deviation = 0.3 }
[arms.masked]
";

fn spec(text: &str) -> Result<Spec, SpecError> {
    Spec::from_layers(&[Layer::parse(text, "spec.toml", Path::new(""))?])
}

#[test]
fn an_added_augmentation_is_read_checked_and_trained() {
    let before = spec(SPEC).unwrap_err().to_string();
    assert!(before.contains("additive_noise") || before.contains("deviation"), "{before}");
    assert!(find("augmentation.deviation").is_none());

    AUGMENTATIONS.add(part()).unwrap();
    assert!(find("augmentation.kind").unwrap().doc.contains("additive_noise: normal noise of its own"));
    let wrong = spec(&SPEC.replace("0.3", "-1.0")).unwrap_err().to_string();
    assert!(wrong.contains("augmentation.deviation") && wrong.contains("[1e-37, 1e37]"), "{wrong}");
    // A setting of one part is refused with another, by the words of the spec.
    let unused = spec(&format!("{SPEC}augmentation.deviation = 0.2\n")).unwrap_err().to_string();
    assert!(unused.contains("augmentation.kind = random_mask"), "{unused}");

    let plan = Plan::new(&spec(SPEC).unwrap(), "added").unwrap();
    let losses: Vec<f64> = plan
        .arms
        .iter()
        .map(|arm| {
            let mut dynamics = arm.dynamics(&plan.data).unwrap();
            let mut losses = Vec::new();
            while let Some(view) = dynamics.step() {
                losses.extend(view.batch.map(|batch| batch.loss));
            }
            assert_eq!(losses.len(), 3, "{}", arm.name);
            losses[2]
        })
        .collect();
    assert!(losses.iter().all(|loss| loss.is_finite()) && losses[0] != losses[1], "{losses:?}");
    // Closed forms do not cover it, and say so by saying nothing.
    assert!(plan.arms[0].prediction.growth.is_none() && plan.arms[1].prediction.growth.is_some());
}
