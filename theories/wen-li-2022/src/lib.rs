//! Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning" (NeurIPS 2022),
//! as featurescope reads it.
//!
//! | module or file | what it is |
//! |---|---|
//! | `theory.md` | the mathematics that everything here cites |
//! | [`closed_form`] | second moments of cubic features, and what training without a head conserves |
//! | `roles.toml` | the kinds of arms that the paper speaks of, as conditions on settings |
//! | [`quantity`] | what its claims read off stored runs |
//! | [`figure`] | the one figure that tells it: both features and the head over time |
//! | `claims/` | its statements: test, verdict rule, controls |
//! | `experiments/`, `results/` | its question, and what it came to |

pub mod closed_form;
pub mod quantity;
pub mod figure;

use featurescope_lab::evidence::ON_SPARSE_CODES;
use featurescope_lab::experiments;
use featurescope_lab::paper::{Destiny, Paper, RoleFile, Standing};
use featurescope_lab::plan::ClosedForms;

/// The paper, on inputs in patches.
pub static PAPER: Paper = Paper {
    name: "wen-li-2022",
    title: "Wen & Li, The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning, NeurIPS 2022",
    runs: &ON_SPARSE_CODES,
    claims: &[("head.toml", include_str!("../claims/head.toml"))],
    roles: RoleFile::new(include_str!("../roles.toml")),
    quantities: &[quantity::QUANTITIES],
    range: quantity::range,
    idleness: &[],
    standing: |_, _| Standing::Meant,
    destiny: Destiny::NONE,
    closed_forms: ClosedForms::NONE,
    experiments: experiments!["../experiments/": "prediction-head" true],
    board: Some(include_str!("../results/prediction-head.json")),
};
