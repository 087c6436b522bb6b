//! The whole way on small stored runs: from files to numbers to verdicts.

use super::*;
use featurescope_lab::evidence::{Run, State, Subject};
use featurescope_lab::plan::Plan;
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_wen_li_2021::luck::lucky;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const SMALL: &str = "
[data]
latent_dim = 16
ambient_dim = 256
noise_constant = 0.7
[network]
width = 64
[batch]
anchors = 128
negatives = 64
[training]
learning_rate = 0.5
weight_decay = 3e-4
first_energy_ratio = 64.0
second_energy_ratio = 1.5
steps = 330
[measure]
cadence = { kind = \"every\", steps = 10 }
samples = 128
[probe]
labels = []
[arms.masked]
bias = { kind = \"staged\", reset = 0.8, growth = 0.05, cap = 0.45 }
[arms.plain]
augmentation.kind = \"none\"
bias.kind = \"zero\"
training.steps = 60
[arms.labels]
objective.kind = \"regression\"
bias = { kind = \"staged\", reset = 0.8, growth = 0.05, cap = 0.45 }
training.steps = 30
";

/// Some seeds of a small run, stored under `folder`.
fn stored(folder: &Path, seeds: u64, arguments: &[&str]) -> Vec<PathBuf> {
    let run = |seed: u64| {
        let arguments = arguments.iter().map(ToString::to_string).chain([format!("seed={seed}")]);
        let overrides = Layer::overrides(&arguments.collect::<Vec<_>>()).unwrap();
        let spec =
            Spec::from_layers(&[Layer::parse(SMALL, "small", Path::new("")).unwrap(), overrides]).unwrap();
        let plan = Plan::new(&spec, "small").unwrap();
        let directory = RunDirectory::create_next(folder, "small").unwrap();
        execute(&plan, &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
        directory.path().to_path_buf()
    };
    (1..=seeds).map(run).collect()
}

/// Arms without the ambient space are the same arms, and everything can be read off them but what masks do to
/// single coordinates.
#[test]
fn reduced_runs_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let reduced = ["training.dynamics=reduced"];
    let runs = stored(folder.path(), 2, &reduced);
    let run = Run::open(&runs[0]).unwrap();
    let roles: Vec<_> = run.subjects().map(|subject| PAPER.role(&subject)).collect();
    assert_eq!(
        roles,
        [Role::named("random_mask_staged"), Role::named("none_zero"), Role::named("supervised")].map(Some)
    );
    let subject = |role: Role| run.subjects().find(|s| PAPER.role(s) == Some(role)).unwrap();
    let (masked, plain) = (subject(Role::named("random_mask_staged")), subject(Role::named("none_zero")));
    assert!(masked.arm.end.t1.is_some() && masked.arm.end.t2.is_some(), "{:?}", masked.arm.end);
    let recorded = masked.neurons("dense_energy", Moment::End).unwrap();
    for (again, &recorded) in State::of(&masked, Moment::End).unwrap().dense_energy.iter().zip(recorded) {
        assert!((again - f64::from(recorded)).abs() < 1e-4 * (again + 1e-3), "{again} {recorded}");
    }
    let near = |subject: &Subject<'_>, name: &str, at: Moment, expected: f64, tolerance: f64| {
        let found = PAPER.read(name, subject, at).unwrap();
        assert!((found - expected).abs() < tolerance, "{name}: {found} instead of {expected}");
    };
    near(&masked, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "force_dense_error", Moment::Start, 0.0, 0.1);
    near(&plain, "force_dense_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "shared_noise_fraction", Moment::Start, 0.0, 0.01);
    near(&plain, "shared_noise_fraction", Moment::Start, 1.0, 1e-6);
    near(&masked, "noise_variance_ratio", Moment::T1, 1.0, 0.05);
    near(&masked, "growth_sparse_ratio", Moment::T1, 1.0, 0.1);
    near(&plain, "dense_solution_loss", Moment::Start, 0.0, 0.05);
    assert!(PAPER.read("dense_solution_loss", &masked, Moment::Start).unwrap() > 0.95);
    for name in ["mask_overlap_ratio", "jitter_rms", "misread_fraction", "dense_coordinate_max"] {
        let why = PAPER.read(name, &masked, Moment::T1).unwrap_err().to_string();
        assert_eq!(why, "reduced dynamics has no ambient space", "{name}");
    }
    let board = judge(&PAPER, &runs).unwrap();
    assert!(board.warnings.iter().all(|warning| !warning.starts_with("left out")), "{:?}", board.warnings);
    let verdict = |id: &str| &board.claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    assert_ne!(*verdict("Lemma B.2a"), Verdict::Refuted, "exact in theory");
}

/// From stored files to a scoreboard: every quantity can be read where its moment was reached, and those that
/// are exact in theory come out at their predictions, each within a stated tolerance.
#[test]
fn stored_runs_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let runs = stored(folder.path(), SEEDS, &[]);
    let run = Run::open(&runs[0]).unwrap();
    let subject = |role: Role| run.subjects().find(|s| PAPER.role(s) == Some(role)).unwrap();
    let (masked, plain) = (subject(Role::named("random_mask_staged")), subject(Role::named("none_zero")));
    assert!(masked.arm.end.t1.is_some() && masked.arm.end.t2.is_some(), "{:?}", masked.arm.end);

    // Neurons drawn again are those that the run recorded.
    let recorded = masked.neurons("sparse_energy", Moment::Start).unwrap();
    for (again, &recorded) in State::of(&masked, Moment::Start).unwrap().sparse_energy.iter().zip(recorded) {
        assert!((again / f64::from(recorded) - 1.0).abs() < 1e-5);
    }
    let recorded = masked.neurons("dense_energy", Moment::End).unwrap();
    for (again, &recorded) in State::of(&masked, Moment::End).unwrap().dense_energy.iter().zip(recorded) {
        assert!((again - f64::from(recorded)).abs() < 1e-4 * (again + 1e-3), "{again} {recorded}");
    }

    // Luck read off the stored neurons and off the weights.
    let lucky: Vec<usize> = lucky(State::of(&masked, Moment::Start).unwrap(), masked.luck())
        .into_iter()
        .map(|(i, _)| i)
        .collect();
    assert!(!lucky.is_empty());
    let neurons = masked.recorded_neurons(Moment::Start).unwrap();
    let is_lucky = |&i: &usize| masked.luck().is_lucky(&neurons[i], masked.latent_dim() as usize);
    assert_eq!(lucky, (0..neurons.len()).filter(is_lucky).collect::<Vec<_>>());

    // Monte-Carlo with 4096 samples: standard errors of a few percent at d = 16, p = .064.
    let near = |subject: &Subject<'_>, name: &str, at: Moment, expected: f64, tolerance: f64| {
        let found = PAPER.read(name, subject, at).unwrap();
        assert!((found - expected).abs() < tolerance, "{name}: {found} instead of {expected}");
    };
    near(&masked, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "force_dense_error", Moment::Start, 0.0, 0.1);
    near(&plain, "force_sparse_ratio", Moment::Start, 1.0, 0.1);
    near(&plain, "force_dense_ratio", Moment::Start, 1.0, 0.1);
    near(&masked, "shared_noise_fraction", Moment::Start, 0.0, 1e-9);
    near(&plain, "shared_noise_fraction", Moment::Start, 1.0, 1e-6);
    near(&masked, "signal_variance_ratio", Moment::T1, 1.0, 0.1);
    near(&masked, "noise_variance_ratio", Moment::T1, 1.0, 0.05);
    near(&masked, "mask_overlap_ratio", Moment::Start, 1.0, 0.1);
    // Between a spread-out neuron and one along an atom with Gaussian entries.
    near(&masked, "jitter_rms", Moment::T1, 1.37, 0.45);
    near(&masked, "vanishing_atoms_ratio", Moment::Start, 1.0, 0.4);

    // Lemma F.2 and its control: mean loss over ln(N + 1) near 0 without masks, at least 1 with them.
    near(&plain, "dense_solution_loss", Moment::Start, 0.0, 0.05);
    assert!(PAPER.read("dense_solution_loss", &masked, Moment::Start).unwrap() > 0.95);

    let board = judge(&PAPER, &runs).unwrap();
    assert!(board.warnings.iter().all(|warning| !warning.starts_with("left out")), "{:?}", board.warnings);
    let mut looked_at = 0;
    for claim in &board.claims {
        for finding in claim.tests.iter().flat_map(|test| &test.findings) {
            if let Verdict::Undecided { reason: Reason::NotMeasured { why, .. } } = &finding.verdict {
                let expected = [
                    "not reached",
                    "condition",
                    "probe score",
                    "there are no",
                    "no closed form",
                    "no arm of the same run",
                ];
                assert!(expected.iter().any(|known| why.contains(known)), "{}: {why}", claim.id);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 0, "a small run leaves something unmeasured");
    let verdict = |id: &str| &board.claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    assert_eq!(*verdict("Lemma B.2a"), Verdict::Supported);
    assert_eq!(*verdict("Lemma B.2c, every atom"), Verdict::Refuted, "too few neurons at this size");
    assert_ne!(*verdict("Lemma B.4.4"), Verdict::Refuted, "exact in theory");
    assert!(matches!(
        verdict("Footnote 4, with augmentation"),
        Verdict::Undecided { reason: Reason::NoRuns { .. } }
    ));
    assert_eq!(board.destiny.len(), 2, "two arms that contrast");
    assert!(serde_json::to_string(&board).unwrap().contains("not_testable"));
}

/// What kinds are defined by. Statements about data read the same off any weights; identities hold on runs
/// that learn nothing, to the Monte-Carlo error of 4096 samples at d = 16 (a tenth).
#[test]
fn kinds_keep_their_definitions() {
    const MONTE_CARLO: f64 = 0.1;
    let claims = claims().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut compared, mut held) = (0, 0);
    for (name, settings) in [
        ("learns", &[][..]),
        ("small batches", &["batch.anchors=4", "training.steps=200"][..]),
        ("no stage I", &["training.first_energy_ratio=1.05"][..]),
        ("untrained", &["training.steps=2"][..]),
    ] {
        let run = Run::open(&stored(&folder.path().join(name), 1, settings)[0]).unwrap();
        let of = |about: About| claims.iter().filter(move |claim| claim.about == Some(about));
        for subject in run.subjects() {
            let tests = |about| {
                let all = of(about).flat_map(|claim| claim.tests.iter().map(move |test| (&claim.id, test)));
                all.filter(|(_, test)| PAPER.role(&subject).is_some_and(|role| test.arms().contains(&role)))
            };
            for (id, test) in tests(About::Data) {
                let at = |moment| PAPER.read(test.quantity().0, &subject, moment).unwrap();
                let (start, end) = (at(Moment::Start), at(Moment::End));
                assert!((start - end).abs() < 1e-6, "{id}, {name}: {start} at the start, {end} in the end");
                compared += 1;
            }
            for (id, test) in tests(About::Identity) {
                let (quantity, at) = test.quantity();
                let Ok(value) = PAPER.read(quantity, &subject, at) else { continue };
                // What the schedule guarantees it guarantees from T1 on.
                if at == Moment::End && subject.arm.end.t1.is_none() {
                    continue;
                }
                let Bounds { at_least, at_most } = test.bounds();
                let wide = Bounds {
                    at_least: at_least.map(|bound| bound - MONTE_CARLO),
                    at_most: at_most.map(|bound| bound + MONTE_CARLO),
                };
                assert!(wide.hold(value), "{id}, {name}: {quantity} {value}, {}", test.bounds());
                held += 1;
            }
        }
    }
    assert!(compared >= 24 && held >= 40, "{compared} of data, {held} identities");
}

/// An arm that learns nothing is recognised by its settings, and one between has no role.
#[test]
fn idle_runs_are_recognised_by_their_settings() {
    let folder = tempfile::tempdir().unwrap();
    let short = "training.steps=40";
    for (name, settings, expected) in [
        ("learns", &[][..], Some(None)),
        ("untrained", &["training.steps=2"][..], Some(Some(Idleness::named("untrained")))),
        (
            "cut off",
            &[short, "training.first_energy_ratio=1.05"][..],
            Some(Some(Idleness::named("no_stage_one"))),
        ),
        ("drowned", &[short, "batch.anchors=4"][..], Some(Some(Idleness::named("drowned")))),
        ("noise", &[short, "data.noise_constant=20"][..], Some(Some(Idleness::named("drowned")))),
        (
            "open",
            &[short, "arms.masked.bias.reset=.001", "arms.masked.bias.cap=.001"][..],
            Some(Some(Idleness::named("no_gates"))),
        ),
        ("between", &[short, "training.first_energy_ratio=4"][..], None),
    ] {
        let run = Run::open(&stored(&folder.path().join(name), 1, settings)[0]).unwrap();
        let masked =
            run.subjects().find(|s| PAPER.role(s) == Some(Role::named("random_mask_staged"))).unwrap();
        assert_eq!(ArmSetting::of(&PAPER, &masked).map(|setting| setting.idleness), expected, "{name}");
    }
}

#[test]
fn folders_without_a_run_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let board = judge(&PAPER, &[folder.path().to_path_buf()]).unwrap();
    assert!(board.warnings.len() == 1 && board.warnings[0].contains("spec.toml"), "{:?}", board.warnings);
}
