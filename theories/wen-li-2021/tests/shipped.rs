//! What the paper ships: its experiments and its scoreboard.

use featurescope_lab::claim::{Scoreboard, claims};
use featurescope_lab::paper::ship;
use featurescope_lab::results::{board, is_of_these_claims};
use featurescope_lab::spec::Spec;
use featurescope_lab::sweep::SweepPlan;
use featurescope_wen_li_2021::PAPER;
use std::path::Path;

/// Operations of an experiment's smaller version, at most: two seconds of a slow core.
const MOST_FOR_SMOKE: f64 = 2e10;

#[test]
fn every_experiment_can_be_planned_in_both_sizes_and_asks_something() {
    ship(&[&PAPER]);
    for experiment in PAPER.experiments {
        for smoke in [false, true] {
            let points = Spec::all_from_layers(&experiment.layers(smoke).unwrap()).unwrap();
            let plan = SweepPlan::new(points, experiment.name);
            assert!(plan.is_ok(), "{}: {}", experiment.name, plan.unwrap_err());
            // A smaller version shows that everything runs, within seconds on any machine.
            let operations = plan.unwrap().operations();
            assert!(!smoke || operations < MOST_FOR_SMOKE, "{}: {operations:.1e}", experiment.name);
        }
        assert!(experiment.question().ends_with('?'), "{}", experiment.question());
    }
}

#[test]
fn every_folder_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut found = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(
            PAPER.experiments.iter().any(|experiment| experiment.name == name),
            "{name} is not in the list"
        );
        found += 1;
    }
    assert_eq!(found, PAPER.experiments.len(), "every experiment has its folder");
}

/// What is in the file is what a board is: nothing is lost or added where it is read and written again.
#[test]
fn the_shipped_scoreboard_is_written_as_it_was_read() {
    let text = PAPER.board.unwrap();
    let board: Scoreboard = serde_json::from_str(text).unwrap();
    let stored: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(serde_json::to_value(&board).unwrap() == stored);
}

/// The file speaks of the statements that the program has. One that says which claims judged it was made
/// by these.
#[test]
fn the_shipped_scoreboard_speaks_of_the_shipped_claims() {
    ship(&[&PAPER]);
    let board = board(&PAPER).unwrap().unwrap();
    let shipped: Vec<_> = board.claims.iter().map(|claim| claim.id.as_str()).collect();
    let claims = claims(&PAPER).unwrap();
    assert_eq!(shipped, claims.iter().map(|claim| claim.id.as_str()).collect::<Vec<_>>());
    if board.claims_digest.is_none() {
        assert!(!is_of_these_claims(&PAPER, &board), "an older board is told as one");
        return;
    }
    assert!(is_of_these_claims(&PAPER, &board), "its claims have changed: run the experiment again");
    for (result, claim) in board.claims.iter().zip(&claims) {
        for (found, test) in result.tests.iter().zip(&claim.tests) {
            assert_eq!(found.rule, test.bounds(), "{}: its rule has changed", claim.id);
        }
    }
}
