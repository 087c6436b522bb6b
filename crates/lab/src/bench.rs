//! What a training step costs on this machine, where the time goes, and how far that is from the processor's
//! multiply-add peak.
//!
//! Times are by the clock, medians over rounds: another program that runs at the same time makes them longer. The peak is
//! that of the product kernels on data in the first-level cache, which is the processor's multiply-add rate (docs/performance.md).

use crate::plan::PlanError;
use crate::status::ProductInputs;
use featurescope_sim::augment::IntervalMasks;
use featurescope_sim::data::{DataModel, DataTraits, DenseNoise, Dictionary, Independent, SparseCoding};
use featurescope_sim::math::kernel::{LANES, Line, Precision, ROWS, Tile, add_rows_times_columns};
use featurescope_sim::math::{Matrix, Purpose, Stream, parallel};
use featurescope_sim::measure::{Every, FreshSamples, LuckRule, MeasureSettings, Recorder, standard};
use featurescope_sim::network::SymRelu;
use featurescope_sim::objective::{InfoNce, NegativeSet, StopGrad};
pub use featurescope_sim::train::Arithmetic;
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, NegativeViews, NoAdversary, Parts, RateRule, Sampled, Sgd, StageRule,
    TrainedBias, TrainingRule,
};
use serde::Serialize;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// Share of open gates in the late stage.
const LATE_OPEN_FRACTION: f64 = 0.04;
/// Fresh samples that a measurement reads, as in the shipped experiments.
const MEASURED_SAMPLES: usize = 512;
/// Steps before the clock starts.
const WARM_UP: usize = 2;
const NAMES: [&str; 5] = ["samples", "pre_activations", "similarity", "activation", "update"];

/// The sizes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// A letter.
    pub name: &'static str,
    /// d.
    pub latent_dim: usize,
    /// d1.
    pub ambient_dim: usize,
    /// m.
    pub width: usize,
    /// P.
    pub anchors: usize,
    /// N; with mixed arithmetic the negatives are those of the batch instead.
    pub negatives: usize,
}

/// Sizes from a quick run to one that fills the memory of a laptop.
pub const SIZES: [Size; 4] = [
    Size { name: "A", latent_dim: 64, ambient_dim: 1024, width: 256, anchors: 512, negatives: 512 },
    Size { name: "B", latent_dim: 128, ambient_dim: 2048, width: 512, anchors: 512, negatives: 128 },
    Size { name: "C", latent_dim: 512, ambient_dim: 4096, width: 512, anchors: 512, negatives: 512 },
    Size { name: "D", latent_dim: 256, ambient_dim: 65536, width: 256, anchors: 256, negatives: 256 },
];

/// How many gates are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// All.
    Early,
    /// One in 25.
    Late,
}

/// What was found. Times are in seconds.
#[derive(Clone, Debug, Serialize)]
pub struct StepCost {
    /// The size.
    pub size: Size,
    /// How many gates are open.
    pub stage: Stage,
    /// Share of open (anchor, neuron) pairs.
    pub open_fraction: f64,
    /// What the inputs of products are rounded to.
    pub product_inputs: ProductInputs,
    /// Threads in use.
    pub threads: usize,
    /// Steps that were timed.
    pub rounds: usize,
    /// A step: median, fastest, slowest.
    pub step: [f64; 3],
    /// Parts of the step in their order, medians.
    pub parts: Vec<(&'static str, f64)>,
    /// Samples alone, without views, median.
    pub data: f64,
    /// One reading of all measurements, median of three; runs take one every so many steps.
    pub measure: f64,
    /// Operations of a step: products only, closed gates left out where the step leaves them out.
    pub operations: f64,
    /// Multiply-add peak of all threads together, in operations per second.
    pub peak: f64,
    /// operations / peak / median step: 1 would be a step without anything but products at full speed.
    pub share_of_peak: f64,
}

/// Times some steps.
///
/// # Errors
/// Never for the sizes above; the parts check themselves all the same.
pub fn step_cost(
    size: &Size,
    stage: Stage,
    arithmetic: Arithmetic,
    rounds: usize,
) -> Result<StepCost, PlanError> {
    let data = data(size)?;
    let mut process = process(size, stage, arithmetic)?;
    for _ in 0..WARM_UP {
        process.step();
    }
    let mut times = vec![Vec::with_capacity(rounds); NAMES.len()];
    let mut steps = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        let (mut last, mut part) = (start, times.iter_mut());
        process.step_in_parts(&mut |_| {
            let now = Instant::now();
            if let Some(times) = part.next() {
                times.push((now - last).as_secs_f64());
            }
            last = now;
        });
        steps.push(start.elapsed().as_secs_f64());
    }
    let open_fraction = process.view().anchor_firing_rate.unwrap_or(1.0);
    let (peak, operations) = (peak(arithmetic.precision()), operations(size, open_fraction, arithmetic));
    let median_step = median(&mut steps);
    Ok(StepCost {
        size: *size,
        stage,
        open_fraction,
        product_inputs: arithmetic.precision().into(),
        threads: parallel::threads(),
        rounds,
        step: [median_step, steps[0], steps[rounds - 1]],
        parts: NAMES.into_iter().zip(times.iter_mut().map(|times| median(times))).collect(),
        data: time_of_data(&data, size, arithmetic, rounds),
        measure: time_of_measuring(&process, size),
        operations,
        peak,
        share_of_peak: operations / peak / median_step,
    })
}

