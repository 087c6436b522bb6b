//! The ascent of an [`adversary`](super::adversary): on the inputs of a step's anchors, and on fresh samples.

use super::Learner;
use super::adversary::Adversary;
use super::pass::Pass;
use super::process::Parts;
use super::view::Attacked;
use crate::math::gaussian::fill_normal;
use crate::math::linalg::{times, times_transposed};
use crate::math::random::Part;
use crate::math::{Matrix, Purpose, Stream, parallel};

/// Rows that one thread moves at a time.
const ROWS_PER_PIECE: usize = 16;

/// Its buffers, allocated once.
#[derive(Default)]
pub(super) struct Climb {
    start: Matrix,
    gradient: Matrix,
}

impl Climb {
    /// Moves the anchors' inputs as the adversary of `parts` does, and embeds them anew. Everything has been embedded
    /// before; positives and negatives stay as they are.
    ///
    /// # Shapes
    /// `anchor`: x⁺, P × the input dimension of `learner`.
    pub fn climb(&mut self, parts: &mut Parts, learner: &Learner, pass: &mut Pass, anchor: &mut Matrix) {
        if !parts.has_adversary() || learner.step() < parts.adversary.first_step() {
            return;
        }
        self.start.clone_from(anchor);
        for _ in 0..parts.adversary.steps() {
            if parts.adversary.follows_loss() {
                self.find_gradient(parts, learner, pass);
            } else {
                self.draw_directions(parts.seed, learner.step());
            }
            self.advance(parts.adversary.as_ref(), anchor);
            times_transposed(&mut pass.anchor.pre, anchor, learner.weights());
            pass.embed_anchors(parts.above());
        }
    }

    /// Margins before and after an attack on the samples `anchor`, whose codes `pass` holds; `None` where the objective
    /// does not classify.
    ///
    /// # Shapes
    /// `anchor`: n × the input dimension of `learner`.
    pub fn attack(
        &mut self,
        adversary: &dyn Adversary,
        (parts, learner): (&Parts, &Learner),
        pass: &mut Pass,
        anchor: &mut Matrix,
    ) -> Option<Attacked> {
        let (objective, above) = (parts.objective.as_ref(), parts.above());
        times_transposed(&mut pass.anchor.pre, anchor, learner.weights());
        pass.embed_anchors_and_negatives(above, learner);
        let before = pass.descend_margins(objective, learner)?;
        let mut after = before.clone();
        self.start.clone_from(anchor);
        for _ in 0..adversary.steps() {
            times(&mut self.gradient, pass.backward_anchors(above), learner.weights());
            self.advance(adversary, anchor);
            times_transposed(&mut pass.anchor.pre, anchor, learner.weights());
            pass.embed_anchors(above);
            after = pass.descend_margins(objective, learner)?;
        }
        Some(Attacked { before, after })
    }

    /// Moves every row of `anchor` along the row's gradient.
    fn advance(&self, adversary: &dyn Adversary, anchor: &mut Matrix) {
        let (start, gradient, cols) = (&self.start, &self.gradient, anchor.cols());
        parallel::for_each_row_group(anchor.as_mut_slice(), cols, ROWS_PER_PIECE, |first, rows| {
            for (i, x) in rows.chunks_mut(cols).enumerate() {
                adversary.advance(start.row(first + i), gradient.row(first + i), x);
            }
        });
    }

    /// Standard normal numbers in the place of a gradient, those of this step.
    fn draw_directions(&mut self, seed: u64, step: u64) {
        let stream = Stream::new(seed, Purpose::DIRECTIONS, step as u32);
        self.gradient.resize(self.start.rows(), self.start.cols());
        for row in 0..self.gradient.rows() {
            fill_normal(self.gradient.row_mut(row), 1.0, &stream, Part::Dense, row as u32);
        }
    }

    /// ∂L/∂x⁺ = C W at the anchors as they are embedded now.
    fn find_gradient(&mut self, parts: &mut Parts, learner: &Learner, pass: &mut Pass) {
        pass.evaluate(parts.objective.as_mut(), parts.batch.negative_set, learner);
        times(&mut self.gradient, pass.backward_anchors(parts.above()), learner.weights());
    }
}

