//! The statements on pictures, on stored runs whose figures are made up: planted differences, one seed each.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_image::arrays::{self, Array};
use featurescope_image::run::{FINAL_FILE, Measurements, ON_PICTURES, Record, identity, record};
use featurescope_image::settings::Settings;
use featurescope_lab::claim::judge::Reason;
use featurescope_lab::claim::{
    FEWEST_SEEDS, Scoreboard, Verdict, claims, claims_digest, judge, judge_shipped,
};
use featurescope_lab::evidence::{Gap, Moment, Trial};
use featurescope_lab::paper::{Role, ship};
use featurescope_lab::run::{MANIFEST_FILE, Manifest, SPEC_FILE};
use featurescope_lab::status::{ArmEnd, ProductInputs, Status, StopReason};
use featurescope_lab::store::{RECORDS_FILE, write_json_atomically};
use featurescope_wen_li_2021::{FIGURES, PAPER};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const SPEC: &str = r#"
[data]
pictures = { kind = "synthetic", size = 16, classes = 3 }
train = 60
test = 30
[probe]
pictures = 60
[network]
kind = "alexnet"
[training]
epochs = 2
batch = 20
[arms.none]
augmentation.kind = "none"
[arms.crop]
augmentation = { kind = "crop", strength = 0.7 }
[arms.full]
augmentation = { kind = "full", strength = 0.7 }
[arms.mask]
augmentation.kind = "mask"
[arms.supervised]
augmentation = { kind = "crop", strength = 0.7 }
objective.kind = "cross_entropy"
"#;

/// What a figure is in an arm at the end.
type Planted = fn(&str) -> Made;

/// The figures that the statements compare.
#[derive(Clone, Copy)]
struct Made {
    probe: f64,
    firing: f64,
    atoms: f64,
    units: f64,
    filters: f64,
}

/// The order that the paper has.
fn as_the_paper_says(arm: &str) -> Made {
    let [probe, firing, atoms, units, filters] = match arm {
        "none" => [0.3, 0.5, 0.0, 0.5, 0.3],
        "crop" => [0.4, 0.4, 0.1, 0.8, 0.4],
        "mask" => [0.5, 0.35, 0.3, 0.5, 0.3],
        "supervised" => [0.8, 0.2, 0.1, 0.6, 0.5],
        _ => [0.6, 0.3, 0.2, 0.2, 0.2],
    };
    Made { probe, firing, atoms, units, filters }
}

/// Every figure mirrored: the opposite order everywhere.
fn the_other_way_round(arm: &str) -> Made {
    let Made { probe, firing, atoms, units, filters } = as_the_paper_says(arm);
    Made {
        probe: 1.0 - probe,
        firing: 1.0 - firing,
        atoms: 1.0 - atoms,
        units: 1.0 - units,
        filters: 1.0 - filters,
    }
}

/// Arms that learned nothing are equal to the last bit.
fn all_the_same(_: &str) -> Made {
    as_the_paper_says("none")
}

/// A picture of two pixels with this chroma share, in [0, 1).
fn pictures_of_units(chroma: f64) -> Array {
    // With (R, G, B) = (luma + c, luma − c, luma) a pixel has |chroma|² = 2 c². Its luma in the orthonormal
    // axes, √3 luma, is 1 above the mean of the two, or below it: share = 2 c²/(2 c² + 1).
    let c = (chroma / (1.0 - chroma) / 2.0).sqrt() as f32;
    let luma = 1.0 / 3f32.sqrt();
    let plane = |colour: f32| [luma + colour, -luma + colour];
    Array::new("units", &[1, 3, 1, 2], [plane(c), plane(-c), plane(0.0)].concat())
}

/// Some seeds of a made-up run on pictures, stored under `folder`. What a seed adds is the same in all arms
/// of a run, and `noise` is what it adds to each by itself.
fn stored(folder: &Path, seeds: u64, overrides: &[&str], planted: Planted, noise: f64) -> Vec<PathBuf> {
    (1..=seeds)
        .map(|seed| store(&folder.join(format!("run-{seed}")), seed, overrides, planted, noise))
        .collect()
}