fn data(size: &Size) -> Result<SparseCoding, PlanError> {
    let d = size.latent_dim;
    let dictionary = Dictionary::hadamard(size.ambient_dim, d, 1).map_err(PlanError::Dictionary)?;
    let latent = Arc::new(Independent { activity: Independent::paper_activity(1.0, d) });
    let noise = DenseNoise::isotropic(DenseNoise::paper_variance(1.0, d)).map_err(PlanError::shared)?;
    SparseCoding::new(dictionary, latent, noise).map_err(PlanError::shared)
}

/// The paper's learner at this size, after one step; in the late stage with thresholds that most anchors do not pass.
///
/// # Errors
/// Never for the sizes above.
pub fn process(size: &Size, stage: Stage, arithmetic: Arithmetic) -> Result<Sampled, PlanError> {
    // Mixed arithmetic is made for negatives from the batch.
    let negative_set = match arithmetic {
        Arithmetic::Single => NegativeSet::Fresh,
        Arithmetic::Mixed => NegativeSet::InBatch,
    };
    let parts = Parts {
        optimizer: Box::new(Sgd),
        head: None,
        adversary: Box::new(NoAdversary),
        augmentation: Box::new(IntervalMasks::complementary(0.5).map_err(PlanError::shared)?),
        network: Box::new(SymRelu),
        objective: Box::new(InfoNce::new(1.0, StopGrad::Targets).map_err(PlanError::shared)?),
        batch: BatchPlan {
            anchors: size.anchors,
            negatives: size.negatives,
            negative_set,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width: size.width,
            initial_norm: 0.05,
            // Slow enough that the gates stay as they are.
            rate: RateRule { learning_rate: 1e-3, schedule: Arc::new(ConstantRate), weight_decay: 1e-4 },
            bias: Arc::new(TrainedBias { learning_rate: 1e-6, reset: None }),
            stages: StageRule { first_energy_ratio: 1e9, second_energy_ratio: 1e9 },
            steps: u64::from(u32::MAX),
        },
        seed: 1,
    };
    let process = Sampled::new(Box::new(data(size)?), parts).map_err(PlanError::shared)?;
    let mut process = process.with_arithmetic(arithmetic).map_err(PlanError::shared)?;
    process.step();
    if stage == Stage::Late {
        close_gates(&mut process);
    }
    Ok(process)
}

/// Raises every bias until the wanted share of anchors passes it.
fn close_gates(process: &mut Sampled) {
    let stream = Stream::new(1, Purpose::MEASUREMENT, 0);
    let features = process.represent(&stream, 0, MEASURED_SAMPLES).features;
    let thresholds = (0..features.cols()).map(|i| {
        let mut sizes: Vec<f32> = features.column(i).iter().map(|v| v.abs()).collect();
        sizes.sort_by(f32::total_cmp);
        // Views have twice the variance of the samples seen here.
        std::f32::consts::SQRT_2 * sizes[((1.0 - LATE_OPEN_FRACTION) * sizes.len() as f64) as usize]
    });
    let thresholds = Matrix::from_vec(1, features.cols(), thresholds.collect());
    let mut snapshot = process.snapshot();
    if let Some((_, bias)) = snapshot.arrays.iter_mut().find(|(name, _)| name == "bias") {
        *bias = thresholds;
    }
    // A snapshot of this process with a bias of the same shape always fits.
    let _ = process.restore(&snapshot);
}

/// Operations of the products of a step that finds this share of gates open.
fn operations(size: &Size, open_fraction: f64, arithmetic: Arithmetic) -> f64 {
    let number = |n: usize| n as f64;
    let (d1, m, p) = (number(size.ambient_dim), number(size.width), number(size.anchors));
    let gated = open_fraction < featurescope_sim::train::fast::gated::WORTH_IT_BELOW;
    let open = if gated { open_fraction } else { 1.0 };
    let (negatives, positive) = match arithmetic {
        Arithmetic::Single => (number(size.negatives), open * p),
        Arithmetic::Mixed => (p, 0.0),
    };
    2.0 * m * d1 * (p + negatives + positive + open * p) + 4.0 * p * negatives * m
}

