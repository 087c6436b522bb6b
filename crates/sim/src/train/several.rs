//! More than two views of a sample: the loss is the mean over all ordered pairs of different views.
//!
//! L = 1/(V (V − 1)) Σ_{i≠j} ℓ(f(x_i), f(x_j)), ℓ the loss of anchors and positives. The first two views are
//! those of the augmentation; each further one is a single view of the sample, drawn on its own.
//!
//! Source: Tian, Krishnan, Isola, "Contrastive multiview coding" (ECCV 2020), section 3.3, the full graph.

use crate::math::Matrix;
use crate::objective::{Batch, Gradients, LossReading, Objective};

/// Evaluates the loss over all pairs of `views`, P × K each. The gradients of the first two are those of
/// `gradients`' anchor and positive, the others go to `further`. `batch` says all that is not a view.
pub(super) fn evaluate_pairs(
    objective: &mut dyn Objective,
    views: &[&Matrix],
    batch: &Batch<'_>,
    arrays: &[Matrix],
    (gradients, further): (&mut Gradients, &mut Vec<Matrix>),
) -> LossReading {
    let share = 1.0 / (views.len() * (views.len() - 1)) as f64;
    let mut of_views: Vec<Matrix> =
        views.iter().map(|view| Matrix::zeros(view.rows(), view.cols())).collect();
    let mut of_pair = Gradients::default();
    let mut reading = LossReading::default();
    gradients.negatives = None;
    gradients.zero_arrays(arrays);
    for (i, &anchor) in views.iter().enumerate() {
        for (j, &positive) in views.iter().enumerate().filter(|&(j, _)| j != i) {
            let found = objective.evaluate(&Batch { anchor, positive, ..*batch }, arrays, &mut of_pair);
            reading.loss += share * found.loss;
            reading.positive_logit += share * found.positive_logit;
            reading.negative_logit += share * found.negative_logit;
            reading.positive_probability += share * found.positive_probability;
            add(&mut of_views[i], share, &of_pair.anchor);
            if let Some(gradient) = &of_pair.positive {
                add(&mut of_views[j], share, gradient);
            }
            if let Some(gradient) = &of_pair.negatives {
                let sum = gradients
                    .negatives
                    .get_or_insert_with(|| Matrix::zeros(batch.negatives.rows(), batch.negatives.cols()));
                add(sum, share, gradient);
            }
            for (sum, gradient) in gradients.arrays.iter_mut().zip(&of_pair.arrays) {
                add(sum, share, gradient);
            }
        }
    }
    let mut of_views = of_views.into_iter();
    gradients.anchor = of_views.next().unwrap_or_default();
    gradients.positive = of_views.next();
    *further = of_views.collect();
    reading
}

