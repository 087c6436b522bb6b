//! One side of the comparison with PyTorch and JAX: takes training steps when told to, and says how long they took.
//!
//! `contender A|B|C|D early|late single|mixed THREADS`, then on standard input one line per round: the number of steps to take.
//! Answers each with the seconds that they took, by the clock and on the processor (all threads together).
//! `tools/compare.py` drives it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the answers are its output")]

use cpu_time::ProcessTime;
use featurescope_lab::bench::{Arithmetic, SIZES, Stage, process};
use featurescope_lab::host::use_threads;
use featurescope_sim::train::Dynamics;
use std::io::BufRead;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    // `cargo test --benches` and `cargo bench` without arguments have nothing to compare with.
    let [size, stage, arithmetic, threads] = &arguments[..] else { return };
    use_threads(threads.parse().expect("a number of threads")).expect("threads that start");
    let size = SIZES.iter().find(|known| known.name == size).expect("a size A to D");
    let stage = if stage == "late" { Stage::Late } else { Stage::Early };
    let arithmetic = if arithmetic == "mixed" { Arithmetic::Mixed } else { Arithmetic::Single };
    let mut process = process(size, stage, arithmetic).expect("parts that fit");
    process.step();
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let Some(steps) = line.ok().and_then(|line| line.trim().parse::<u32>().ok()) else { break };
        let (start, busy) = (Instant::now(), ProcessTime::now());
        for _ in 0..steps {
            process.step();
        }
        println!("{} {}", start.elapsed().as_secs_f64(), busy.elapsed().as_secs_f64());
    }
    eprintln!("open {:?}", process.view().anchor_firing_rate);
}