/// Multiply-add rate of all threads on data in the first-level cache.
fn peak(precision: Precision) -> f64 {
    const BLOCKS: usize = 8;
    const CALLS: usize = 20_000;
    let rows = [[Line([0.5; Line::LEN]); ROWS]; BLOCKS];
    let columns = [[[Line([0.25; Line::LEN]); 2]; Line::LEN]; BLOCKS];
    let run = || {
        let mut tile = Tile::ZERO;
        for _ in 0..CALLS {
            add_rows_times_columns(&mut tile, precision, black_box(&rows), black_box(&columns));
        }
        black_box(tile.0[0][0]);
    };
    let threads = parallel::threads();
    let once = |_| {
        let start = Instant::now();
        parallel::for_each_piece(0..threads, |_| run());
        start.elapsed().as_secs_f64()
    };
    let fastest = (0..7).map(once).fold(f64::INFINITY, f64::min);
    let products = BLOCKS * precision.per_line() * ROWS * LANES * CALLS * threads;
    2.0 * products as f64 / fastest
}

fn time_of_data(data: &SparseCoding, size: &Size, arithmetic: Arithmetic, rounds: usize) -> f64 {
    let rows = match arithmetic {
        Arithmetic::Single => size.anchors + size.negatives,
        Arithmetic::Mixed => size.anchors,
    };
    let stream = Stream::new(1, Purpose::POSITIVES, 0);
    let once = |_| {
        let start = Instant::now();
        parallel::for_each_piece(0..rows.div_ceil(ROWS), |piece| {
            let (mut x, mut z) = (vec![0.0; size.ambient_dim], vec![0.0; size.latent_dim]);
            for row in piece * ROWS..rows.min((piece + 1) * ROWS) {
                data.draw(&stream, row as u32, &mut x, &mut z);
            }
            black_box((x, z));
        });
        start.elapsed().as_secs_f64()
    };
    median(&mut (0..rounds).map(once).collect::<Vec<_>>())
}

fn time_of_measuring(process: &Sampled, size: &Size) -> f64 {
    let settings = MeasureSettings {
        samples: FreshSamples { seed: 1, count: MEASURED_SAMPLES },
        luck: LuckRule::per_atom(size.latent_dim, size.width, 1.0),
        data: DataTraits::default(),
    };
    let once = |_| {
        let mut recorder = Recorder::new(standard(&settings), Arc::new(Every { steps: 1 }), u64::MAX);
        let start = Instant::now();
        black_box(recorder.observe(&process.view()));
        start.elapsed().as_secs_f64()
    };
    median(&mut (0..3).map(once).collect::<Vec<_>>())
}

/// Sorts the times; the middle one.
fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_sum_of_its_parts_and_its_operations_are_counted() {
        let size =
            Size { name: "tiny", latent_dim: 16, ambient_dim: 256, width: 32, anchors: 64, negatives: 32 };
        for (stage, arithmetic) in [
            (Stage::Early, Arithmetic::Single),
            (Stage::Late, Arithmetic::Single),
            (Stage::Early, Arithmetic::Mixed),
        ] {
            let cost = step_cost(&size, stage, arithmetic, 5).unwrap();
            assert_eq!(cost.parts.len(), NAMES.len());
            assert!(cost.parts.iter().all(|(_, seconds)| *seconds > 0.0));
            assert!(cost.step[1] <= cost.step[0] && cost.step[0] <= cost.step[2]);
            assert!(cost.data > 0.0 && cost.measure > 0.0 && cost.peak > 0.0);
            assert!((cost.share_of_peak * cost.peak * cost.step[0] / cost.operations - 1.0).abs() < 1e-12);
            match stage {
                Stage::Early => assert_eq!(cost.open_fraction, 1.0),
                Stage::Late => assert!(cost.open_fraction > 0.0 && cost.open_fraction < 0.1),
            }
        }
        // 2·m·d1·(3P + N) + 4·P·N·m
        assert_eq!(
            operations(&size, 1.0, Arithmetic::Single),
            2.0 * 32.0 * 256.0 * (3.0 * 64.0 + 32.0) + 4.0 * 64.0 * 32.0 * 32.0
        );
        // 2·m·d1·3P + 4·P²·m
        assert_eq!(
            operations(&size, 1.0, Arithmetic::Mixed),
            2.0 * 32.0 * 256.0 * 3.0 * 64.0 + 4.0 * 64.0 * 64.0 * 32.0
        );
    }
}
