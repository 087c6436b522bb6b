//! Quantities read off the records, the neurons and the probes.

use super::companion::{companion, companion_without_masks};
use super::{Quantity, largest, mean, quantity};
use crate::closed_form::initial_sets::mean_passing;
use crate::closed_form::plateau::Plateau;
use featurescope_lab::evidence::{Gap, Moment, Subject};
use featurescope_lab::stats::least_squares_slope;
use featurescope_sim::measure::SINGLETON_COSINE;
use featurescope_sim::probe::DownstreamTask;

/// How far the loss may have moved from its initial value while logits still count as uniform, relative to
/// it.
const UNIFORM_LOGITS: f64 = 0.01;

pub(super) const QUANTITIES: &[Quantity] = &[
    quantity("loss_over_initial", "loss/(τ ln(N+1)), 1 before anything is learned", |s, at| {
        Ok(s.column("loss", at)? / initial_loss(s)?)
    }),
    quantity(
        "loss_excess",
        "(loss − floor)/(τ ln(N+1) − floor): 1 before anything is learned, 0 at the loss that sparse features cannot undercut",
        |s, at| {
            let floor = s.plan.prediction.loss_floor.ok_or(Gap::NoForm("the loss floor"))?;
            Ok((s.column("loss", at)? - floor) / (initial_loss(s)? - floor))
        },
    ),
    quantity(
        "probe_r_squared",
        "R² of a linear probe on f(x) for y = ⟨w*, z⟩, from the most labels of the run",
        |s, _| s.probe(DownstreamTask::Regression),
    ),
    quantity(
        "probe_accuracy",
        "accuracy of a linear probe on f(x) for y = sign⟨w*, z⟩, from the most labels of the run",
        |s, _| s.probe(DownstreamTask::Classification),
    ),
    quantity(
        "probe_r_squared_gain",
        "R² of a linear probe on f(x) minus that of the best linear rule on x, p/(p + σ²)",
        |s, _| {
            let linear = s.run.plan.yardstick().linear_r_squared.ok_or(Gap::NoForm("the linear R²"))?;
            Ok(s.probe(DownstreamTask::Regression)? - linear)
        },
    ),
    quantity(
        "probe_accuracy_gain",
        "accuracy of a linear probe on f(x) minus that of the best linear rule on x",
        |s, _| {
            let linear = s.run.plan.yardstick().linear_accuracy.ok_or(Gap::NoForm("the linear accuracy"))?;
            Ok(s.probe(DownstreamTask::Classification)? - linear)
        },
    ),
    quantity(
        "bias_trend",
        "least-squares slope of mean b_i/‖w_i‖ over the second half of the run, times its steps",
        |s, _| {
            let values = s
                .arm
                .records
                .column("bias_over_norm")
                .ok_or_else(|| Gap::NotRecorded("bias_over_norm".to_owned()))?;
            let rows = s.rows(Moment::Window)?;
            let steps = &s.arm.records.steps;
            let points: Vec<(f64, f64)> = rows.iter().map(|&row| (steps[row] as f64, values[row])).collect();
            let span = points.last().zip(points.first()).map_or(0.0, |(last, first)| last.0 - first.0);
            least_squares_slope(points.iter().copied())
                .map(|slope| slope * span)
                .ok_or(Gap::Nothing("two records"))
        },
    ),
    quantity("bias_over_cap", "mean b_i/‖w_i‖ over the cap of the schedule", |s, at| {
        let course = s.spec().bias_course().filter(|course| !course.stays_at_zero());
        let cap = course.ok_or(Gap::NoForm("the cap of thresholds that follow no schedule"))?.cap;
        Ok(s.column("bias_over_norm", at)? / cap)
    }),
    quantity(
        "threshold_over_noise",
        "mean b_i/(σ‖w_i‖): from about 2 on the noise alone opens no gate",
        |s, at| Ok(s.column("bias_over_norm", at)? / s.even_noise()?.sqrt()),
    ),
    quantity("bias_min_scaled", "smallest b_i/‖w_i‖ in units of 1/√d", |s, at| {
        Ok(s.column("bias_over_norm_min", at)? * s.latent_dim().sqrt())
    }),
    quantity(
        "growth_sparse_ratio",
        "ln(growth of the initial weights along the atoms) over its prediction, while logits are uniform",
        |s, _| {
            let (row, steps) = last_uniform_row(s)?;
            Ok(column_at(s, "growth_sparse", row)?.ln() / (steps * predicted_growth(s)?.0))
        },
    ),
    quantity(
        "growth_dense_error",
        "(ln(growth of the initial dense weights) − its prediction) over the predicted sparse one, while logits are uniform",
        |s, _| {
            let (row, steps) = last_uniform_row(s)?;
            let (sparse, dense) = predicted_growth(s)?;
            Ok((column_at(s, "growth_dense", row)?.ln() / steps - dense) / sparse)
        },
    ),
    quantity(
        "sparse_energy_growth_ratio",
        "½ ln(growth of the mean sparse energy) over t ln(1 + ηp'), while logits are uniform",
        |s, _| {
            let (row, steps) = last_uniform_row(s)?;
            let grown = column_at(s, "sparse_energy_mean", row)? / column_at(s, "sparse_energy_mean", 0)?;
            Ok(0.5 * grown.ln() / (steps * predicted_growth(s)?.0))
        },
    ),
    quantity("dense_energy_growth", "mean ‖w⊥‖² over its initial value", |s, at| {
        Ok(s.column("dense_energy_mean", at)? / s.column("dense_energy_mean", Moment::Start)?)
    }),
    quantity(
        "batch_noise_share",
        "share of the dense energy that was put there by the noise of finite batches: 1 − growth_dense²·E(0)/E",
        |s, at| {
            let carried =
                s.column("growth_dense", at)?.powi(2) * s.column("dense_energy_mean", Moment::Start)?;
            Ok(1.0 - carried / s.column("dense_energy_mean", at)?)
        },
    ),
    quantity(
        "batch_noise_over_sparse",
        "dense energy put there by the noise of finite batches, E − growth_dense²·E(0), over the sparse energy",
        |s, at| {
            let carried =
                s.column("growth_dense", at)?.powi(2) * s.column("dense_energy_mean", Moment::Start)?;
            Ok((s.column("dense_energy_mean", at)? - carried) / s.column("sparse_energy_mean", at)?)
        },
    ),
    quantity("t1_ratio", "T1 over its prediction for the slowest neuron", |s, _| {
        let t1 = s.arm.end.t1.ok_or(Gap::NotReached("T1"))?;
        Ok(t1 as f64 / s.plan.prediction.t1.ok_or(Gap::NoForm("T1"))?)
    }),
    quantity("stage_two_steps_ratio", "(T2 − T1) η log log d/(d log d), the paper's order", |s, _| {
        let (t1, t2) = s.arm.end.t1.zip(s.arm.end.t2).ok_or(Gap::NotReached("T2"))?;
        let d = s.latent_dim();
        Ok((t2 - t1) as f64 * s.spec().training.learning_rate * d.ln().ln() / (d * d.ln()))
    }),
    quantity("sparse_over_dense_ratio", "Σ‖Mᵀw‖²/Σ‖w⊥‖² over K − 1", |s, at| {
        let dense = s.column("dense_energy_fraction", at)?;
        Ok((1.0 - dense) / dense / (s.spec().training.first_energy_ratio - 1.0))
    }),
    quantity("dense_share_times_k", "largest ‖w_i⊥‖²/‖w_i‖² times K", |s, at| {
        let shares = energy_shares(s, at)?;
        Ok(largest(shares) * s.spec().training.first_energy_ratio)
    }),
    quantity("dense_share_min", "smallest ‖w_i⊥‖²/‖w_i‖² over neurons", |s, at| {
        Ok(-largest(energy_shares(s, at)?.map(|share| -share)))
    }),
    quantity("norm_growth_over_k", "largest ‖w_i‖²/‖w_i(0)‖² over K", |s, at| {
        let (now, start) = (s.neurons("norm", at)?, s.neurons("norm", Moment::Start)?);
        let ratios = now.iter().zip(start).map(|(&now, &start)| (f64::from(now) / f64::from(start)).powi(2));
        Ok(largest(ratios) / s.spec().training.first_energy_ratio)
    }),
    quantity("positive_probability_ratio", "mean ℓ_p times N + 1, 1 while logits are uniform", |s, at| {
        Ok(s.column("positive_probability", at)? * (s.negatives() as f64 + 1.0))
    }),
    quantity(
        "feature_energy_ratio",
        "mean over atoms of Σ_i h_b(⟨w_i, M_j⟩)² over τ ln(2/p)",
        |s, at| Ok(s.column("thresholded_feature_energy_mean", at)? / plateau(s)?.natural_energy()),
    ),
    quantity("feature_energy_max_ratio", "largest Σ_i h_b(⟨w_i, M_j⟩)² over τ ln(2/p)", |s, at| {
        Ok(s.column("thresholded_feature_energy_max", at)? / plateau(s)?.natural_energy())
    }),
    quantity("feature_energy_min_ratio", "smallest Σ_i h_b(⟨w_i, M_j⟩)² over τ ln(2/p)", |s, at| {
        Ok(s.column("thresholded_feature_energy_min", at)? / plateau(s)?.natural_energy())
    }),
    quantity(
        "potential_per_atom_ratio",
        "mean |M_j| at the start over m·Pr(Beta ≥ (c1 − c2) ln d/d), with thresholds that some neurons pass",
        |s, _| {
            let expected = mean_passing(s.width(), s.latent_dim() as usize, s.luck().potential);
            Ok(s.column("potential_per_atom", Moment::Start)? / expected)
        },
    ),
    quantity(
        "lucky_alignment",
        "mean max_j |cos(w_i, M_j)| over the neurons that were lucky at the start",
        |s, at| {
            let (now, lucky) = (s.neurons("alignment", at)?, lucky_neurons(s)?);
            mean(lucky.into_iter().map(|i| f64::from(now[i])), "lucky neurons")
        },
    ),
    quantity(
        "atoms_held",
        "|N_i| weighted by energy, N_i = {j : |⟨w_i, M_j⟩| ≥ ½ the largest}",
        |s, at| {
            let (held, norm) = (s.neurons("atom_count", at)?, s.neurons("norm", at)?);
            let weights = || norm.iter().map(|&v| f64::from(v).powi(2));
            let sum: f64 = held.iter().zip(weights()).map(|(&held, weight)| f64::from(held) * weight).sum();
            Ok(sum / weights().sum::<f64>())
        },
    ),
    quantity(
        "firing_rate_over_bound",
        "mean Pr(h_i(x) ≠ 0) over the mean of |N_i| p, over neurons with |cos| > .9 to an atom",
        |s, at| {
            let (rate, held) = (s.neurons("firing_rate", at)?, s.neurons("atom_count", at)?);
            let alignment = s.neurons("alignment", at)?;
            let singles = || (0..rate.len()).filter(|&i| f64::from(alignment[i]) > SINGLETON_COSINE);
            let fired = mean(singles().map(|i| f64::from(rate[i])), "neurons aligned with an atom")?;
            let atoms = mean(singles().map(|i| f64::from(held[i])), "neurons aligned with an atom")?;
            Ok(fired / (atoms * s.population()?.activity))
        },
    ),
    quantity(
        "singletons_per_share",
        "largest number of neurons with |cos| > .9 to the same atom, over m/d",
        |s, at| {
            let mut counts = vec![0.0; s.latent_dim() as usize];
            let neurons = s.recorded_neurons(at)?;
            for neuron in neurons.iter().filter(|neuron| neuron.alignment() > SINGLETON_COSINE) {
                counts[neuron.best_atom] += 1.0;
            }
            Ok(largest(counts) * s.latent_dim() / s.width() as f64)
        },
    ),
    quantity("alignment_times_root_dim", "mean max_j |cos(w_i, M_j)| in units of ln(d1)/√d1", |s, at| {
        let alignment = s.neurons("alignment", at)?;
        let mean = mean(alignment.iter().map(|&v| f64::from(v)), "neurons")?;
        Ok(mean * s.ambient_dim().sqrt() / s.ambient_dim().ln())
    }),
    quantity(
        "coverage_against_supervised",
        "coverage(.9) minus that of the arm trained on labels in the same run",
        |s, at| Ok(s.column("coverage_90", at)? - companion(s, "supervised")?.column("coverage_90", at)?),
    ),
    quantity(
        "separation_from_none",
        "probe accuracy minus that of the arm of the same run that differs in having no masks alone",
        |s, _| {
            let other = companion_without_masks(s, "none_staged")?.probe(DownstreamTask::Classification)?;
            Ok(s.probe(DownstreamTask::Classification)? - other)
        },
    ),
    quantity(
        "dense_condition_without_augmentation",
        "R^(2p/σ²)·d/(d1 − d) with R the growth of the dense weights: below 1 where the dense part wins",
        |s, at| {
            let ratio = s.population()?.activity / s.even_noise()?;
            let grown = s.column("growth_dense", at)?.powf(2.0 * ratio);
            Ok(grown * s.latent_dim() / (s.ambient_dim() - s.latent_dim()))
        },
    ),
];

