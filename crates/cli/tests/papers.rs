//! What holds of every paper that the program ships: its experiments can be planned, and its theory page, claims,
//! quantities, kinds of arms and board belong together.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::{Verdict, claims};
use featurescope_lab::paper::{Paper, Role, shipped};
use featurescope_lab::results::{board, is_of_these_claims};
use featurescope_lab::spec::Spec;
use featurescope_lab::sweep::SweepPlan;
use std::collections::BTreeSet;
use std::fs;

/// Operations of an experiment's smaller version, at most: two seconds of a slow core.
const MOST_FOR_SMOKE: f64 = 2e10;
/// Heading of the table of statements on a theory page, without its number.
const JUDGED: &str = "Statements that are judged";

fn papers() -> Vec<&'static Paper> {
    featurescope::ship();
    let papers = shipped();
    assert!(papers.len() >= 6, "{} papers", papers.len());
    papers
}

#[test]
fn experiments_can_be_planned_in_both_sizes_and_ask_something() {
    let mut planned = 0;
    for experiment in papers().into_iter().flat_map(|paper| paper.experiments) {
        for smoke in [false, true] {
            let points = Spec::all_from_layers(&experiment.layers(smoke).unwrap()).unwrap();
            let plan = SweepPlan::new(points, experiment.name).unwrap();
            let operations = plan.operations();
            assert!(!smoke || operations < MOST_FOR_SMOKE, "{}: {operations:.1e}", experiment.name);
            planned += 1;
        }
        assert!(experiment.question().ends_with('?'), "{}", experiment.question());
    }
    assert!(planned >= 40, "{planned} were planned");
}

/// The first cells of the table of statements, the claims, the quantities that exist, and the kinds of arms.
#[test]
fn statements_claims_quantities_and_roles_belong_together() {
    let mut compared = 0;
    for paper in papers() {
        let page = format!("{}/../../theories/{}/theory.md", env!("CARGO_MANIFEST_DIR"), paper.name);
        let page = fs::read_to_string(page).unwrap_or_default();
        let is_judged = |section: &&str| section.lines().next().is_some_and(|line| line.ends_with(JUDGED));
        // The first paper has its statements on the pages of its claims, and tests of its own.
        let Some(section) = page.split("\n## ").find(is_judged) else { continue };
        let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        let rows: BTreeSet<&str> = cells.map(str::trim).filter(|cell| *cell != "ID").collect();
        let claims = claims(paper).unwrap();
        let claimed: BTreeSet<&str> = claims.iter().map(|claim| claim.catalogue.as_str()).collect();
        assert_eq!(rows, claimed, "{}", paper.name);
        // A quantity may be asked by a test or by a condition.
        for quantity in paper.quantities.iter().copied().flatten() {
            let is_asked =
                paper.claims.iter().any(|(_, text)| text.contains(&format!("\"{}\"", quantity.name)));
            assert!(is_asked, "{}: {} is idle", paper.name, quantity.name);
        }
        let tests = claims.iter().flat_map(|claim| &claim.tests);
        let named: BTreeSet<Role> =
            tests.flat_map(|test| test.arms().iter().chain(test.controls())).copied().collect();
        assert_eq!(named, paper.roles().unwrap().all().collect(), "{}: every role is spoken of", paper.name);
        compared += 1;
    }
    assert!(compared >= 4, "{compared} papers were compared");
}

/// A stored board was judged by the shipped claims, and is written as it was read. No control holds where its
/// statement is supported.
#[test]
fn boards_speak_of_the_shipped_claims() {
    let (mut read, mut refuted) = (0, 0);
    for paper in papers() {
        let Some(text) = paper.board else { continue };
        let board = board(paper).unwrap().unwrap();
        let stored: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(serde_json::to_value(&board).unwrap() == stored, "{}", paper.name);
        assert!(is_of_these_claims(paper, &board), "{}: run the experiment again", paper.name);
        let claims = claims(paper).unwrap();
        assert_eq!(board.claims.len(), claims.len(), "{}", paper.name);
        for (result, claim) in board.claims.iter().zip(&claims) {
            assert_eq!(result.id, claim.id);
            for (found, test) in result.tests.iter().zip(&claim.tests) {
                assert_eq!(found.rule, test.bounds(), "{}: its rule has changed", claim.id);
                let controls = || found.controls.iter().map(|control| &control.verdict);
                let may_hold = result.verdict != Verdict::Supported;
                assert!(may_hold || controls().all(|it| *it != Verdict::Supported), "{}", claim.id);
                refuted += controls().filter(|it| **it == Verdict::Refuted).count();
            }
        }
        read += 1;
    }
    assert!(read >= 5 && refuted >= 30, "{read} boards with {refuted} refuted controls");
}