fn store(run: &Path, seed: u64, overrides: &[&str], planted: Planted, noise: f64) -> PathBuf {
    let overrides = overrides.iter().map(ToString::to_string).chain([format!("seed={seed}")]);
    let settings = Settings::from_texts(&[SPEC], &overrides.collect::<Vec<_>>()).unwrap();
    let mut manifest = Manifest::begun("made-up", seed, &identity(&settings, None), &settings.resolved);
    manifest.status = Status::Finished;
    for (place, (name, _)) in settings.arms.iter().enumerate() {
        let folder = run.join("arms").join(name);
        fs::create_dir_all(&folder).unwrap();
        let shift = 0.01 * seed as f64 + noise * ((seed as usize * 7 + place * 3) % 5) as f64;
        let made = planted(name);
        let measured = |by: f64| Measurements {
            probe: Some(made.probe + by),
            firing_density: Some(made.firing + by),
            cosine_atoms: Some(made.atoms + by),
            filter_chroma: Some(made.filters + by),
            ..Measurements::default()
        };
        let records = [
            Record { epoch: 0, step: 0, loss: None, measured: Some(Measurements::default()) },
            Record { epoch: 1, step: 3, loss: Some(2.0), measured: Some(measured(shift)) },
            // Not every epoch is measured.
            Record { epoch: 2, step: 6, loss: Some(1.0), measured: None },
        ];
        record::write(&folder.join(RECORDS_FILE), &records).unwrap();
        let about = r#"{"classes":["a","b","c"]}"#;
        arrays::write(&folder.join(FINAL_FILE), &[pictures_of_units(made.units)], about).unwrap();
        manifest.arms.push((name.clone(), ended(StopReason::Finished)));
    }
    fs::write(run.join(SPEC_FILE), &settings.resolved).unwrap();
    write_json_atomically(&run.join(MANIFEST_FILE), &manifest).unwrap();
    run.to_path_buf()
}

fn ended(stop_reason: StopReason) -> ArmEnd {
    ArmEnd {
        stop_reason,
        stop_detail: None,
        product_inputs: ProductInputs::Single,
        steps: 6,
        training_seconds: 1.0,
        probe_seconds: 0.0,
        probe_problem: None,
    }
}

/// The board of made-up runs.
fn board(seeds: u64, overrides: &[&str], planted: Planted, noise: f64) -> Scoreboard {
    ship(&[&PAPER, &FIGURES]);
    let folder = tempfile::tempdir().unwrap();
    let board = judge(&FIGURES, &stored(folder.path(), seeds, overrides, planted, noise)).unwrap();
    assert!(!board.warnings.iter().any(|warning| warning.starts_with("left out")), "{:?}", board.warnings);
    board
}

/// Does something with every arm of a made-up run.
fn with_arms(overrides: &[&str], look: &mut dyn FnMut(&dyn Trial)) {
    ship(&[&PAPER, &FIGURES]);
    let folder = tempfile::tempdir().unwrap();
    let runs = stored(folder.path(), 1, overrides, as_the_paper_says, 0.0);
    (ON_PICTURES.visit)(&runs[0], look).unwrap();
}

/// The frozen statements, bounds and rules.
#[test]
fn the_claims_are_those_that_were_fixed() {
    let frozen = "ea9212bc8f8ec26fbb93b7221a8f42fee76fe0ae86c5025d36db70f0d43dc73d";
    assert_eq!(claims_digest(&FIGURES).to_string(), frozen);
}

