//! Simon, Knutins, Ziyin, Geisz, Fetterman and Albrecht, "On the Stepwise Nature of Self-Supervised Learning" (ICML
//! 2023), as featurescope reads it, with a section on Jing, Vincent, LeCun and Tian, "Understanding Dimensional
//! Collapse in Contrastive Self-supervised Learning" (ICLR 2022).
//!
//! | module or file | what it is |
//! |---|---|
//! | `theory.md` | the mathematics that everything here cites |
//! | [`closed_form`] | how the energy along each eigen-direction grows, and where it stops |
//! | [`encoder`] | the same for a stored arm, from its settings and initial weights |
//! | `roles.toml` | the kinds of arms that the paper speaks of, as conditions on settings |
//! | [`standing`] | why arms learn nothing |
//! | [`quantity`] | what its claims read off stored runs |
//! | [`figure`] | the one figure that tells it: energies beside their closed form |
//! | `claims/` | its statements: test, verdict rule, controls |
//! | `experiments/`, `results/` | its question, and what it came to |

pub mod closed_form;
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
    name: "simon-2023",
    title: "Simon, Knutins, Ziyin, Geisz, Fetterman & Albrecht, On the Stepwise Nature of Self-Supervised Learning, \
            ICML 2023",
    runs: &ON_SPARSE_CODES,
    claims: &[
        ("steps.toml", include_str!("../claims/steps.toml")),
        ("collapse.toml", include_str!("../claims/collapse.toml")),
    ],
    roles: RoleFile::new(include_str!("../roles.toml")),
    quantities: &[quantity::QUANTITIES],
    range: quantity::range,
    idleness: standing::KINDS,
    standing: standing::standing,
    destiny: Destiny::NONE,
    closed_forms: ClosedForms::NONE,
    experiments: experiments!["../experiments/": "stepwise" true],
    board: Some(include_str!("../results/stepwise.json")),
};
