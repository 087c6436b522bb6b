//! How the cost of a training step grows with each of its sizes: t = a + b·xᵉ is fitted to processor times of one thread at five
//! values of x = P, N, m or d1, the others fixed, in every round anew; printed is e with its 95 % t-interval over rounds. Linear
//! growth is e = 1. Rounds alternate over all sizes, so that what else the machine does falls on all alike.
//!
//!     cargo bench -p featurescope-lab --bench growth -- [ROUNDS]

#![allow(clippy::print_stdout, reason = "the answers are its output")]

use cpu_time::ProcessTime;
use featurescope_lab::bench::{Arithmetic, Size, Stage, process};
use featurescope_lab::host::use_threads;
use featurescope_lab::stats::Located;
use featurescope_sim::train::Dynamics;

const BASE: Size =
    Size { name: "base", latent_dim: 128, ambient_dim: 2048, width: 256, anchors: 256, negatives: 256 };
/// In units of the base.
const FACTORS: [f64; 5] = [0.5, 1.0, 2.0, 4.0, 8.0];
/// Exponents that are searched.
const EXPONENTS: [f64; 2] = [0.3, 2.0];

type Grown = (&'static str, fn(&mut Size) -> &mut usize);
const GROWN: [Grown; 4] = [
    ("P", |size| &mut size.anchors),
    ("N", |size| &mut size.negatives),
    ("m", |size| &mut size.width),
    ("d1", |size| &mut size.ambient_dim),
];

fn main() {
    let Some(rounds) = std::env::args().skip(1).find_map(|text| text.parse::<usize>().ok()) else { return };
    use_threads(1).expect("a thread");
    for stage in [Stage::Early, Stage::Late] {
        println!("{stage:?}: growth of a step from d 128, d1 2048, m 256, P 256, N 256, {rounds} rounds\n");
        println!(
            "| size | milliseconds at ½, 1, 2, 4, 8 times the base | exponent, 95 % interval |\n|---|---|---|"
        );
        for (name, part) in GROWN {
            let times = times(part, stage, rounds);
            let exponents: Vec<f64> = times.iter().map(exponent).collect();
            let located = Located::mean(&exponents).expect("several rounds");
            let interval = located.interval(0.95);
            let column = |i: usize| median(times.iter().map(|row| row[i]).collect());
            let shown: Vec<String> = (0..5).map(|i| format!("{:.2}", 1e3 * column(i))).collect();
            let mean = exponents.iter().sum::<f64>() / rounds as f64;
            println!(
                "| {name} | {} | {mean:.3} [{:.3}, {:.3}] |",
                shown.join(", "),
                interval.lower,
                interval.upper
            );
        }
        println!();
    }
}

/// Seconds of a step, round by round, at every factor.
fn times(part: fn(&mut Size) -> &mut usize, stage: Stage, rounds: usize) -> Vec<[f64; 5]> {
    let mut processes = FACTORS.map(|factor| {
        let mut size = BASE;
        let value = part(&mut size);
        *value = (*value as f64 * factor) as usize;
        let mut process = process(&size, stage, Arithmetic::Single).expect("parts that fit");
        process.step();
        process
    });
    let round = |_| {
        std::array::from_fn(|i| {
            // Small steps are repeated: the clock of a process is coarse.
            let repeats = (8.0 / FACTORS[i]) as u32;
            let start = ProcessTime::now();
            for _ in 0..repeats {
                processes[i].step();
            }
            start.elapsed().as_secs_f64() / f64::from(repeats)
        })
    };
    (0..rounds).map(round).collect()
}

/// The e of the best t = a + b·xᵉ, relative errors squared.
fn exponent(times: &[f64; 5]) -> f64 {
    let [mut low, mut high] = EXPONENTS;
    // The misfit has one valley in e: thirds of it are cut off.
    for _ in 0..60 {
        let (first, second) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if misfit(times, first) < misfit(times, second) { high = second } else { low = first }
    }
    f64::midpoint(low, high)
}

fn misfit(times: &[f64; 5], exponent: f64) -> f64 {
    // Least squares in a and b of a/t + b·xᵉ/t = 1.
    let rows = FACTORS.iter().zip(times).map(|(x, t)| [1.0 / t, x.powf(exponent) / t]);
    let (mut aa, mut ab, mut bb, mut a1, mut b1) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for [a, b] in rows.clone() {
        (aa, ab, bb, a1, b1) = (aa + a * a, ab + a * b, bb + b * b, a1 + a, b1 + b);
    }
    let determinant = aa * bb - ab * ab;
    let (a, b) = ((a1 * bb - b1 * ab) / determinant, (b1 * aa - a1 * ab) / determinant);
    rows.map(|[x, y]| (a * x + b * y - 1.0).powi(2)).sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
