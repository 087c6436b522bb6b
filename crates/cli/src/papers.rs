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

#[cfg(test)]
mod tests {
    use super::*;
    use featurescope_lab::paper::Role;
    use std::collections::HashSet;

    /// Boards and messages look kinds of arms up by their names, whichever paper they belong to.
    #[test]
    fn every_kind_of_arms_has_a_name_of_its_own() {
        let roles = PAPERS.iter().flat_map(|paper| paper.roles().unwrap().all());
        let names: Vec<&str> = roles.map(Role::name).collect();
        let distinct: HashSet<&str> = names.iter().copied().collect();
        assert!(names.len() > 25 && distinct.len() == names.len(), "{names:?}");
    }
}
