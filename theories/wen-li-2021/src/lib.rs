//! Wen & Li, "Toward Understanding the Feature Learning Process of Self-supervised Contrastive Learning" (ICML
//! 2021), as featurescope reads it.
//!
//! | module or file | what it is |
//! |---|---|
//! | `theory.md`, `derivations/` | the mathematics that everything here cites |
//! | [`closed_form`] | what the theory predicts, for populations given by four numbers |
//! | [`prediction`], [`foresight`] | the same for an arm, from its settings |
//! | `roles.toml` | the kinds of arms that the paper speaks of, as conditions on settings |
//! | [`idleness`] | why arms learn nothing |
//! | [`quantity`] | what its claims read off stored runs |
//! | [`figures`], `roles-on-pictures.toml` | the same for its figures, on runs on pictures: a board of their own |
//! | [`luck`], [`monte_carlo`], [`constructed`] | what quantities are made of |
//! | [`mod@paper`] | all of it as the program ships it |
//! | `claims/` | its statements: test, verdict rule, controls |
//! | `experiments/`, `results/` | its questions, and what they came to |
//!
//! Without the feature `native` there is what a page in a browser needs: what the theory predicts.

pub mod closed_form;
pub mod prediction;
pub mod foresight;
#[cfg(feature = "native")]
pub mod idleness;
#[cfg(feature = "native")]
pub mod luck;
#[cfg(feature = "native")]
pub mod monte_carlo;
#[cfg(feature = "native")]
pub mod constructed;
#[cfg(feature = "native")]
pub mod quantity;
#[cfg(feature = "native")]
pub mod figures;
#[cfg(feature = "native")]
pub mod paper;

use featurescope_lab::plan::ClosedForms;
#[cfg(feature = "native")]
pub use paper::{FIGURES, PAPER};

/// What the theory says of arms before they run.
pub const CLOSED_FORMS: ClosedForms =
    ClosedForms { predict: prediction::predict, obstacle: foresight::obstacle, open: foresight::open };