/// sum += share · gradient.
fn add(sum: &mut Matrix, share: f64, gradient: &Matrix) {
    for (sum, &g) in sum.as_mut_slice().iter_mut().zip(gradient.as_slice()) {
        *sum += share as f32 * g;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        BatchPlan, Dynamics, MaskJitter, Parts, RateRule, Reduced, Sampled, TrainingRule, ZeroBias,
    };
    use crate::augment::{Augmentation, Identity, IndependentMasks};
    use crate::data::{DenseNoise, Dictionary, Independent, SparseCoding, SparseCodingLaw};
    use crate::math::Matrix;
    use crate::objective::Objective;
    use crate::part::{Chosen, Value};
    use std::sync::Arc;

    const RATE: f64 = 0.25;

    fn parts(kind: &str, views: Option<i64>, augmentation: Box<dyn Augmentation>) -> Parts {
        let mut settings: Vec<_> = views.iter().map(|&views| ("views", Value::Whole(views))).collect();
        if ["info_nce", "hard_negatives", "supervised_contrastive"].contains(&kind) {
            settings.push(("stop_gradient", "nowhere".into()));
        }
        if kind == "supervised_contrastive" {
            settings.push(("label_atom", Value::Whole(0)));
        }
        let objective = Chosen::<Box<dyn Objective>>::new(kind, settings).unwrap().build(&()).unwrap();
        let rule = TrainingRule {
            width: 4,
            initial_norm: 1.0,
            rate: RateRule { learning_rate: RATE, weight_decay: 0.0, ..RateRule::default() },
            bias: Arc::new(ZeroBias),
            steps: 20,
            ..TrainingRule::default()
        };
        let batch = BatchPlan { anchors: 6, negatives: 4, ..BatchPlan::default() };
        Parts { augmentation, objective, batch, rule, ..Parts::default() }
    }

    fn start(kind: &str, views: Option<i64>) -> Sampled {
        let latent = Arc::new(Independent { activity: 0.3 });
        let noise = DenseNoise::isotropic(0.1).unwrap();
        let data = SparseCoding::new(Dictionary::haar(24, 5, 1).unwrap(), latent, noise).unwrap();
        let masks = Box::new(IndependentMasks::new(0.5).unwrap());
        Sampled::new(Box::new(data), parts(kind, views, masks)).unwrap()
    }

    fn loss_of_first_step(process: &mut Sampled) -> f64 {
        process.step().unwrap().batch.unwrap().loss
    }

    /// The step is that along the gradient of the loss that is reported, by central differences in W.
    #[test]
    fn a_step_goes_along_the_gradient_of_the_mean_over_pairs() {
        const STEP: f32 = 1e-2;
        let mut compared = 0;
        for kind in ["info_nce", "vicreg", "alignment_uniformity", "hard_negatives", "supervised_contrastive"]
        {
            let mut process = start(kind, Some(4));
            let before = process.snapshot();
            let moved_loss = |entry: usize, by: f32| {
                let mut state = before.clone();
                let weights = &mut state.arrays.iter_mut().find(|(name, _)| name == "weights").unwrap().1;
                weights.as_mut_slice()[entry] += by;
                let mut moved = start(kind, Some(4));
                moved.restore(&state).unwrap();
                loss_of_first_step(&mut moved)
            };
            loss_of_first_step(&mut process);
            let array = |snapshot: &super::super::Snapshot| -> Matrix {
                snapshot.arrays.iter().find(|(name, _)| name == "weights").unwrap().1.clone()
            };
            let (old, new) = (array(&before), array(&process.snapshot()));
            let gradient: Vec<f64> = (old.as_slice().iter().zip(new.as_slice()))
                .map(|(old, new)| (f64::from(*old) - f64::from(*new)) / RATE)
                .collect();
            let largest = gradient.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
            for (entry, found) in gradient.iter().enumerate().step_by(7) {
                let slope = (moved_loss(entry, STEP) - moved_loss(entry, -STEP)) / f64::from(2.0 * STEP);
                assert!(
                    (slope - found).abs() < 5e-3 * largest,
                    "{kind} {entry}: {slope}, {found} of {largest}"
                );
                compared += 1;
            }
        }
        assert_eq!(compared, 5 * 14);
    }

    /// Two views are the loss as it is, to the bit; three are another.
    #[test]
    fn two_views_are_what_is_there_without_the_setting() {
        let after = |views| {
            let mut process = start("spectral", views);
            for _ in 0..3 {
                assert!(process.step().is_some());
            }
            process.snapshot()
        };
        assert!(after(Some(2)) == after(None) && after(Some(3)) != after(None));
    }

    #[test]
    fn more_views_need_views_that_differ_and_the_ambient_space() {
        let law = SparseCodingLaw {
            ambient_dim: 400,
            latent_dim: 5,
            latent: Arc::new(Independent { activity: 0.3 }),
            noise_variance: 0.1,
            direction_count: 0,
            direction_variance: 0.1,
        };
        let error = Reduced::new(&law, MaskJitter::Kept, parts("spectral", Some(3), Box::new(Identity)))
            .err()
            .unwrap();
        assert!(error.name == "objective.views" && error.accepted.contains("reduced"), "{error}");
        let data = law.in_coordinates(4).unwrap();
        let error =
            Sampled::new(Box::new(data), parts("spectral", Some(3), Box::new(Identity))).err().unwrap();
        assert!(error.name == "objective.views" && error.accepted.contains("augmentation"), "{error}");
    }
}
