//! What will keep an arm from learning, as far as the closed forms say: told before it runs.
//!
//! Source: theory.md 3.1 (T1) and 4.3 (growth, gradient noise, linear saturation).

use featurescope_lab::plan::{ArmPlan, Model};

/// Half the distance from 1 to the next smaller number of single precision: 1 − x is 1 for a smaller x.
const LOST_IN_ONE: f64 = 1.0 / (1u64 << 25) as f64;

/// What the theory has no closed form for on such data.
pub fn open(model: &Model) -> Option<String> {
    (!model.is_isotropic).then(|| {
        "data.noise_directions: theory has no closed form for noise that is larger in some directions, so \
         growth, T1 and the cosines of a linear map stand without one; of the best linear rule the accuracy, \
         where directions overlap with atoms"
            .to_owned()
    })
}

/// The first thing that keeps stage I from ending with neurons along the atoms.
pub fn obstacle(arm: &ArmPlan) -> Option<String> {
    let (training, prediction) = (&arm.spec.training, &arm.prediction);
    let growth = prediction.growth?;
    if growth.sparse - 1.0 <= LOST_IN_ONE {
        return Some(format!(
            "the atoms will not grow, a step multiplies their coefficients by {}: lower \
             training.weight_decay or raise training.learning_rate",
            growth.sparse as f32
        ));
    }
    if prediction.saturation_share.is_some_and(|share| share >= 1.0) {
        return Some(
            "the norms will come to rest before stage I ends: lower network.initial_norm or \
             training.first_energy_ratio, or raise objective.temperature"
                .to_owned(),
        );
    }
    let t1 = prediction.t1.filter(|&t1| t1 > training.steps as f64);
    if let Some(t1) = t1 {
        return Some(format!(
            "stage I will end at about step {t1:.0}, after training.steps = {}: raise training.steps or \
             training.learning_rate",
            training.steps
        ));
    }
    let anchors = arm.spec.batch.anchors as f64;
    let needed = prediction.anchors_needed.filter(|&needed| has_disjoint_views(arm) && anchors < needed);
    if let Some(needed) = needed {
        return Some(format!(
            "the gradient noise of batch.anchors = {anchors} will be more than half of what neurons hold at \
             T1: raise batch.anchors to {needed:.0} or more, or lower training.learning_rate"
        ));
    }
    let outgrown = prediction.anchors_outgrown.filter(|&outgrown| anchors <= outgrown)?;
    Some(format!(
        "the gradient noise of batch.anchors = {anchors} will feed itself faster than the atoms grow: raise \
         batch.anchors well above {outgrown:.0}, or lower training.learning_rate"
    ))
}

/// Whether the two views share no coordinate, so that noise does not grow with the signal.
fn has_disjoint_views(arm: &ArmPlan) -> bool {
    let moments = arm.spec.built_augmentation().and_then(|augmentation| augmentation.moments());
    moments.is_some_and(|moments| moments.product == 0.0)
}
