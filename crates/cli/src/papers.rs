//! The papers that come with this program. To add one: its crate under `theories/`, and its boards here.

use featurescope_lab::paper::{self, Paper};

const PAPERS: &[&Paper] = &[
    &featurescope_wen_li_2021::PAPER,
    &featurescope_wen_li_2021::FIGURES,
    &featurescope_simon_2023::PAPER,
    &featurescope_allen_zhu_li_2020::PAPER,
    &featurescope_xue_2023::PAPER,
    &featurescope_wen_li_2022::PAPER,
];

/// Makes them known to everything that judges, predicts, explains and lists.
pub fn ship() {
    paper::ship(PAPERS);
}
