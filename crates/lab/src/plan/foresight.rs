//! What will keep an arm from learning, as far as theories and the arithmetic say: told before it runs.

use super::prediction::closed_forms;
use super::{ArmPlan, Outline};
use featurescope_sim::data::LatentLaw;
use featurescope_sim::data::latent::values::VALUES;
use std::sync::Arc;

/// Half the distance from 1 to the next smaller number of single precision: 1 − x is 1 for a smaller x.
const LOST_IN_ONE: f64 = 1.0 / (1u64 << 25) as f64;

impl Outline {
    /// What is foreseen for its arms, and what closed forms cannot say of them, one sentence each.
    pub fn foreseen(&self) -> Vec<String> {
        let open = match self.model() {
            Some(model) => closed_forms().into_iter().filter_map(|forms| (forms.open)(model)).collect(),
            None => vec![self.unknown_data()],
        };
        let of_arm = |arm: &ArmPlan| {
            arm.foreseen().into_iter().map(|what| format!("arm {}: {what}", arm.name)).collect::<Vec<_>>()
        };
        open.into_iter().chain(self.arms.iter().flat_map(of_arm)).collect()
    }

    fn unknown_data(&self) -> String {
        if let Some(departure) = self.shared.built_data().and_then(|data| data.departure()) {
            return format!(
                "{} = {}: {} what theory has closed forms for, so growth, T1, the cosines of a linear map and the \
                 best linear rule stand without one",
                departure.name, departure.value, departure.accepted
            );
        }
        let part = self.shared.data.given().part::<Arc<dyn LatentLaw>>("latent").ok();
        let latent = part.map_or(String::new(), |part| {
            let values = part.given().text(VALUES.name).ok().filter(|&values| values != "signs");
            let values = values.map_or(String::new(), |values| format!(", data.latent.values = {values}"));
            format!(", data.latent.kind = {}{values}", part.kind())
        });
        format!(
            "data.kind = {}{latent}: theory has no closed form for these data, so growth, T1, the cosines of a \
             linear map and the best linear rule stand without one",
            self.shared.data.kind()
        )
    }
}

impl ArmPlan {
    /// What will keep the arm from learning, one sentence each; empty where nothing is foreseen.
    pub fn foreseen(&self) -> Vec<String> {
        let told = closed_forms().into_iter().filter_map(|forms| (forms.obstacle)(self));
        self.lost_decay().into_iter().chain(told).collect()
    }

    fn lost_decay(&self) -> Option<String> {
        let training = &self.spec.training;
        let decay = training.learning_rate * training.weight_decay;
        (decay > 0.0 && decay < LOST_IN_ONE).then(|| {
            format!(
                "training.learning_rate × training.weight_decay = {decay:.1e} is lost in single precision \
                 (below {LOST_IN_ONE:.0e}): the weights will not decay"
            )
        })
    }
}