#[cfg(test)]
mod tests {
    use super::super::adversary::{Ascent, Cube, EuclideanBall, RandomDirection};
    use super::super::drawing::DrawnBatch;
    use super::super::process::BatchPlan;
    use super::super::{TrainingRule, ZeroBias};
    use super::*;
    use crate::augment::{Augmentation, Identity, IntervalMasks};
    use crate::data::{DenseNoise, Dictionary, Independent, SparseCoding};
    use crate::math::linalg::squared_norm;
    use crate::network::{Linear, Network, Normalised, SymRelu};
    use crate::objective::{InfoNce, Logistic, Objective, Regression, Spectral, StopGrad};
    use std::sync::Arc;

    type Make<Built> = fn() -> Box<Built>;

    const ANCHORS: usize = 5;
    const DIM: usize = 8;

    /// A step whose samples are embedded: what an ascent starts from.
    struct Place {
        parts: Parts,
        learner: Learner,
        pass: Pass,
        anchor: Matrix,
    }

    impl Place {
        fn new(
            objective: Box<dyn Objective>,
            network: Box<dyn Network>,
            adversary: Box<dyn Adversary>,
        ) -> Self {
            let augmentation: Box<dyn Augmentation> = if objective.needs().two_views {
                Box::new(IntervalMasks::default())
            } else {
                Box::new(Identity)
            };
            let batch = BatchPlan { anchors: ANCHORS, negatives: 4, ..BatchPlan::default() };
            let bias = Arc::new(ZeroBias);
            let rule = TrainingRule { width: 6, bias, ..TrainingRule::default() };
            let mut parts =
                Parts { augmentation, network, objective, adversary, batch, rule, ..Parts::default() };
            let weights = Matrix::from_fn(6, DIM, |i, c| (1.7 * (i * DIM + c) as f32 + 0.3).sin() * 0.5);
            let learner = parts.begin(weights, 5).unwrap();
            let data = SparseCoding::new(
                Dictionary::haar(DIM, 5, 1).unwrap(),
                Arc::new(Independent { activity: 0.5 }),
                DenseNoise::isotropic(0.2).unwrap(),
            );
            let (mut drawn, mut pass) = (DrawnBatch::default(), Pass::default());
            pass.one_view = parts.embeds_one_view();
            drawn.draw(&data.unwrap(), &parts, &learner, &mut pass);
            let mut place = Self { parts, learner, pass, anchor: drawn.anchor };
            let weights = place.learner.weights();
            times_transposed(&mut place.pass.anchor.pre, &place.anchor, weights);
            if drawn.negatives.rows() > 0 {
                times_transposed(&mut place.pass.negatives.pre, &drawn.negatives, weights);
            }
            place.pass.embed_anchors_and_negatives(place.parts.above(), &place.learner);
            if !place.pass.one_view {
                times_transposed(&mut place.pass.positive.pre, &drawn.positive, weights);
                place.pass.embed_positives(place.parts.above());
            }
            place
        }

        fn loss(&mut self, anchor: &Matrix) -> f64 {
            times_transposed(&mut self.pass.anchor.pre, anchor, self.learner.weights());
            self.pass.embed_anchors(self.parts.above());
            let set = self.parts.batch.negative_set;
            self.pass.evaluate(self.parts.objective.as_mut(), set, &self.learner).loss
        }

        fn gradient(&mut self) -> Matrix {
            let anchor = self.anchor.clone();
            self.loss(&anchor);
            let mut climb = Climb::default();
            climb.find_gradient(&mut self.parts, &self.learner, &mut self.pass);
            climb.gradient
        }

        /// The change of every anchor, and the losses before and after it.
        fn climbed(&mut self) -> (Matrix, [f64; 2]) {
            let (start, mut anchor) = (self.anchor.clone(), self.anchor.clone());
            let before = self.loss(&start);
            Climb::default().climb(&mut self.parts, &self.learner, &mut self.pass, &mut anchor);
            let after = self.loss(&anchor);
            (Matrix::from_fn(ANCHORS, DIM, |r, c| anchor[(r, c)] - start[(r, c)]), [before, after])
        }
    }

