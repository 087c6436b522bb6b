//! A part that a program adds while it runs is a part like the others: in specs, in messages, in training.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::paper::ship;
use featurescope_lab::plan::Plan;
use featurescope_lab::report::{FigureData, write_for_run};
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::registry::find;
use featurescope_lab::spec::{Layer, Spec, SpecError};
use featurescope_sim::augment::{AUGMENTATIONS, Augmentation, Origin};
use featurescope_sim::data::latent::LATENT_LAWS;
use featurescope_sim::data::{
    AMBIENT_DIM, DATA_LAWS, DataModel, DenseNoise, Dictionary, DictionaryError, Drawing, Independent,
    LATENT_DIM, LatentLaw, Sizes, SparseCoding,
};
use featurescope_sim::math::random::Part as Draw;
use featurescope_sim::math::{Matrix, Stream};
use featurescope_sim::part::{Part, PartSetting, Range};
use featurescope_sim::train::{BIAS_RULES, BiasRule, BiasStep};
use featurescope_wen_li_2021::PAPER;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// x⁺ = x + e, x⁺⁺ = x + e′ with normal e and e′.
struct OwnNoise {
    scale: f32,
}

impl Augmentation for OwnNoise {
    fn views(&self, from: &Origin<'_>, sample: &mut [f32], positive: &mut [f32]) {
        let mut reader = from.stream.reader(Draw::Mask, from.row);
        for (x, y) in sample.iter_mut().zip(positive) {
            *y = *x + self.scale * reader.normal() as f32;
            *x += self.scale * reader.normal() as f32;
        }
    }

    fn single_view(&self, from: &Origin<'_>, sample: &mut [f32]) {
        let mut reader = from.stream.reader(Draw::Mask, from.row);
        for x in sample {
            *x += self.scale * reader.normal() as f32;
        }
    }
}

