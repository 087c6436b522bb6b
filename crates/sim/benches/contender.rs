//! One side of the comparison with PyTorch and JAX: takes training steps when told to, and says how long they took.
//!
//! `contender SIZE early|late single|mixed` (sizes and stages as below; threads from `RAYON_NUM_THREADS`), then on standard input one line
//! per round: the number of steps to take. Answers each with the seconds that they took, by the clock and on the
//! processor (all threads together). `tools/compare.py` drives it.

#![allow(clippy::print_stdout, reason = "the answers are its output")]

use cpu_time::ProcessTime;
use featurescope_sim::augment::IntervalMasks;
use featurescope_sim::data::{DenseNoise, Dictionary, LatentLaw, SparseCoding};
use featurescope_sim::encoder::SymRelu;
use featurescope_sim::loss::{InfoNce, NegativeSet, StopGrad};
use featurescope_sim::math::{Matrix, Purpose, Stream};
use featurescope_sim::train::{
    Arithmetic, BatchPlan, BiasRule, Contrastive, ContrastiveParts, Dynamics, LearningRate, NegativeViews, Sgd, StageRule,
    TrainingRule,
};
use std::io::BufRead;
use std::time::Instant;

/// Share of open gates in the late stage.
const LATE_OPEN_FRACTION: f64 = 0.04;

/// (name, d, d1, m, P, N)
const SIZES: [(&str, usize, usize, usize, usize, usize); 4] = [
    ("A", 64, 1024, 256, 512, 512),
    ("B", 128, 2048, 512, 512, 128),
    ("C", 512, 4096, 512, 512, 512),
    ("D", 256, 65536, 256, 256, 256),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [size, stage, mode, ..] = &arguments[..] else { return };
    let mut process = process(size, mode == "mixed");
    process.step();
    if stage == "late" {
        close_gates(&mut process);
    }
    if std::env::var_os("PARTS").is_some() { parts(&mut process); }
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let Some(steps) = line.ok().and_then(|line| line.trim().parse::<u32>().ok()) else { return };
        let (start, busy) = (Instant::now(), ProcessTime::now());
        for _ in 0..steps {
            process.step();
        }
        println!("{} {}", start.elapsed().as_secs_f64(), busy.elapsed().as_secs_f64());
    }
    let view = process.view();
    eprintln!("firing rate {:?}, loss {:?}", view.anchor_firing_rate, view.batch.map(|b| b.loss));
}

fn process(size: &str, mixed: bool) -> Contrastive {
    let &(_, latent_dim, ambient_dim, width, anchors, negatives) =
        SIZES.iter().find(|(name, ..)| *name == size).expect("a size A to D");
    let d = latent_dim as f64;
    let data = SparseCoding::new(
        Dictionary::hadamard(ambient_dim, latent_dim, 1).expect("sizes fit"),
        LatentLaw::Symmetric { activity: LatentLaw::paper_activity(1.0, latent_dim) },
        DenseNoise::isotropic(d.ln().sqrt() / d).expect("in range"),
    )
    .expect("in range");
    // The fast mode takes its negatives from the batch: N = P samples then cost nothing more.
    let (arithmetic, negative_set) =
        if mixed { (Arithmetic::Mixed, NegativeSet::InBatch) } else { (Arithmetic::Single, NegativeSet::Fresh) };
    let process = Contrastive::new(ContrastiveParts {
        data: Box::new(data),
        augmentation: Box::new(IntervalMasks::complementary(0.5).expect("in range")),
        encoder: Box::new(SymRelu),
        loss: Box::new(InfoNce::new(1.0, StopGrad::Targets).expect("in range")),
        batch: BatchPlan {
            anchors,
            negatives,
            negative_set,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width,
            initial_norm: 0.05,
            sgd: Sgd { learning_rate: 1e-3, schedule: LearningRate::Constant, weight_decay: 1e-4 },
            bias: BiasRule::Trained { learning_rate: 1e-6, reset: None },
            stages: StageRule { first_energy_ratio: 1e9, second_energy_ratio: 1e9 },
            steps: u64::from(u32::MAX),
        },
        seed: 1,
    });
    process.expect("parts fit").with_arithmetic(arithmetic)
}

/// Raises every bias until the wanted share of anchors passes it.
fn close_gates(process: &mut Contrastive) {
    let stream = Stream::new(1, Purpose::Measurement, 0);
    let features = process.represent(&stream, 0, 512).features;
    let mut snapshot = process.snapshot();
    let thresholds = (0..features.cols())
        .map(|i| {
            let mut sizes: Vec<f32> = features.column(i).iter().map(|v| v.abs()).collect();
            sizes.sort_by(f32::total_cmp);
            // Views have twice the variance of the samples seen here.
            std::f32::consts::SQRT_2 * sizes[((1.0 - LATE_OPEN_FRACTION) * sizes.len() as f64) as usize]
        })
        .collect();
    for (name, array) in &mut snapshot.arrays {
        if name == "bias" {
            *array = Matrix::from_vec(1, features.cols(), thresholds);
            break;
        }
    }
    process.restore(&snapshot).expect("its own snapshot");
}

fn parts(p: &mut Contrastive) {
    let mut best = [f64::INFINITY; 6];
    for _ in 0..12 {
        let start = ProcessTime::now(); let mut last = start.elapsed().as_secs_f64(); let mut i = 0;
        p.step_in_parts(&mut |_| { let now = start.elapsed().as_secs_f64(); best[i] = best[i].min(now - last); last = now; i += 1; });
        best[5] = best[5].min(start.elapsed().as_secs_f64());
    }
    println!("samples {:.2} pre {:.2} sim {:.2} act {:.2} update {:.2} total {:.2}", best[0]*1e3,best[1]*1e3,best[2]*1e3,best[3]*1e3,best[4]*1e3,best[5]*1e3);
}
