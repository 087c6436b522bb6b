//! The paper as the program ships it: its theory, and its figures on pictures.

use crate::{CLOSED_FORMS, figures, idleness, luck, quantity};
use featurescope_image::run::ON_PICTURES;
use featurescope_lab::evidence::ON_SPARSE_CODES;
use featurescope_lab::experiments;
use featurescope_lab::paper::{Destiny, Paper, RoleFile};
use featurescope_lab::plan::ClosedForms;

/// The paper's theory, on sparse-coding data.
pub static PAPER: Paper = Paper {
    name: "wen-li-2021",
    title: "Wen & Li, Toward Understanding the Feature Learning Process of Self-supervised Contrastive Learning, \
            ICML 2021",
    runs: &ON_SPARSE_CODES,
    claims: &[
        ("main-text.toml", include_str!("../claims/main-text.toml")),
        ("appendix-a.toml", include_str!("../claims/appendix-a.toml")),
        ("appendix-b.toml", include_str!("../claims/appendix-b.toml")),
        ("appendix-c.toml", include_str!("../claims/appendix-c.toml")),
        ("appendix-d.toml", include_str!("../claims/appendix-d.toml")),
        ("appendix-e.toml", include_str!("../claims/appendix-e.toml")),
        ("appendix-f.toml", include_str!("../claims/appendix-f.toml")),
    ],
    roles: RoleFile::new(include_str!("../roles.toml")),
    quantities: quantity::QUANTITIES,
    range: quantity::range,
    idleness: idleness::KINDS,
    standing: idleness::standing,
    destiny: Destiny { read: luck::fates, told: &["random_mask_staged", "random_mask_trained"] },
    closed_forms: CLOSED_FORMS,
    experiments: experiments![
        "../experiments/":
        "first-look" false,
        "paper" false,
        "where-it-matters" false,
        "where-it-matters-64" false,
        "robustness" false,
        "theorems" true,
        "theorems-low-noise" true,
        "confirmation" true,
        "decoupling" false,
        "supervised" false,
        "trained-bias" false,
        "mask-strength" false,
        "ambient-limit" false,
        "square-ambient" false,
        "counterfactuals" false,
        "open-direction" false,
    ],
    board: Some(include_str!("../results/theorems.json")),
};

/// The paper's Figures 1 to 4, on pictures.
pub static FIGURES: Paper = Paper {
    name: "wen-li-2021-figures",
    title: "Wen & Li, Toward Understanding the Feature Learning Process of Self-supervised Contrastive Learning, \
            ICML 2021: Figures 1 to 4",
    runs: &ON_PICTURES,
    claims: &[("figures.toml", include_str!("../claims/figures.toml"))],
    roles: RoleFile::new(include_str!("../roles-on-pictures.toml")),
    quantities: &[figures::QUANTITIES],
    range: figures::range,
    idleness: &[],
    standing: figures::standing,
    destiny: Destiny::NONE,
    closed_forms: ClosedForms::NONE,
    experiments: &[],
    board: None,
};
