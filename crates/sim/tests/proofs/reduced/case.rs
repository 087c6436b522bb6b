//! One setting, run by either dynamics over many seeds, and what is read off it.

use super::two_samples::Family;
use featurescope_sim::augment::{
    AdditiveNoise, AtomDropout, Augmentation, Identity, IndependentMasks, IntervalMasks,
};
use featurescope_sim::data::{DenseNoise, Dictionary, Independent, SparseCoding, SparseCodingLaw};
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::{squared_norm, times_transposed};
use featurescope_sim::network::SymRelu;
use featurescope_sim::objective::{InfoNce, NegativeSet, Objective, Regression, Spectral, StopGrad};
use featurescope_sim::train::{
    Adversary, Ascent, BatchPlan, ConstantRate, Dynamics, EuclideanBall, MaskJitter, NegativeViews,
    NoAdversary, Parts, RateRule, Reduced, Sampled, Sgd, StageRule, TrainedBias, TrainingRule,
};
use std::sync::Arc;
use std::thread;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Views {
    None,
    RandomMask(f64),
    Disjoint(f64),
    Independent(f64),
    AdditiveNoise(f64),
    AtomDropout(f64),
}

impl Views {
    pub fn build(self) -> Box<dyn Augmentation> {
        match self {
            Self::None => Box::new(Identity),
            Self::RandomMask(q) => Box::new(IntervalMasks::complementary(q).unwrap()),
            Self::Disjoint(r) => Box::new(IntervalMasks::disjoint(r).unwrap()),
            Self::Independent(q) => Box::new(IndependentMasks::new(q).unwrap()),
            Self::AdditiveNoise(s) => Box::new(AdditiveNoise::new(s).unwrap()),
            Self::AtomDropout(q) => Box::new(AtomDropout::new(q).unwrap()),
        }
    }
}

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    InfoNce,
    Spectral,
    Supervised,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub name: &'static str,
    pub law: SparseCodingLaw,
    pub views: Views,
    pub task: Task,
    pub stop_grad: StopGrad,
    /// Radius of the Euclidean ball in which an adversary moves anchors; 0: there is none.
    pub radius: f64,
    pub batch: BatchPlan,
    pub rule: TrainingRule,
    /// Steps at which figures are read, ascending.
    pub read_at: &'static [u64],
    pub seeds: u64,
}

pub fn base(views: Views) -> Case {
    let (latent_dim, ambient_dim) = (16, 256);
    Case {
        name: "base",
        law: SparseCodingLaw {
            ambient_dim,
            latent_dim,
            latent: Arc::new(Independent { activity: 0.1 }),
            noise_variance: 0.06,
            direction_count: 0,
            direction_variance: 0.06,
        },
        views,
        task: Task::InfoNce,
        stop_grad: StopGrad::Targets,
        radius: 0.0,
        batch: BatchPlan {
            anchors: 64,
            negatives: 32,
            negative_set: NegativeSet::Fresh,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width: 24,
            initial_norm: 0.3,
            rate: RateRule { learning_rate: 1.0, schedule: Arc::new(ConstantRate), weight_decay: 2e-3 },
            bias: Arc::new(TrainedBias { learning_rate: 0.3, reset: None }),
            stages: StageRule { first_energy_ratio: 4.0, second_energy_ratio: 16.0 },
            steps: 1 << 20,
        },
        read_at: &[5, 40, 160],
        seeds: 48,
    }
}

impl Case {
    fn adversary(&self) -> Box<dyn Adversary> {
        if self.radius == 0.0 {
            return Box::new(NoAdversary);
        }
        Box::new(EuclideanBall(Ascent::new(self.radius, 2, None).unwrap()))
    }
}

fn loss(case: &Case) -> Box<dyn Objective> {
    match case.task {
        Task::Spectral => Box::new(Spectral::new(case.stop_grad)),
        _ => Box::new(InfoNce::new(1.0, case.stop_grad).unwrap()),
    }
}

