//! Probe scores over a ladder of label counts.
//!
//! On every rung the first n training samples are labelled (so the sets are nested), rules are fitted for all
//! targets and regularisations, the regularisation with the best mean validation score is kept, and its rules are
//! scored once on the test samples.
//!
//! Source: Corollaries 3.3 and 3.5.

use super::interval::{self, Score};
use super::{
    DownstreamTask, FeatureKind, LabelledSet, ProbeError, SampleSet, TrainingFeatures, logistic, ridge, task,
};
use crate::math::{Matrix, linalg};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};

/// How probes are fitted. How many samples validate and test them is the number of rows in those sets.
#[derive(Clone, Debug, PartialEq)]
pub struct LadderSettings {
    /// Numbers of labelled training samples, each at least 1 and at most the number of training rows.
    pub labels: Vec<usize>,
    /// Number of target vectors w* that scores are averaged over, at least 1.
    pub targets: usize,
    /// s in [0, 1): magnitudes of the target's entries are uniform on [1 − s, 1 + s].
    pub target_spread: f64,
    /// Values of λ to choose from, positive and ascending, in units of the mean squared feature.
    pub regularisations: Vec<f64>,
    /// Seed of the target vectors.
    pub seed: u64,
}

impl Default for LadderSettings {
    /// 50, 200, 1000, 5000 labels; 3 targets of plain signs; λ = 10⁻⁴ … 10³ in decades: from nearly none to nearly nothing left.
    /// The top is that high because few labels on thousands of raw coordinates want λ ≈ coordinates/labels.
    fn default() -> Self {
        let regularisations = (-4..=3).map(|decade| 10f64.powi(decade)).collect();
        Self { labels: vec![50, 200, 1000, 5000], targets: 3, target_spread: 0.0, regularisations, seed: 0 }
    }
}

/// The score of one task on one number of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeScore {
    /// What was predicted.
    pub task: DownstreamTask,
    /// From which features.
    pub features: FeatureKind,
    /// Number of labelled training samples.
    pub labels: usize,
    /// R² (regression) or accuracy (classification) on the test samples, mean over targets.
    pub score: f64,
    /// Lower end of the 95 % interval: how far another test set could have moved the score.
    pub lower: f64,
    /// Upper end of that interval.
    pub upper: f64,
    /// Standard deviation of the score over targets; `None` for a single target.
    pub deviation_over_targets: Option<f64>,
    /// The λ that validation chose, in units of the mean squared training feature.
    pub regularisation: f64,
    /// Whether the best validation score stands at an end of the grid and its neighbour is worse, so that a wider
    /// grid might do better.
    pub chosen_at_edge: bool,
    /// Fraction of test samples without a class, mean over targets; 0 for regression, which leaves none out.
    pub left_out_fraction: f64,
    /// Number of λ that were not eligible because the fit of a target did not converge there.
    pub unconverged: usize,
}

/// The rules that validation chose on one rung for one task.
struct Rung {
    task: DownstreamTask,
    labels: usize,
    weights: Matrix<f32>,
    regularisation: f64,
    chosen_at_edge: bool,
    unconverged: usize,
}