/// Stage III of the arm in closed form.
pub(super) fn plateau(s: &Subject<'_>) -> Result<Plateau, Gap> {
    let population = s.population()?;
    Ok(Plateau {
        latent_dim: population.latent_dim,
        activity: population.activity,
        negatives: s.negatives(),
        temperature: s.temperature()?,
    })
}

fn initial_loss(s: &Subject<'_>) -> Result<f64, Gap> {
    s.plan.prediction.initial_loss.ok_or(Gap::NoForm("the initial loss"))
}

fn column_at(s: &Subject<'_>, name: &str, row: usize) -> Result<f64, Gap> {
    let values = s.arm.records.column(name).ok_or_else(|| Gap::NotRecorded(name.to_owned()))?;
    Ok(values[row])
}

/// The last record, up to T1, before which the loss never left its initial value; and its step.
fn last_uniform_row(s: &Subject<'_>) -> Result<(usize, f64), Gap> {
    let initial = initial_loss(s)?;
    let losses = s.arm.records.column("loss").ok_or_else(|| Gap::NotRecorded("loss".to_owned()))?;
    let steps = &s.arm.records.steps;
    let is_uniform = |row: &usize| {
        // The loss of step 0 is not defined: there is no batch yet.
        let moved = (losses[*row] - initial).abs() > UNIFORM_LOGITS * initial;
        !moved && s.arm.end.t1.is_none_or(|t1| steps[*row] <= t1)
    };
    let row = (0..steps.len()).take_while(is_uniform).last().ok_or(Gap::Nothing("records"))?;
    if row == 0 {
        Err(Gap::Nothing("records with uniform logits after step 0"))
    } else {
        Ok((row, steps[row] as f64))
    }
}

/// ln of the predicted growth factors per step, sparse and dense.
fn predicted_growth(s: &Subject<'_>) -> Result<(f64, f64), Gap> {
    let growth = s.plan.prediction.growth.ok_or(Gap::NoForm("growth in stage I"))?;
    Ok((growth.sparse.ln(), growth.dense.ln()))
}

/// ‖w_i⊥‖²/‖w_i‖².
fn energy_shares<'a>(s: &Subject<'a>, at: Moment) -> Result<impl Iterator<Item = f64> + 'a, Gap> {
    let (dense, sparse) = (s.neurons("dense_energy", at)?, s.neurons("sparse_energy", at)?);
    Ok(dense.iter().zip(sparse).map(|(&dense, &sparse)| f64::from(dense) / f64::from(dense + sparse)))
}

/// The neurons that were lucky at step 0, from the stored neurons.
fn lucky_neurons(s: &Subject<'_>) -> Result<Vec<usize>, Gap> {
    let neurons = s.recorded_neurons(Moment::Start)?;
    let is_lucky = |&i: &usize| s.luck().is_lucky(&neurons[i], s.latent_dim() as usize);
    Ok((0..neurons.len()).filter(is_lucky).collect())
}