/// The model in the ambient space: Hadamard where the dimension allows it, which has even leverages.
fn ambient(case: &Case, seed: u64) -> SparseCoding {
    let law = &case.law;
    let dictionary = if law.ambient_dim.is_power_of_two() {
        Dictionary::hadamard(law.ambient_dim, law.latent_dim, seed)
    } else {
        Dictionary::haar(law.ambient_dim, law.latent_dim, seed)
    };
    let dictionary = dictionary.unwrap();
    let noise = if law.direction_count == 0 {
        DenseNoise::isotropic(law.noise_variance)
    } else {
        let directions =
            DenseNoise::random_directions(law.direction_count, dictionary.atoms(), seed).unwrap();
        DenseNoise::with_directions(law.noise_variance, directions, law.direction_variance)
    };
    SparseCoding::new(dictionary, law.latent.clone(), noise.unwrap()).unwrap()
}

fn supervised(case: &Case, seed: u64) -> Parts {
    Parts {
        augmentation: Box::new(Identity),
        objective: Box::new(Regression::new(None, 1.0).unwrap()),
        adversary: case.adversary(),
        batch: case.batch,
        rule: case.rule.clone(),
        seed,
        ..Parts::default()
    }
}

pub fn sampled(case: &Case, seed: u64) -> Box<dyn Dynamics> {
    if case.task == Task::Supervised {
        return Box::new(Sampled::new(Box::new(ambient(case, seed)), supervised(case, seed)).unwrap());
    }
    Box::new(
        Sampled::new(
            Box::new(ambient(case, seed)),
            Parts {
                optimizer: Box::new(Sgd),
                head: None,
                adversary: case.adversary(),
                augmentation: case.views.build(),
                network: Box::new(SymRelu),
                objective: loss(case),
                batch: case.batch,
                rule: case.rule.clone(),
                seed,
            },
        )
        .unwrap(),
    )
}

pub fn reduced(case: &Case, seed: u64) -> Box<dyn Dynamics> {
    reduced_with(case, seed, case.views.build(), MaskJitter::Kept)
}

pub fn reduced_with(
    case: &Case,
    seed: u64,
    augmentation: Box<dyn Augmentation>,
    jitter: MaskJitter,
) -> Box<dyn Dynamics> {
    if case.task == Task::Supervised {
        return Box::new(Reduced::new(&case.law, jitter, supervised(case, seed)).unwrap());
    }
    Box::new(
        Reduced::new(
            &case.law,
            jitter,
            Parts {
                optimizer: Box::new(Sgd),
                head: None,
                adversary: case.adversary(),
                augmentation,
                network: Box::new(SymRelu),
                objective: loss(case),
                batch: case.batch,
                rule: case.rule.clone(),
                seed,
            },
        )
        .unwrap(),
    )
}

/// Reduced without what a step adds outside the known directions: the ordinary learner on samples in its coordinates.
pub fn without_outside(case: &Case, seed: u64) -> Box<dyn Dynamics> {
    let start = reduced(case, seed).snapshot();
    let weights = start.arrays.iter().find(|(name, _)| name == "weights").unwrap().1.cols();
    let data = case.law.in_coordinates(weights - case.law.known_dim()).unwrap();
    let mut process = Sampled::new(
        Box::new(data),
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: case.adversary(),
            augmentation: case.views.build(),
            network: Box::new(SymRelu),
            objective: loss(case),
            batch: case.batch,
            rule: case.rule.clone(),
            seed,
        },
    )
    .unwrap();
    process.restore(&start).unwrap();
    Box::new(process)
}

/// Names of what [`figures`] reads.
pub const FIGURES: [&str; 9] = [
    "loss",
    "positive probability or logit",
    "sparse energy",
    "dense energy",
    "energy of W Wᵀ",
    "mean bias over norm",
    "coverage at .7",
    "growth along atoms",
    "growth outside",
];