fn part() -> Part<Box<dyn Augmentation>> {
    Part {
        kind: "own_noise",
        summary: "normal noise of its own is added to each view",
        settings: const {
            &[PartSetting::number(
                "noise_scale",
                Range::POSITIVE,
                "0.1",
                "Standard deviation of a coordinate.",
            )]
        },
        build: |given, ()| Ok(Box::new(OwnNoise { scale: given.number("noise_scale")? as f32 })),
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
augmentation = { kind = \"own_noise\", noise_scale = 0.3 }
[arms.masked]
";

fn spec(text: &str) -> Result<Spec, SpecError> {
    Spec::from_layers(&[Layer::parse(text, "spec.toml", Path::new(""))?])
}

#[test]
fn an_added_augmentation_is_read_checked_and_trained() {
    let before = spec(SPEC).unwrap_err().to_string();
    assert!(before.contains("own_noise") || before.contains("noise_scale"), "{before}");
    assert!(find("augmentation.noise_scale").is_none());

    AUGMENTATIONS.add(part()).unwrap();
    assert!(find("augmentation.kind").unwrap().doc.contains("own_noise: normal noise of its own"));
    let wrong = spec(&SPEC.replace("0.3", "-1.0")).unwrap_err().to_string();
    assert!(wrong.contains("augmentation.noise_scale") && wrong.contains("[1e-37, 1e37]"), "{wrong}");
    // A setting of one part is refused with another, by the words of the spec.
    let unused = spec(&format!("{SPEC}augmentation.noise_scale = 0.2\n")).unwrap_err().to_string();
    assert!(unused.contains("augmentation.kind = random_mask"), "{unused}");

    ship(&[&PAPER]);
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

/// The first atom alone.
#[derive(Debug)]
struct FirstAtom;

impl LatentLaw for FirstAtom {
    fn draw(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        latent.fill(0.0);
        latent[0] = stream.reader(Draw::Latent, row).sign();
    }

    fn activity(&self, latent_dim: usize) -> f64 {
        1.0 / latent_dim as f64
    }
}

/// The losses of every arm, step by step.
fn losses(plan: &Plan) -> Vec<Vec<f64>> {
    let of = |arm: &featurescope_lab::plan::ArmPlan| {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        let mut losses = Vec::new();
        while let Some(view) = dynamics.step() {
            losses.extend(view.batch.map(|batch| batch.loss));
        }
        losses
    };
    plan.arms.iter().map(of).collect()
}

const TWO_ARMS: &str = "
[arms.sampled]
[arms.reduced]
training.dynamics = \"reduced\"
";

fn base() -> &'static str {
    SPEC.split("[arms.").next().unwrap()
}

/// Codes that closed forms do not know: both dynamics train on them, and nothing is predicted.
#[test]
fn an_added_law_of_codes_trains_sampled_and_reduced_without_closed_forms() {
    let build = |_: &_, _: &Sizes| -> Result<Arc<dyn LatentLaw>, _> { Ok(Arc::new(FirstAtom)) };
    LATENT_LAWS
        .add(Part { kind: "first_atom", summary: "the first atom alone", settings: &[], build })
        .unwrap();
    let text =
        format!("{}{TWO_ARMS}", base()).replace("[network]", "latent.kind = \"first_atom\"\n[network]");
    let plan = Plan::new(&spec(&text).unwrap(), "added").unwrap();
    let found = losses(&plan);
    assert!(found.iter().all(|arm| arm.len() == 3 && arm.iter().all(|loss| loss.is_finite())), "{found:?}");
    for arm in &plan.arms {
        let prediction = &arm.prediction;
        assert!(prediction.growth.is_none() && prediction.loss_floor.is_none() && prediction.t1.is_none());
    }
    let yardstick = plan.yardstick();
    assert!(yardstick.linear_r_squared.is_none() && yardstick.linear_accuracy.is_none());
    let told = &plan.foreseen()[0];
    assert!(told.contains("data.latent.kind = first_atom") && told.contains("no closed form"), "{told}");
    let unused =
        spec(&text.replace("[network]", "latent.activity = 0.1\n[network]")).unwrap_err().to_string();
    assert!(unused.contains("data.latent.kind = first_atom"), "{unused}");
}

/// b_i ← b_i + rate·‖w_i‖ with the steps, and a count of the steps that each threshold was moved.
#[derive(Debug)]
struct Rising {
    rate: f32,
}

impl BiasRule for Rising {
    fn memory(&self) -> &'static [&'static str] {
        &["moves"]
    }

    fn advance(&self, bias: &mut [f32], memory: &mut [Matrix], step: &BiasStep<'_>) {
        bias.iter_mut().zip(step.norms).for_each(|(b, &norm)| *b += self.rate * norm);
        memory[0].as_mut_slice().iter_mut().for_each(|moves| *moves += 1.0);
    }
}

/// A rule for thresholds: both dynamics follow it, its memory is stored, a fork may not lack it, and closed
/// forms say nothing where it names no course.
#[test]
fn an_added_bias_rule_moves_thresholds_and_is_stored() {
    BIAS_RULES
        .add(Part {
            kind: "rising",
            summary: "a little every step",
            settings: const {
                &[PartSetting::number("rise", Range::POSITIVE, "0.1", "What a step adds to b/‖w‖.")]
            },
            build: |given, ()| Ok(Arc::new(Rising { rate: given.number("rise")? as f32 })),
        })
        .unwrap();
    ship(&[&PAPER]);
    let text = format!("{}[bias]\nkind = \"rising\"\nrise = 0.25\n{TWO_ARMS}", base());
    let plan = Plan::new(&spec(&text).unwrap(), "added").unwrap();
    for arm in &plan.arms {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        while dynamics.step().is_some() {}
        let snapshot = dynamics.snapshot();
        assert_eq!(snapshot.array("bias.moves", (1, 8)).unwrap().as_slice(), [3.0; 8], "{}", arm.name);
        let view = dynamics.view();
        assert!(view.bias.iter().zip(view.norms).all(|(b, norm)| *b > 0.5 * norm), "{}", arm.name);
        assert!(arm.prediction.growth.is_none() && arm.prediction.noise_feed_over_decay.is_none());
    }
    let fork = "[arms.fork]\ntraining.fork = \"sampled@1\"\nbias = { kind = \"rising\", rise = 0.5 }\n";
    let forked = |text: &str| Plan::new(&spec(&format!("{text}{fork}")).unwrap(), "added");
    assert!(forked(&text).is_ok());
    let other = text.replace("kind = \"rising\"\nrise = 0.25", "kind = \"staged\"");
    let refused = forked(&other).unwrap_err().to_string();
    assert!(refused.contains("fork") && refused.contains("bias.kind"), "{refused}");
}

/// Data that are no sparse coding: settings, training, a stored run and its report work; what speaks of sparse
/// codes alone refuses or says nothing.
#[test]
fn an_added_data_law_is_trained_stored_and_reported() {
    DATA_LAWS
        .add(Part {
            kind: "drawn",
            summary: "what can only be drawn",
            settings: const { &[LATENT_DIM, AMBIENT_DIM] },
            build: |given, ()| {
                let sizes = Sizes::of(given)?;
                Ok(Box::new(move |drawing: &Drawing<'_>| -> Result<Arc<dyn DataModel>, DictionaryError> {
                    let dictionary = Dictionary::haar(sizes.ambient_dim, sizes.latent_dim, drawing.seed)?;
                    let (latent, noise) = (Independent { activity: 0.2 }, DenseNoise::isotropic(0.1)?);
                    Ok(Arc::new(SparseCoding::new(dictionary, Arc::new(latent), noise)?))
                }))
            },
        })
        .unwrap();
    let condition = find("data.latent.kind").unwrap().used_when[0];
    assert_eq!((condition.key, condition.any_of), ("data.kind", &["sparse_coding"][..]));
    let with = |rest: &str| format!("{}{rest}", base().replace("[network]", "kind = \"drawn\"\n[network]"));
    let unused = spec(&with("[data.latent]\nactivity = 0.1\n")).unwrap_err().to_string();
    assert!(unused.contains("only with data.kind = sparse_coding"), "{unused}");
    let refused = Plan::new(&spec(&with(TWO_ARMS)).unwrap(), "added").unwrap_err().to_string();
    assert!(refused.contains("arm reduced: data.kind = drawn") && refused.contains("sampled"), "{refused}");

    let small = "[probe]\nlabels = [20]\nvalidation_rows = 20\ntest_rows = 20\n[measure]\nsamples = 16\n";
    let arms = "[arms.contrastive]\n[arms.supervised]\nobjective.kind = \"regression\"\n";
    let plan = Plan::new(&spec(&with(&format!("{small}{arms}"))).unwrap(), "added").unwrap();
    assert!(plan.law.is_none() && plan.arms.iter().all(|arm| arm.prediction.growth.is_none()));
    assert!(plan.foreseen()[0].starts_with("data.kind = drawn: theory has no closed form"));
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let summary = execute(&plan, &directory, &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(summary.status, featurescope_lab::status::Status::Finished);
    let page = write_for_run(folder.path(), FigureData::Small).unwrap();
    assert!(std::fs::read_to_string(page).unwrap().contains("contrastive"));
}
