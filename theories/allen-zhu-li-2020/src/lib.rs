//! Allen-Zhu and Li, "Feature Purification: How Adversarial Training Performs Robust Deep Learning" (FOCS 2021,
//! arXiv 2005.10190), as featurescope reads it.
//!
//! | module or file | what it is |
//! |---|---|
//! | `theory.md` | the mathematics that everything here cites |
//! | [`closed_form`] | what a mixture does to the gradient, how large it is, and what a linear classifier can withstand |
//! | [`trained`] | a stored network at its end: margins, gradients, own parts and mixtures |
//! | `roles.toml` | the kinds of arms that the paper speaks of, as conditions on settings |
//! | [`standing`] | why arms learn nothing |
//! | [`quantity`] | what its claims read off stored runs |
//! | [`figure`] | the one figure that tells it: mixtures and robust accuracy, step by step |
//! | `claims/` | its statements: test, verdict rule, controls |
//! | `experiments/`, `results/` | its question, and what it came to |

pub mod closed_form;
pub mod trained;
pub mod standing;
pub mod quantity;
pub mod figure;

use featurescope_lab::evidence::ON_SPARSE_CODES;
use featurescope_lab::experiments;
use featurescope_lab::paper::{Destiny, Paper, RoleFile};
use featurescope_lab::plan::ClosedForms;

/// The paper, on sparse-coding data.
pub static PAPER: Paper = Paper {
    name: "allen-zhu-li-2020",
    title: "Allen-Zhu & Li, Feature Purification: How Adversarial Training Performs Robust Deep Learning, FOCS 2021",
    runs: &ON_SPARSE_CODES,
    claims: &[("purification.toml", include_str!("../claims/purification.toml"))],
    roles: RoleFile::new(include_str!("../roles.toml")),
    quantities: &[quantity::QUANTITIES],
    range: quantity::range,
    idleness: standing::KINDS,
    standing: standing::standing,
    destiny: Destiny::NONE,
    closed_forms: ClosedForms::NONE,
    experiments: experiments!["../experiments/": "purify" true],
    board: Some(include_str!("../results/purify.json")),
};