    /// Places of every objective and network by themselves; how many there are.
    fn every_place(adversary: &dyn Fn() -> Box<dyn Adversary>, check: &mut dyn FnMut(&str, Place)) -> usize {
        let networks: [Make<dyn Network>; 2] = [|| Box::new(SymRelu), || Box::new(Normalised::new(SymRelu))];
        let objectives: [(&str, Make<dyn Objective>); 5] = [
            ("info_nce", || Box::new(InfoNce::new(0.7, StopGrad::Targets).unwrap())),
            ("info_nce everywhere", || Box::new(InfoNce::new(0.7, StopGrad::Nowhere).unwrap())),
            ("spectral", || Box::new(Spectral::new(StopGrad::Targets))),
            ("regression", || Box::new(Regression::new(None, 1.0).unwrap())),
            ("logistic", || Box::new(Logistic::default())),
        ];
        for (name, objective) in objectives {
            for network in networks {
                check(name, Place::new(objective(), network(), adversary()));
            }
        }
        networks.len() * objectives.len()
    }

    fn ball(radius: f64, steps: usize) -> Box<dyn Adversary> {
        Box::new(EuclideanBall(Ascent::new(radius, steps, None).unwrap()))
    }

    fn cube(radius: f64, steps: usize) -> Box<dyn Adversary> {
        Box::new(Cube(Ascent::new(radius, steps, None).unwrap()))
    }

    /// Central differences of the loss in every entry of every anchor. Losses are single precision and of order one, so
    /// that a difference over 10⁻² is known to about 10⁻⁵: 2 % of what is the largest entry anywhere here.
    #[test]
    fn gradients_of_inputs_are_the_differences_of_the_loss() {
        const STEP: f32 = 4e-3;
        let mut compared = 0;
        let places = every_place(&|| ball(0.1, 1), &mut |name, mut place| {
            let (gradient, anchor) = (place.gradient(), place.anchor.clone());
            let scale = gradient.as_slice().iter().fold(0.0f64, |top, g| top.max(f64::from(g.abs())));
            assert!(scale > 1e-3, "{name}: a vanishing gradient proves nothing");
            for r in 0..ANCHORS {
                for c in 0..DIM {
                    let mut moved = |by: f32| {
                        let mut anchor = anchor.clone();
                        anchor[(r, c)] += by;
                        place.loss(&anchor)
                    };
                    let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
                    let found = f64::from(gradient[(r, c)]);
                    assert!(
                        (slope - found).abs() < 0.02 * scale,
                        "{name} {r} {c}: {slope}, {found}, {scale}"
                    );
                    compared += 1;
                }
            }
        });
        assert_eq!(compared, places * ANCHORS * DIM);
    }

    /// One step within a small ball raises the loss by radius times the dual norm of the gradient, and lies on the
    /// border.
    #[test]
    fn one_step_reaches_the_border_and_raises_the_loss_as_its_gradient_says() {
        const RADIUS: f64 = 0.005;
        let adversaries: [(Make<dyn Adversary>, bool); 2] =
            [(|| ball(RADIUS, 1), true), (|| cube(RADIUS, 1), false)];
        let mut compared = 0;
        for (adversary, is_euclidean) in adversaries {
            compared += every_place(&adversary, &mut |name, mut place| {
                let gradient = place.gradient();
                let (change, [before, after]) = place.climbed();
                let mut promised = 0.0;
                for (change, gradient) in change.iter_rows().zip(gradient.iter_rows()) {
                    let largest = change.iter().fold(0.0f32, |top, v| top.max(v.abs()));
                    let size = if is_euclidean { squared_norm(change).sqrt() } else { f64::from(largest) };
                    let slope = if is_euclidean {
                        squared_norm(gradient).sqrt()
                    } else {
                        gradient.iter().map(|g| f64::from(g.abs())).sum()
                    };
                    // Differences of numbers of order one in single precision; no gradient, no change.
                    let is_at_border = (size - RADIUS).abs() < 2e-6;
                    assert!(if slope > 0.0 { is_at_border } else { size == 0.0 }, "{name}: {size}");
                    promised += RADIUS * slope;
                }
                let risen = after - before;
                assert!(
                    promised > 3e-5 && (risen / promised - 1.0).abs() < 0.1,
                    "{name}: {risen}, {promised}"
                );
            });
        }
        assert_eq!(compared, 20);
    }