/// Fits, chooses and scores probes for both tasks at every number of labels: by labels, then task. Gives up
/// soon after `interrupt` is set: it is looked at before every product of a fit.
///
/// # Shapes
/// Features n × k and latent codes n × d, with the same k and d in all three sets.
///
/// # Errors
/// Settings out of range, shapes that do not fit, too few samples, entries that are not finite, labels that are all
/// zero, a fit that converges at no λ; [`ProbeError::Interrupted`].
pub fn climb(
    settings: &LadderSettings,
    kind: FeatureKind,
    train: LabelledSet<'_>,
    validation: LabelledSet<'_>,
    test: LabelledSet<'_>,
    interrupt: &AtomicBool,
) -> Result<Vec<ProbeScore>, ProbeError> {
    settings.check()?;
    let needed = settings.labels.iter().copied().max().unwrap_or(1);
    let shape = (train.features.cols(), train.latent.cols());
    check_set(SampleSet::Training, train, needed, shape)?;
    check_set(SampleSet::Validation, validation, 1, shape)?;
    check_set(SampleSet::Test, test, 1, shape)?;

    let targets =
        task::target_vectors(settings.seed, settings.targets, settings.target_spread, train.latent.cols());
    let responses = |set: LabelledSet<'_>| task::responses(&targets, set.latent);
    let (train_responses, validation_responses) = (responses(train), responses(validation));
    let mut rungs = Vec::new();
    for &labels in &settings.labels {
        let features = TrainingFeatures::new(train.features, labels);
        let known = Matrix::from_fn(settings.targets, labels, |t, i| train_responses[(t, i)]);
        for task in DownstreamTask::ALL {
            let fit = Fit { settings, task, features: &features, interrupt };
            rungs.push(fit.choose(&known, validation, &validation_responses)?);
        }
    }
    score_rungs(&rungs, kind, test, &responses(test))
}

impl LadderSettings {
    fn check(&self) -> Result<(), ProbeError> {
        let fail = |setting, problem: String| Err(ProbeError::Setting { setting, problem });
        if self.labels.is_empty() || self.labels.contains(&0) {
            return fail(
                "labels",
                format!("must name at least one number, all positive, not {:?}", self.labels),
            );
        }
        if self.targets == 0 {
            return fail("targets", "must be at least 1".to_owned());
        }
        if !(0.0..1.0).contains(&self.target_spread) {
            return fail("target_spread", format!("must lie in [0, 1), not {}", self.target_spread));
        }
        let grid = &self.regularisations;
        let ascending = grid.windows(2).all(|pair| pair[0] < pair[1]);
        if grid.is_empty() || !ascending || !grid.iter().all(|lambda| *lambda > 0.0 && lambda.is_finite()) {
            return fail("regularisations", format!("must be positive and ascending, not {grid:?}"));
        }
        Ok(())
    }
}

fn check_set(
    set: SampleSet,
    samples: LabelledSet<'_>,
    needed: usize,
    (width, latent_dim): (usize, usize),
) -> Result<(), ProbeError> {
    let LabelledSet { features, latent } = samples;
    let equal = |what, found, expected| {
        if found == expected { Ok(()) } else { Err(ProbeError::Shape { set, what, found, expected }) }
    };
    equal("latent codes for its samples", latent.rows(), features.rows())?;
    equal("features per sample", features.cols(), width)?;
    equal("latent coordinates per sample", latent.cols(), latent_dim)?;
    if features.rows() < needed {
        return Err(ProbeError::TooFewRows { set, needed, found: features.rows() });
    }
    for matrix in [features, latent] {
        if let Some(at) = matrix.as_slice().iter().position(|entry| !entry.is_finite()) {
            return Err(ProbeError::NotFinite { set, row: at / matrix.cols(), column: at % matrix.cols() });
        }
    }
    Ok(())
}

/// The fits of one task on one rung.
struct Fit<'a> {
    settings: &'a LadderSettings,
    task: DownstreamTask,
    features: &'a TrainingFeatures,
    interrupt: &'a AtomicBool,
}

