//! What the kernels of a training step cost: `cargo bench -p featurescope-sim --bench step`.

use divan::{Bencher, black_box};
use featurescope_sim::augment::{Augmentation, IntervalMasks, Origin};
use featurescope_sim::data::{DataModel, DenseNoise, Dictionary, Independent, SparseCoding};
use featurescope_sim::math::descent::{Coefficients, Descent, descend};
use featurescope_sim::math::gaussian::fill_normal;
use featurescope_sim::math::kernel::Precision;
use featurescope_sim::math::panels::{Panels, Right, panels_product};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::train::fast::gated::Gate;
use std::sync::Arc;

const ANCHORS: usize = 1024;
const WIDTH: usize = 256;
const AMBIENT: usize = 4096;
const DESCENT: Descent = Descent { keep: 1.0, rate: 1e-9 };

fn main() {
    divan::main();
}

fn wave(rows: usize, cols: usize) -> Matrix {
    Matrix::from_fn(rows, cols, |r, c| ((r * 131 + c * 17) as f32).sin())
}

/// Pre-activations of which a fraction `density` exceeds 1.
fn pre_activations(density: f64) -> Matrix {
    let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
    Matrix::from_fn(ANCHORS, WIDTH, |p, i| {
        let word = stream.words(Part::Mask, p as u32, i as u32)[0];
        if f64::from(word) < density * 4_294_967_296.0 { 2.0 } else { 0.0 }
    })
}

fn open_above_one(row: &[f32], open: &mut Vec<u32>) {
    open.extend((0..row.len()).filter(|&i| row[i] > 1.0).map(|i| i as u32));
}

const PRECISIONS: [Precision; 2] = [Precision::Single, Precision::Half];

fn panels(matrix: &Matrix, precision: Precision) -> Panels {
    let mut panels = Panels::new(precision);
    panels.set(matrix);
    panels
}

#[divan::bench(args = PRECISIONS)]
fn dense_pre_activations(bencher: Bencher, precision: Precision) {
    let (x, w, mut out) =
        (panels(&wave(ANCHORS, AMBIENT), precision), wave(WIDTH, AMBIENT), Matrix::zeros(0, 0));
    bencher.bench_local(|| panels_product(&mut out, black_box(&x), Right::Transposed(black_box(&w))));
}

#[divan::bench(args = PRECISIONS)]
fn dense_descent(bencher: Bencher, precision: Precision) {
    let (x, c) = (panels(&wave(ANCHORS, AMBIENT), precision), wave(ANCHORS, WIDTH));
    let (mut weights, mut coefficients) = (wave(WIDTH, AMBIENT), Coefficients::default());
    bencher.bench_local(|| {
        coefficients.set(black_box(&c), x.precision());
        descend(&mut weights, DESCENT, &[(&coefficients, &x)]);
    });
}

#[divan::bench(args = [0.03, 0.1, 0.2, 0.3])]
fn gated_pre_activations(bencher: Bencher, density: f64) {
    let x = panels(&wave(ANCHORS, AMBIENT), Precision::Single);
    let (w, mut out) = (wave(WIDTH, AMBIENT), Matrix::zeros(0, 0));
    let mut gate = Gate::default();
    gate.read(&pre_activations(density), open_above_one);
    bencher.bench_local(|| gate.products(&mut out, black_box(&x), black_box(&w)));
}

#[divan::bench(args = [0.03, 0.1, 0.2, 0.3])]
fn gated_descent(bencher: Bencher, density: f64) {
    let x = panels(&wave(ANCHORS, AMBIENT), Precision::Single);
    let (mut weights, pre) = (wave(WIDTH, AMBIENT), pre_activations(density));
    let mut gate = Gate::default();
    gate.read(&pre, open_above_one);
    bencher.bench_local(|| gate.descend(&mut weights, DESCENT, black_box(&pre), black_box(&x)));
}

/// One core; torch.randn makes 4 million numbers in `normal_` for comparison.
#[divan::bench]
fn gaussians(bencher: Bencher) {
    let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
    let mut out = vec![0.0; AMBIENT];
    bencher.bench_local(|| {
        for row in 0..ANCHORS as u32 {
            fill_normal(&mut out, 1.0, &stream, Part::Dense, row);
            black_box(&out);
        }
    });
}

#[divan::bench]
fn samples_and_views(bencher: Bencher) {
    let data = SparseCoding::new(
        Dictionary::hadamard(AMBIENT, 64, 1).expect("sizes fit"),
        Arc::new(Independent { activity: 0.02 }),
        DenseNoise::isotropic(0.03).expect("in range"),
    )
    .expect("in range");
    let masks = IntervalMasks::complementary(0.5).expect("in range");
    let stream = Stream::new(1, Purpose::POSITIVES, 0);
    let (mut x, mut y, mut z) = (vec![0.0; AMBIENT], vec![0.0; AMBIENT], vec![0.0; 64]);
    bencher.bench_local(|| {
        for row in 0..ANCHORS as u32 {
            data.draw(&stream, row, &mut x, &mut z);
            let from = Origin { stream: &stream, row, atoms: data.dictionary().atoms(), code: &z };
            masks.views(&from, &mut x, &mut y);
            black_box((&x, &y));
        }
    });
}
