//! Xue, Joshi, Gan, Chen and Mirzasoleiman, "Which Features are Learnt by Contrastive Learning? On the Role of
//! Simplicity Bias in Class Collapse and Feature Suppression" (ICML 2023), as featurescope reads it.
//!
//! | module or file | what it is |
//! |---|---|
//! | `theory.md` | the mathematics that everything here cites |
//! | [`contrast`] | how the joint supervised and unsupervised loss moves each feature, and the least norm of its minimisers |
//! | [`encoder`] | the same for a stored arm, from its settings |
//! | `roles.toml` | the kinds of arms that the paper speaks of, as conditions on settings |
//! | [`standing`] | why arms learn nothing |
//! | [`quantity`] | what its claims read off stored runs |
//! | [`figure`] | the one figure that tells it: what each feature contributes, step by step |
//! | `claims/` | its statements: test, verdict rule, controls |
//! | `experiments/`, `results/` | its questions, and what they came to |
//!
//! The course of a single direction is that of `featurescope_simon_2023`.

pub mod contrast;
pub mod encoder;
pub mod standing;
pub mod quantity;
pub mod figure;

use featurescope_lab::evidence::ON_SPARSE_CODES;
use featurescope_lab::experiments;
use featurescope_lab::paper::{Destiny, Paper, RoleFile};
use featurescope_lab::plan::ClosedForms;

/// The paper, on sparse-coding data.
pub static PAPER: Paper = Paper {
    name: "xue-2023",
    title: "Xue, Joshi, Gan, Chen & Mirzasoleiman, Which Features are Learnt by Contrastive Learning? On the Role of \
            Simplicity Bias in Class Collapse and Feature Suppression, ICML 2023",
    runs: &ON_SPARSE_CODES,
    claims: &[
        ("suppression.toml", include_str!("../claims/suppression.toml")),
        ("collapse.toml", include_str!("../claims/collapse.toml")),
    ],
    roles: RoleFile::new(include_str!("../roles.toml")),
    quantities: &[quantity::QUANTITIES],
    range: quantity::range,
    idleness: standing::KINDS,
    standing: standing::standing,
    destiny: Destiny::NONE,
    closed_forms: ClosedForms::NONE,
    experiments: experiments!["../experiments/": "suppression" true, "collapse" true],
    board: Some(include_str!("../results/features.json")),
};
