//! What a step of the reduced dynamics costs, against the sampled one: `cargo bench -p featurescope-sim --bench reduced`.
//!
//! Steps of both, RandomMask at zero thresholds so that all gates are open, at several ambient dimensions.

use divan::{Bencher, black_box};
use featurescope_sim::augment::IntervalMasks;
use featurescope_sim::data::{DenseNoise, Dictionary, Independent, SparseCoding, SparseCodingLaw};
use featurescope_sim::math::linalg::rotate_to_lower_triangle;
use featurescope_sim::math::wishart::wishart_factor;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::network::SymRelu;
use featurescope_sim::objective::{InfoNce, NegativeSet, StopGrad};
use featurescope_sim::train::{
    BatchPlan, ConstantRate, Dynamics, MaskJitter, NegativeViews, NoAdversary, Parts, RateRule, Reduced,
    Sampled, Sgd, StageRule, TrainingRule, ZeroBias,
};
use std::sync::Arc;

const LATENT: usize = 64;
const WIDTH: usize = 256;
const BATCH: BatchPlan = BatchPlan {
    anchors: 1024,
    negatives: 256,
    negative_set: NegativeSet::Fresh,
    negative_views: NegativeViews::Raw,
};

fn main() {
    divan::main();
}

fn rule(width: usize) -> TrainingRule {
    TrainingRule {
        width,
        initial_norm: 0.05,
        // So small that the state stays where it is, whatever the ambient dimension.
        rate: RateRule { learning_rate: 1e-6, schedule: Arc::new(ConstantRate), weight_decay: 1e-3 },
        bias: Arc::new(ZeroBias),
        stages: StageRule { first_energy_ratio: 1e3, second_energy_ratio: 1e3 },
        steps: 1 << 31,
    }
}

fn law(ambient_dim: usize, latent_dim: usize) -> SparseCodingLaw {
    let noise_variance = DenseNoise::paper_variance(1.0, latent_dim);
    SparseCodingLaw {
        ambient_dim,
        latent_dim,
        latent: Arc::new(Independent { activity: Independent::paper_activity(1.0, latent_dim) }),
        noise_variance,
        direction_count: 0,
        direction_variance: noise_variance,
    }
}

fn reduced(ambient_dim: usize, latent_dim: usize, width: usize, batch: BatchPlan) -> Reduced {
    Reduced::new(
        &law(ambient_dim, latent_dim),
        MaskJitter::Kept,
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: Box::new(NoAdversary),
            augmentation: Box::new(IntervalMasks::complementary(0.5).expect("in range")),
            network: Box::new(SymRelu),
            objective: Box::new(InfoNce::new(1.0, StopGrad::Targets).expect("in range")),
            batch,
            rule: rule(width),
            seed: 1,
        },
    )
    .expect("sizes fit")
}

#[divan::bench(args = [1 << 10, 1 << 12, 1 << 14])]
fn sampled_step(bencher: Bencher, ambient_dim: usize) {
    let law = law(ambient_dim, LATENT);
    let data = SparseCoding::new(
        Dictionary::hadamard(ambient_dim, LATENT, 1).expect("sizes fit"),
        law.latent,
        DenseNoise::isotropic(law.noise_variance).expect("in range"),
    )
    .expect("in range");
    let mut process = Sampled::new(
        Box::new(data),
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: Box::new(NoAdversary),
            augmentation: Box::new(IntervalMasks::complementary(0.5).expect("in range")),
            network: Box::new(SymRelu),
            objective: Box::new(InfoNce::new(1.0, StopGrad::Targets).expect("in range")),
            batch: BATCH,
            rule: rule(WIDTH),
            seed: 1,
        },
    )
    .expect("sizes fit");
    bencher.bench_local(|| black_box(process.step().map(|view| view.step)));
}

#[divan::bench(args = [1 << 10, 1 << 12, 1 << 14, 1 << 20, 1 << 30])]
fn reduced_step(bencher: Bencher, ambient_dim: usize) {
    let mut process = reduced(ambient_dim, LATENT, WIDTH, BATCH);
    bencher.bench_local(|| black_box(process.step().map(|view| view.step)));
}

/// d = 256, d1 = d², m = 1024, P = 4096.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn reduced_step_at_256(bencher: Bencher) {
    let mut process = reduced(1 << 16, 256, 1024, BatchPlan { anchors: 4096, ..BATCH });
    bencher.bench_local(|| black_box(process.step().map(|view| view.step)));
}

fn wave(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| ((r * 131 + c * 17) as f32 * 0.37).sin())
}

/// The noise's factor: coefficients m × P.
#[divan::bench(args = [(256, 1024), (1024, 4096)], sample_count = 5, sample_size = 1)]
fn rotate_coefficients(bencher: Bencher, (width, anchors): (usize, usize)) {
    let matrix = wave(width, anchors);
    bencher.with_inputs(|| matrix.clone()).bench_local_refs(|matrix| rotate_to_lower_triangle(matrix, None));
}

/// [L | noise] with W(0) beside it, in double precision.
#[divan::bench(args = [256, 1024], sample_count = 5, sample_size = 1)]
fn rotate_state(bencher: Bencher, width: usize) {
    let matrices = (wave(width, 2 * width).to_f64(), wave(width, 2 * width).to_f64());
    bencher.with_inputs(|| matrices.clone()).bench_local_refs(|(a, b)| rotate_to_lower_triangle(a, Some(b)));
}

#[divan::bench(args = [256, 1024])]
fn draw_wishart_factor(bencher: Bencher, width: usize) {
    let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
    bencher.bench_local(|| black_box(wishart_factor(&stream, width, 1 << 16)));
}