/// The statements and their directions, as the crate of pictures had them before they were claims.
#[test]
fn the_statements_are_those_that_were_made_before() {
    let titles: Vec<String> = claims(&FIGURES).unwrap().into_iter().map(|claim| claim.title).collect();
    let expected = [
        "linear probe accuracy: none < crop",
        "linear probe accuracy: crop < full",
        "linear probe accuracy: none < full",
        "linear probe accuracy: none < mask",
        "firing density: crop < none",
        "firing density: full < crop",
        "firing density: full < none",
        "firing density: mask < none",
        "share of filters that are single atoms of the cosine basis: none < mask",
        "chroma share of units' pictures: full < crop",
        "chroma share of units' pictures: full < supervised",
        "chroma share of first-layer filters: full < supervised",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn quantities_and_roles_are_asked_for() {
    let claims = claims(&FIGURES).unwrap();
    let asked: BTreeSet<&str> =
        claims.iter().flat_map(|claim| &claim.tests).map(|test| test.quantity().0).collect();
    let names: BTreeSet<&str> = FIGURES.quantities.iter().copied().flatten().map(|it| it.name).collect();
    assert_eq!(asked, names);
    let roles = FIGURES.roles().unwrap();
    // Boards of both kinds of runs stand on one page, so their names are not those of theory.
    assert!(roles.all().all(|role| PAPER.roles().unwrap().words(role).is_none()));
}

#[test]
fn what_is_planted_is_found() {
    let agreeing = board(5, &[], as_the_paper_says, 0.0);
    for claim in &agreeing.claims {
        assert_eq!(claim.verdict, Verdict::Supported, "{}", claim.title);
    }
    let contradicting = board(5, &[], the_other_way_round, 0.0);
    for claim in &contradicting.claims {
        assert_eq!(claim.verdict, Verdict::Refuted, "{}", claim.title);
    }
    // Arms that learned nothing are no evidence for a difference.
    let nothing = board(5, &[], all_the_same, 0.0);
    for claim in &nothing.claims {
        assert_eq!(claim.verdict, Verdict::Refuted, "{}", claim.title);
    }
}

/// Seeds are pairs: what a seed adds to both arms says nothing. What it adds to each by itself widens the
/// interval.
#[test]
fn noise_leaves_a_statement_open() {
    let noisy = board(5, &[], as_the_paper_says, 0.3);
    let crop = &noisy.claims[0];
    assert!(
        matches!(&crop.verdict, Verdict::Undecided { reason: Reason::OnTheBound { seeds: 5 } }),
        "{crop:?}"
    );
    let values: Vec<f64> = board(5, &[], as_the_paper_says, 0.0).claims[0].tests[0].findings[0]
        .values
        .iter()
        .map(|(_, value)| *value)
        .collect();
    assert!(values.iter().all(|value| (value - 0.1).abs() < 1e-12), "{values:?}");
}

#[test]
fn fewer_seeds_decide_nothing() {
    let board = board(4, &[], as_the_paper_says, 0.0);
    for claim in &board.claims {
        let Verdict::Undecided { reason } = &claim.verdict else { panic!("{claim:?}") };
        assert_eq!(*reason, Reason::TooFewSeeds { found: FEWEST_SEEDS - 1 }, "{}", claim.title);
    }
}

/// Without augmentation the same difference must not be positive.
#[test]
fn controls_fail_where_the_paper_says_and_are_named_where_they_do_not() {
    let control = |board: &Scoreboard| board.claims[1].tests[0].controls[0].verdict.clone();
    assert_eq!(control(&board(5, &[], as_the_paper_says, 0.0)), Verdict::Refuted);
    let other = board(5, &[], the_other_way_round, 0.0);
    assert_eq!(control(&other), Verdict::Supported);
    assert!(
        other.warnings.iter().any(|warning| warning.contains("a control is supported")),
        "{:?}",
        other.warnings
    );
}

/// Of arms that differ in the strength of their views the strongest speaks.
#[test]
fn the_strongest_views_speak() {
    ship(&[&PAPER, &FIGURES]);
    let weak = ["arms.mask.augmentation={kind=\"full\", strength=0.2}"];
    let found = board(5, &weak, as_the_paper_says, 0.0);
    let findings = &found.claims[1].tests[0].findings;
    assert_eq!(findings.iter().map(|it| it.setting.arm.as_str()).collect::<Vec<_>>(), ["full"]);
    assert_eq!(found.claims[1].verdict, Verdict::Supported);
    let masks = &found.claims[3].verdict;
    assert!(matches!(masks, Verdict::Undecided { reason: Reason::NoRuns { .. } }), "{masks:?}");
}

#[test]
fn arms_that_differ_in_more_are_not_compared() {
    let found = board(5, &["arms.none.training.epochs=3"], as_the_paper_says, 0.0);
    let Verdict::Undecided { reason } = &found.claims[0].verdict else { panic!("{:?}", found.claims[0]) };
    let told = reason.to_string();
    assert!(told.contains("`none` differs from `crop` in more than augmentation: training.epochs"), "{told}");
}

/// What tells settings of one experiment apart stands beside them.
#[test]
fn settings_are_told_apart_by_what_differs() {
    ship(&[&PAPER, &FIGURES]);
    let folder = tempfile::tempdir().unwrap();
    let mut runs = stored(&folder.path().join("short"), 5, &[], as_the_paper_says, 0.0);
    runs.extend(stored(&folder.path().join("long"), 5, &["training.epochs=4"], as_the_paper_says, 0.0));
    let board = judge(&FIGURES, &runs).unwrap();
    let labels: BTreeSet<String> =
        board.claims[0].tests[0].findings.iter().map(|it| it.setting.label()).collect();
    assert_eq!(
        labels,
        ["made-up training.epochs = 2", "made-up training.epochs = 4"].map(str::to_owned).into()
    );
}

#[test]
fn arms_are_recognised_by_their_settings() {
    let of = |overrides: &[&str]| {
        let mut roles = Vec::new();
        with_arms(overrides, &mut |trial| roles.push(FIGURES.role(trial).map(Role::name)));
        roles
    };
    let [none, crop, full, mask, labels] =
        ["equal_views", "cropped_views", "distorted_views", "masked_views", "labelled_pictures"].map(Some);
    assert_eq!(of(&[]), [none, crop, full, mask, labels]);
    let attacked = of(&["arms.full.adversary.kind=projected_gradient", "arms.full.adversary.radius=0.03"]);
    assert_eq!(attacked, [none, crop, None, mask, labels]);
}

/// No statement of theory speaks of pictures, and nothing that needs a dictionary is read off them.
#[test]
fn theory_and_figures_do_not_meet() {
    with_arms(&[], &mut |trial| {
        assert_eq!(PAPER.role(trial), None, "{}", trial.name());
        for quantity in PAPER.quantities.iter().copied().flatten() {
            assert_eq!(
                PAPER.read(quantity.name, trial, Moment::End),
                Err(Gap::OtherData),
                "{}",
                quantity.name
            );
        }
        assert_eq!(trial.column("loss", Moment::End), Ok(1.0));
        assert_eq!(trial.column("loss", Moment::Window), Ok(1.5));
        assert_eq!(trial.column("probe", Moment::T1), Err(Gap::NotReached("T1")));
        assert_eq!(trial.column("probe", Moment::Start), Err(Gap::NotDefined("probe".to_owned())));
        assert_eq!(trial.column("cosine", Moment::End), Err(Gap::NotRecorded("cosine".to_owned())));
    });
}

/// Each paper is judged by runs of its kind alone.
#[test]
fn runs_are_told_apart_by_their_kind() {
    ship(&[&PAPER, &FIGURES]);
    let folder = tempfile::tempdir().unwrap();
    let on_pictures = stored(folder.path(), 1, &[], as_the_paper_says, 0.0);
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let all = [on_pictures.clone(), vec![other.clone()]].concat();
    assert_eq!(FIGURES.runs_among(&all), on_pictures);
    assert_eq!(PAPER.runs_among(&all), [other]);
    let boards = judge_shipped(&on_pictures).unwrap();
    assert_eq!(boards.iter().map(|board| board.paper.unwrap().text()).collect::<Vec<_>>(), [FIGURES.name]);
}

/// A damaged run is named and leaves the others to be judged; a figure that was not made says so.
#[test]
fn what_cannot_be_read_is_told() {
    ship(&[&PAPER, &FIGURES]);
    let folder = tempfile::tempdir().unwrap();
    let runs = stored(folder.path(), 6, &[], as_the_paper_says, 0.0);
    fs::write(runs[5].join("arms/none").join(RECORDS_FILE), "no table").unwrap();
    for run in &runs {
        fs::remove_file(run.join("arms/full").join(FINAL_FILE)).unwrap();
    }
    let board = judge(&FIGURES, &runs).unwrap();
    let left_out: Vec<&String> = board.warnings.iter().filter(|it| it.starts_with("left out")).collect();
    assert!(left_out.len() == 1 && left_out[0].contains("run-6"), "{:?}", board.warnings);
    assert_eq!(board.claims[0].verdict, Verdict::Supported);
    let Verdict::Undecided { reason } = &board.claims[9].verdict else { panic!("{:?}", board.claims[9]) };
    assert!(reason.to_string().contains("5 of 5 runs have no value"), "{reason}");
}