    /// Several steps stay within the ball, and raise the loss.
    #[test]
    fn several_steps_stay_in_the_ball_and_raise_the_loss() {
        const RADIUS: f64 = 0.5;
        let places = every_place(&|| ball(RADIUS, 5), &mut |name, mut place| {
            let (change, [before, after]) = place.climbed();
            assert!(change.iter_rows().all(|row| squared_norm(row).sqrt() < RADIUS * (1.0 + 1e-5)), "{name}");
            assert!(after > before, "{name}: {before}, {after}");
        });
        let others = every_place(&|| cube(RADIUS, 5), &mut |name, mut place| {
            let (change, [before, after]) = place.climbed();
            assert!(change.as_slice().iter().all(|v| f64::from(v.abs()) < RADIUS * (1.0 + 1e-5)), "{name}");
            assert!(after > before, "{name}: {before}, {after}");
        });
        assert_eq!(places + others, 20);
    }

    /// A random direction changes every sample by the radius, by other numbers in every step, and leaves nothing to the
    /// loss. No adversary moves anything before its first step.
    #[test]
    fn random_directions_are_as_long_as_asked_for_and_new_in_every_step() {
        let random = |from: u64| RandomDirection::new(0.3).unwrap().from_step(from);
        let place =
            |from| Place::new(Box::new(Logistic::default()), Box::new(SymRelu), Box::new(random(from)));
        let (change, _) = place(0).climbed();
        assert!(change.iter_rows().all(|row| (squared_norm(row).sqrt() - 0.3).abs() < 1e-5));
        assert_eq!(change, place(0).climbed().0, "a function of seed, step and row");
        assert!(change.row(0) != change.row(1));
        let mut climb = Climb { start: change.clone(), ..Climb::default() };
        climb.draw_directions(1, 4);
        let now = climb.gradient.clone();
        climb.draw_directions(1, 5);
        assert_ne!(now, climb.gradient);
        let (still, [before, after]) = place(1).climbed();
        assert!(still.as_slice().iter().all(|&v| v == 0.0) && before == after);
    }

    /// Of a linear classifier the closed form is exact: every margin falls by the radius times the dual norm of Σ w_i.
    #[test]
    fn an_attack_on_a_linear_classifier_takes_the_radius_times_the_dual_norm() {
        const RADIUS: f64 = 0.4;
        let place = Place::new(Box::new(Logistic::default()), Box::new(Linear), ball(RADIUS, 1));
        let weights = place.learner.weights();
        let sum: Vec<f32> = (0..DIM).map(|c| weights.column(c).iter().sum()).collect();
        let absolute: f64 = sum.iter().map(|w| f64::from(w.abs())).sum();
        for (adversary, dual) in [(ball(RADIUS, 10), squared_norm(&sum).sqrt()), (cube(RADIUS, 10), absolute)]
        {
            let mut pass = Pass::default();
            (pass.one_view, pass.codes) = (true, place.pass.codes.clone());
            let from = (&place.parts, &place.learner);
            let attacked =
                Climb::default().attack(adversary.as_ref(), from, &mut pass, &mut place.anchor.clone());
            let Attacked { before, after } = attacked.unwrap();
            assert_eq!(before.len(), ANCHORS);
            for (before, after) in before.iter().zip(after) {
                assert!((before - after - RADIUS * dual).abs() < 1e-4, "{before} {after} {dual}");
            }
        }
    }

    #[test]
    fn objectives_that_do_not_classify_have_no_margins() {
        let mut place =
            Place::new(Box::new(Regression::new(None, 1.0).unwrap()), Box::new(SymRelu), ball(0.1, 1));
        let from = (&place.parts, &place.learner);
        let attacked =
            Climb::default().attack(ball(0.1, 1).as_ref(), from, &mut place.pass, &mut place.anchor);
        assert_eq!(attacked, None);
    }
}