impl Fit<'_> {
    /// Fits the whole grid and keeps the λ with the best mean validation score (of equals the largest).
    fn choose(
        &self,
        responses: &Matrix<f64>,
        validation: LabelledSet<'_>,
        validation_responses: &Matrix<f64>,
    ) -> Result<Rung, ProbeError> {
        let Self { settings, task, features, interrupt } = *self;
        let grid = &settings.regularisations;
        let known = responses.map(|response| task.label(response));
        let rules = match task {
            DownstreamTask::Regression => ridge::fit_until(interrupt, features, &known, grid),
            DownstreamTask::Classification => logistic::fit_until(interrupt, features, &known, grid),
        };
        if interrupt.load(Ordering::Relaxed) {
            return Err(ProbeError::Interrupted);
        }
        let weights = rules.weights.to_f32();
        let predictions = predictions(validation.features, &weights);
        let row_of = |target: usize, j: usize| target * grid.len() + j;
        let mut scores = Vec::with_capacity(grid.len());
        for j in 0..grid.len() {
            let converged = (0..settings.targets).all(|t| rules.converged[row_of(t, j)]);
            let score = score(task, &predictions, validation_responses, |t| row_of(t, j));
            let score = score.ok_or(ProbeError::NoSignal { set: SampleSet::Validation })?;
            scores.push(converged.then_some(score.mean));
        }
        let labels = features.rows();
        let (best, chosen_at_edge) = best_of(&scores).ok_or(ProbeError::NotConverged { task, labels })?;
        Ok(Rung {
            task,
            labels,
            weights: Matrix::from_fn(settings.targets, weights.cols(), |t, c| weights[(row_of(t, best), c)]),
            regularisation: grid[best],
            chosen_at_edge,
            unconverged: scores.iter().filter(|score| score.is_none()).count(),
        })
    }
}

/// The position of the largest score (the last of equals), and whether it stands at an end of what is known with a
/// worse neighbour.
fn best_of(scores: &[Option<f64>]) -> Option<(usize, bool)> {
    let known: Vec<(usize, f64)> =
        scores.iter().enumerate().filter_map(|(j, score)| Some((j, (*score)?))).collect();
    let best = (0..known.len()).max_by(|&a, &b| known[a].1.total_cmp(&known[b].1))?;
    let worse = |neighbour: usize| known.get(neighbour).is_some_and(|(_, score)| *score < known[best].1);
    let at_edge = (best == 0 && worse(1)) || (best > 0 && best + 1 == known.len() && worse(best - 1));
    Some((known[best].0, at_edge))
}

/// ⟨θ, f(x)⟩: samples × rules.
fn predictions(features: &Matrix<f32>, weights: &Matrix<f32>) -> Matrix<f32> {
    let mut predictions = Matrix::zeros(0, 0);
    linalg::times_transposed(&mut predictions, features, weights);
    predictions
}

/// The score of the predictions in column `column_of(target)`. `None` if it is undefined for a target.
fn score(
    task: DownstreamTask,
    predictions: &Matrix<f32>,
    responses: &Matrix<f64>,
    column_of: impl Fn(usize) -> usize,
) -> Option<Score> {
    let relative_error = match task {
        DownstreamTask::Regression => ridge::relative_error,
        DownstreamTask::Classification => logistic::relative_error,
    };
    let errors: Vec<Vec<(f64, f64)>> = (0..responses.rows())
        .map(|t| {
            let labels = responses.row(t).iter().map(|&response| task.label(response));
            let column = column_of(t);
            labels.enumerate().map(|(i, y)| relative_error(f64::from(predictions[(i, column)]), y)).collect()
        })
        .collect();
    interval::score(&errors)
}