/// One reading of everything that laws are compared by.
pub fn figures(dynamics: &dyn Dynamics) -> [f64; 9] {
    let view = dynamics.view();
    let coordinates = dynamics.coordinates();
    let sparse: Vec<f64> = coordinates.sparse.iter_rows().map(squared_norm).collect();
    let energy: Vec<f64> = sparse.iter().zip(&coordinates.dense_energy).map(|(s, d)| s + d).collect();
    let m = energy.len() as f64;
    let bias = view.bias.iter().zip(view.norms).map(|(&b, &n)| f64::from(b) / f64::from(n)).sum::<f64>() / m;
    let covered = |j: usize| {
        (0..energy.len()).any(|i| f64::from(coordinates.sparse[(i, j)]).powi(2) > 0.49 * energy[i])
    };
    let d = coordinates.sparse.cols();
    let snapshot = dynamics.snapshot();
    let weights = &snapshot.arrays.iter().find(|(name, _)| name == "weights").unwrap().1;
    let mut gram = Matrix::zeros(0, 0);
    times_transposed(&mut gram, weights, weights);
    let batch = view.batch.unwrap();
    let probability = batch.positive_probability;
    let growth = dynamics.growth();
    [
        batch.loss,
        match (probability.is_nan(), batch.positive_logit.is_nan()) {
            (false, _) => probability,
            (true, false) => batch.positive_logit,
            (true, true) => 0.0,
        },
        sparse.iter().sum(),
        coordinates.dense_energy.iter().sum(),
        squared_norm(gram.as_slice()).sqrt(),
        bias,
        (0..d).filter(|&j| covered(j)).count() as f64 / d as f64,
        growth.sparse,
        growth.dense,
    ]
}

/// Readings of `seeds` runs: by moment, then figure, then seed.
pub fn readings(
    case: &Case,
    first_seed: u64,
    start: &(dyn Fn(&Case, u64) -> Box<dyn Dynamics> + Sync),
) -> Vec<Vec<Vec<f64>>> {
    let run = |seed: u64| -> Vec<[f64; 9]> {
        let mut dynamics = start(case, seed);
        let mut step = 0;
        let read = case.read_at.iter().map(|&at| {
            while step < at {
                assert!(dynamics.step().is_some(), "{} stopped: {:?}", case.name, dynamics.stop_reason());
                step += 1;
            }
            figures(dynamics.as_ref())
        });
        read.collect()
    };
    let all: Vec<Vec<[f64; 9]>> = thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, |n| n.get() as u64);
        let handles: Vec<_> = (0..workers)
            .map(|w| {
                let mine = move || {
                    let seeds = (0..case.seeds).filter(|s| s % workers == w);
                    seeds.map(|s| (s, run(first_seed + s))).collect::<Vec<_>>()
                };
                scope.spawn(move || on_one_thread(mine))
            })
            .collect();
        let mut found: Vec<_> = handles.into_iter().flat_map(|h| h.join().unwrap()).collect();
        found.sort_by_key(|(seed, _)| *seed);
        found.into_iter().map(|(_, readings)| readings).collect()
    });
    (0..case.read_at.len())
        .map(|moment| (0..9).map(|f| all.iter().map(|run| run[moment][f]).collect()).collect())
        .collect()
}

/// Steps this small gain nothing from several threads.
fn on_one_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    #[cfg(feature = "parallel")]
    return rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(work);
    #[cfg(not(feature = "parallel"))]
    work()
}

/// All comparisons of two sets of readings.
pub fn compare(case: &Case, a: &[Vec<Vec<f64>>], b: &[Vec<Vec<f64>>]) -> Family {
    let mut family = Family::default();
    for (moment, at) in case.read_at.iter().enumerate() {
        for (f, name) in FIGURES.iter().enumerate() {
            let what = format!("{name} at step {at}");
            family.compare_means(&what, &a[moment][f], &b[moment][f]);
            // Reduced leaves out how fresh noise overlaps with W(0), which has mean zero: a spread of order 1/√(m d1).
            if *name != "growth outside" {
                family.compare_spreads(&what, &a[moment][f], &b[moment][f]);
            }
        }
    }
    family
}