/// Scores all rungs on the test samples, which one product reads once.
fn score_rungs(
    rungs: &[Rung],
    kind: FeatureKind,
    test: LabelledSet<'_>,
    responses: &Matrix<f64>,
) -> Result<Vec<ProbeScore>, ProbeError> {
    let targets = responses.rows();
    let stacked = rungs.iter().flat_map(|rung| rung.weights.as_slice()).copied().collect();
    let stacked = Matrix::from_vec(rungs.len() * targets, test.features.cols(), stacked);
    let predictions = predictions(test.features, &stacked);
    let scores = rungs.iter().enumerate().map(|(position, rung)| {
        let score = score(rung.task, &predictions, responses, |t| position * targets + t)
            .ok_or(ProbeError::NoSignal { set: SampleSet::Test })?;
        let ((lower, upper), left_out_fraction) = match rung.task {
            DownstreamTask::Regression => (score.normal_interval(), 0.0),
            DownstreamTask::Classification => {
                (score.wilson_interval(), 1.0 - score.scored / test.features.rows() as f64)
            }
        };
        Ok(ProbeScore {
            task: rung.task,
            features: kind,
            labels: rung.labels,
            score: score.mean,
            lower,
            upper,
            deviation_over_targets: score.deviation_over_targets,
            regularisation: rung.regularisation,
            chosen_at_edge: rung.chosen_at_edge,
            left_out_fraction,
            unconverged: rung.unconverged,
        })
    });
    scores.collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sparse, SparseLaw};
    use super::super::yardstick::oracle_linear_features;
    use super::*;
    use crate::math::special::binomial_pmf;

    const ACTIVITY: f64 = 0.1;
    const NOISE_VARIANCE: f64 = 0.15;

    /// Training, validation and test samples of one small model (d1 = 48, d = 12).
    fn sets() -> (SparseLaw, [Sparse; 3]) {
        let law = SparseLaw::new(48, 12, ACTIVITY, NOISE_VARIANCE);
        let samples = [law.draw(3000, 10), law.draw(1000, 20), law.draw(8000, 30)];
        (law, samples)
    }

    fn settings(labels: &[usize]) -> LadderSettings {
        LadderSettings { labels: labels.to_vec(), targets: 2, seed: 5, ..LadderSettings::default() }
    }

    fn climb_on(
        settings: &LadderSettings,
        kind: FeatureKind,
        samples: &[Sparse; 3],
        features: impl Fn(&Sparse) -> Matrix<f32>,
    ) -> Result<Vec<ProbeScore>, ProbeError> {
        let features = samples.each_ref().map(features);
        let set = |i: usize| LabelledSet { features: &features[i], latent: &samples[i].z };
        climb(settings, kind, set(0), set(1), set(2), &AtomicBool::new(false))
    }

    /// Mᵀx = z + noise of variance σ²: the best linear rule has R² = 1/(1 + σ²/p); z itself leaves no error; raw x
    /// approaches the former from below.
    #[test]
    fn yardsticks_reach_what_theory_says() {
        let (law, samples) = sets();
        let settings = settings(&[100, 3000]);
        let linear = climb_on(&settings, FeatureKind::OracleLinear, &samples, |s| {
            oracle_linear_features(&s.x, &law.dictionary)
        });
        let raw = climb_on(&settings, FeatureKind::Raw, &samples, |s| s.x.clone()).unwrap();
        let latent = climb_on(&settings, FeatureKind::OracleLatent, &samples, |s| s.z.clone()).unwrap();
        let linear = linear.unwrap();
        let optimum = 1.0 / (1.0 + NOISE_VARIANCE / ACTIVITY);
        let top = &linear[2];
        assert_eq!(
            (top.task, top.labels, top.features),
            (DownstreamTask::Regression, 3000, FeatureKind::OracleLinear)
        );
        // Fitting d = 12 coefficients on 3000 labels costs about 12/3000 · (1 − R²) = 0.0024.
        assert!(top.lower - 0.003 < optimum && optimum < top.upper + 0.005, "{top:?} against {optimum}");
        assert!(top.upper - top.lower < 0.04);
        assert!(latent[2].score > 0.9999 && latent[3].score > 0.99, "{latent:?}");
        for (rung, (raw, linear)) in raw.iter().zip(&linear).enumerate() {
            assert!(raw.score < linear.score, "rung {rung}: {} {}", raw.score, linear.score);
        }
        assert!(raw[2].score > raw[0].score + 0.05 && raw[3].score > raw[1].score + 0.02, "{raw:?}");
        assert!(raw.iter().all(|s| s.unconverged == 0 && s.lower < s.score && s.score < s.upper));
    }

    /// Samples without a class: z = 0, with probability (1 − p)^d; with plain signs also k active atoms that cancel,
    /// with probability C(k, k/2)/2^k for even k.
    #[test]
    fn the_fraction_left_out_is_that_of_empty_and_cancelling_codes() {
        let (_, samples) = sets();
        let empty = (1.0 - ACTIVITY).powi(12);
        let mut cancelling = 0.0;
        for (k, probability) in binomial_pmf(12, ACTIVITY).into_iter().enumerate().step_by(2) {
            let half = binomial_pmf(k, 0.5)[k / 2];
            cancelling += probability * half;
        }
        for (target_spread, expected) in [(0.5, empty), (0.0, cancelling)] {
            let settings = LadderSettings { target_spread, ..settings(&[200]) };
            let scores = climb_on(&settings, FeatureKind::OracleLatent, &samples, |s| s.z.clone()).unwrap();
            let standard_error = (expected * (1.0 - expected) / 8000.0).sqrt();
            assert_eq!(scores[0].left_out_fraction, 0.0);
            let deviation = scores[1].left_out_fraction - expected;
            assert!(deviation.abs() < 4.0 * standard_error, "spread {target_spread}: {deviation}");
        }
    }

    #[test]
    fn the_scale_of_the_features_does_not_matter() {
        let (_, samples) = sets();
        let settings = settings(&[300]);
        let at =
            |scale: f32| climb_on(&settings, FeatureKind::Raw, &samples, |s| s.x.map(|f| f * scale)).unwrap();
        let unit = at(1.0);
        // Powers of two change no mantissa, so not a bit of the scores; others round differently.
        assert_eq!((at(1024.0), at(1.0 / 1024.0)), (unit.clone(), unit.clone()));
        for (a, b) in at(1e3).iter().zip(&unit) {
            assert!((a.score - b.score).abs() < 1e-4 && a.regularisation == b.regularisation, "{a:?} {b:?}");
        }
    }

    #[test]
    fn silent_or_constant_features_score_nothing() {
        let (_, samples) = sets();
        for constant in [0.0f32, 2.5] {
            let scores = climb_on(&settings(&[50, 1000]), FeatureKind::Learned, &samples, |s| {
                Matrix::from_fn(s.z.rows(), 3, |_, _| constant)
            });
            for score in scores.unwrap() {
                let (nothing, slack) = match score.task {
                    DownstreamTask::Regression => (0.0, 0.01),
                    // Four standard errors of the share of positive labels among the 5700 samples with a class.
                    DownstreamTask::Classification => (0.5, 0.027),
                };
                assert!(
                    (score.score - nothing).abs() < if constant == 0.0 { 1e-12 } else { slack },
                    "{score:?}"
                );
            }
        }
    }

    #[test]
    fn dead_and_repeated_columns_are_harmless() {
        let (_, samples) = sets();
        let scores = climb_on(&settings(&[20, 2000]), FeatureKind::Learned, &samples, |s| {
            Matrix::from_fn(s.z.rows(), 36, |i, c| if c % 3 == 2 { 0.0 } else { s.z[(i, c / 3)] })
        });
        let scores = scores.unwrap();
        assert!(scores[2].score > 0.9999 && scores.iter().all(|s| s.unconverged == 0), "{scores:?}");
    }

    #[test]
    fn a_rung_sees_only_its_own_labels() {
        let (_, samples) = sets();
        let of = |labels: &[usize]| {
            climb_on(&settings(labels), FeatureKind::Raw, &samples, |s| s.x.clone()).unwrap()
        };
        assert_eq!(of(&[40, 400])[..2], of(&[40])[..]);
    }

    #[test]
    fn ties_take_the_stronger_regularisation_and_only_a_slope_is_an_edge() {
        let some = |scores: &[f64]| scores.iter().map(|&s| Some(s)).collect::<Vec<_>>();
        assert_eq!(best_of(&some(&[0.3, 0.5, 0.4])), Some((1, false)));
        assert_eq!(best_of(&some(&[0.5, 0.5, 0.4])), Some((1, false)));
        assert_eq!(best_of(&some(&[0.6, 0.5, 0.4])), Some((0, true)));
        assert_eq!(best_of(&some(&[0.2, 0.5, 0.6])), Some((2, true)));
        assert_eq!(best_of(&some(&[0.2, 0.6, 0.6])), Some((2, false)));
        assert_eq!(best_of(&[None, Some(0.5), Some(0.4)]), Some((1, true)));
        assert_eq!(best_of(&[None, None]), None);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        let (_, mut samples) = sets();
        let good = settings(&[50]);
        let climb = |settings: &LadderSettings, samples: &[Sparse; 3]| {
            climb_on(settings, FeatureKind::Raw, samples, |s| s.x.clone()).unwrap_err()
        };
        let named = |settings: LadderSettings, name: &str| {
            let error = climb(&settings, &samples);
            assert!(matches!(&error, ProbeError::Setting { setting, .. } if *setting == name), "{error}");
        };
        named(LadderSettings { labels: vec![], ..good.clone() }, "labels");
        named(LadderSettings { labels: vec![10, 0], ..good.clone() }, "labels");
        named(LadderSettings { targets: 0, ..good.clone() }, "targets");
        named(LadderSettings { target_spread: 1.0, ..good.clone() }, "target_spread");
        named(LadderSettings { target_spread: f64::NAN, ..good.clone() }, "target_spread");
        for grid in [vec![], vec![0.0, 1.0], vec![1.0, 0.1], vec![f64::NAN], vec![1.0, f64::INFINITY]] {
            named(LadderSettings { regularisations: grid, ..good.clone() }, "regularisations");
        }
        let expected = ProbeError::TooFewRows { set: SampleSet::Training, needed: 3001, found: 3000 };
        assert_eq!(climb(&settings(&[3001]), &samples), expected);

        samples[1].x[(7, 3)] = f32::NAN;
        let expected = ProbeError::NotFinite { set: SampleSet::Validation, row: 7, column: 3 };
        assert_eq!(climb(&good, &samples), expected);
        samples[1].x[(7, 3)] = 0.0;
        samples[2].z.as_mut_slice().fill(0.0);
        assert_eq!(climb(&good, &samples), ProbeError::NoSignal { set: SampleSet::Test });
        samples[2].z = Matrix::zeros(10, 12);
        assert!(matches!(climb(&good, &samples), ProbeError::Shape { set: SampleSet::Test, found: 10, .. }));
    }

    /// An interruption is no score and no failure of the fit.
    #[test]
    fn an_interruption_ends_the_ladder_and_is_named() {
        let (_, samples) = sets();
        let set = |i: usize| LabelledSet { features: &samples[i].x, latent: &samples[i].z };
        let climb = |interrupt: &AtomicBool| {
            climb(&settings(&[50, 3000]), FeatureKind::Raw, set(0), set(1), set(2), interrupt)
        };
        assert_eq!(climb(&AtomicBool::new(true)), Err(ProbeError::Interrupted));
        assert_eq!(climb(&AtomicBool::new(false)).unwrap().len(), 4);
    }

    /// Large enough that products and the eigendecomposition would be split among threads.
    #[cfg(feature = "parallel")]
    #[test]
    fn one_thread_and_two_give_the_same_bits() {
        let law = SparseLaw::new(400, 12, ACTIVITY, NOISE_VARIANCE);
        let samples = [law.draw(900, 10), law.draw(500, 20), law.draw(1000, 30)];
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                climb_on(&settings(&[350, 900]), FeatureKind::Raw, &samples, |s| s.x.clone()).unwrap()
            })
        };
        assert_eq!(on(1), on(2));
    }
}
