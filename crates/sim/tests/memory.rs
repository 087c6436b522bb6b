//! What a training step takes from the allocator once it has run. The paper's loss behind StopGrad in the
//! ambient space, which is computed by kernels of our own: nothing, and never more than W, one gradient and
//! 1.3 batches at a time. Everything else: what the linear-algebra crate takes for its products and
//! factorisations.

#![cfg(feature = "parallel")]
#![expect(unsafe_code, reason = "an allocator that counts")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use featurescope_sim::augment::{Augmentation, Identity, IntervalMasks};
use featurescope_sim::data::{DenseNoise, Dictionary, Independent, SparseCoding, SparseCodingLaw};
use featurescope_sim::math::Matrix;
use featurescope_sim::network::SymRelu;
use featurescope_sim::objective::{InfoNce, NegativeSet, Objective, Regression, Spectral, StopGrad};
use featurescope_sim::train::{
    Arithmetic, BatchPlan, ConstantRate, Dynamics, MaskJitter, NegativeViews, NoAdversary, Parts, RateRule,
    Reduced, Sampled, Sgd, StageRule, TrainedBias, TrainingRule,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The tests of this file share the counters.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, SeqCst);
        PEAK.fetch_max(LIVE.fetch_add(layout.size(), SeqCst) + layout.size(), SeqCst);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), SeqCst);
        // SAFETY: the caller's pointer and layout, from `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Copy, Debug)]
struct Sizes {
    latent_dim: usize,
    ambient_dim: usize,
    width: usize,
    anchors: usize,
    negatives: usize,
}

impl Sizes {
    fn data(self) -> SparseCoding {
        SparseCoding::new(
            Dictionary::hadamard(self.ambient_dim, self.latent_dim, 1).unwrap(),
            Arc::new(Independent { activity: 0.05 }),
            DenseNoise::isotropic(0.05).unwrap(),
        )
        .unwrap()
    }

    fn law(self) -> SparseCodingLaw {
        SparseCodingLaw {
            ambient_dim: self.ambient_dim,
            latent_dim: self.latent_dim,
            latent: Arc::new(Independent { activity: 0.05 }),
            noise_variance: 0.05,
            direction_count: 0,
            direction_variance: 0.05,
        }
    }

    fn batch(self, negative_set: NegativeSet, negative_views: NegativeViews) -> BatchPlan {
        BatchPlan { anchors: self.anchors, negatives: self.negatives, negative_set, negative_views }
    }

    fn rule(self) -> TrainingRule {
        TrainingRule {
            width: self.width,
            initial_norm: 0.05,
            rate: RateRule { learning_rate: 1e-3, schedule: Arc::new(ConstantRate), weight_decay: 1e-4 },
            bias: Arc::new(TrainedBias { learning_rate: 1e-6, reset: None }),
            stages: StageRule { first_energy_ratio: 1e9, second_energy_ratio: 1e9 },
            steps: 1000,
        }
    }

    fn contrastive(self, views: Views, loss: Box<dyn Objective>, batch: BatchPlan) -> Sampled {
        Sampled::new(
            Box::new(self.data()),
            Parts {
                optimizer: Box::new(Sgd),
                head: None,
                adversary: Box::new(NoAdversary),
                augmentation: views.augmentation(),
                network: Box::new(SymRelu),
                objective: loss,
                batch,
                rule: self.rule(),
                seed: 1,
            },
        )
        .unwrap()
    }

    fn supervised(self) -> Parts {
        Parts {
            augmentation: Box::new(Identity),
            objective: Box::new(Regression::new(None, 1.0).unwrap()),
            batch: self.batch(NegativeSet::Fresh, NegativeViews::Raw),
            rule: self.rule(),
            ..Parts::default()
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Views {
    One,
    Masked,
}

impl Views {
    fn augmentation(self) -> Box<dyn Augmentation> {
        match self {
            Self::One => Box::new(Identity),
            Self::Masked => Box::new(IntervalMasks::complementary(0.5).unwrap()),
        }
    }
}

fn info_nce(stop_grad: StopGrad) -> Box<dyn Objective> {
    Box::new(InfoNce::new(1.0, stop_grad).unwrap())
}

/// Biases that leave a few per cent of the gates open: pre-activations have standard deviation 0.05·√(2·0.05)·1.4 or so.
fn close_gates(process: &mut dyn Dynamics, width: usize) {
    let mut snapshot = process.snapshot();
    let bias = snapshot.arrays.iter_mut().find(|(name, _)| name == "bias").unwrap();
    bias.1 = Matrix::from_vec(1, width, vec![0.035; width]);
    process.restore(&snapshot).unwrap();
}

/// Into how many pieces a product of these sizes is cut; each takes its packing buffer.
const TILES_PER_PRODUCT: usize = 4;
/// Factorisations, their coefficients and triangles, and the products of a reduced step.
const MOST_IN_A_REDUCED_STEP: usize = 40;
const SMALL: Sizes = Sizes { latent_dim: 32, ambient_dim: 1024, width: 64, anchors: 200, negatives: 150 };

/// Every dynamics in the ambient space: views, losses with and without StopGrad, negatives, arithmetic,
/// labels. With it the products of a step that the linear-algebra crate computes.
fn in_ambient_space() -> Vec<(&'static str, usize, Box<dyn Dynamics>)> {
    use NegativeSet::{Fresh, InBatch};
    use NegativeViews::{Augmented, Raw};
    let spectral = |stop_grad| -> Box<dyn Objective> { Box::new(Spectral::new(stop_grad)) };
    let make =
        |views, loss, set, negative_views| SMALL.contrastive(views, loss, SMALL.batch(set, negative_views));
    let (masked, one) = (Views::Masked, Views::One);
    let (targets, nowhere) = (StopGrad::Targets, StopGrad::Nowhere);
    let mixed = make(masked, info_nce(targets), InBatch, Raw).with_arithmetic(Arithmetic::Mixed).unwrap();
    vec![
        ("masks", 0, Box::new(make(masked, info_nce(targets), Fresh, Raw))),
        ("one view", 0, Box::new(make(one, info_nce(targets), Fresh, Raw))),
        ("mixed", 0, Box::new(mixed)),
        ("negatives are views", 0, Box::new(make(masked, info_nce(targets), InBatch, Augmented))),
        ("without StopGrad", 1, Box::new(make(masked, info_nce(nowhere), Fresh, Raw))),
        ("one view without StopGrad", 1, Box::new(make(one, info_nce(nowhere), InBatch, Raw))),
        ("spectral", 2, Box::new(make(masked, spectral(targets), Fresh, Raw))),
        ("spectral without StopGrad", 3, Box::new(make(masked, spectral(nowhere), InBatch, Raw))),
        ("supervised", 6, Box::new(Sampled::new(Box::new(SMALL.data()), SMALL.supervised()).unwrap())),
    ]
}

/// What one step takes.
struct Taken {
    allocations: usize,
    /// At once, beyond what was there.
    bytes: usize,
}

/// One step after ten, early and with nearly all gates closed. On one thread: with more, the thread pool may
/// allocate when it hands work over.
fn taken(name: &str, process: &mut dyn Dynamics) -> [Taken; 2] {
    // Kept: what a thread has reserved would be given back at some moment after it ends.
    static POOL: LazyLock<rayon::ThreadPool> =
        LazyLock::new(|| rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap());
    [false, true].map(|late| {
        POOL.install(|| {
            if late {
                close_gates(process, SMALL.width);
            }
            // The number of open gates varies, and with it the length of their lists.
            (0..10).for_each(|_| assert!(process.step().is_some()));
            let open = process.view().anchor_firing_rate.unwrap();
            assert_eq!(late, open < 0.12, "{name}: {open} of the gates are open");
            let (before, live) = (COUNT.load(SeqCst), LIVE.load(SeqCst));
            PEAK.store(live, SeqCst);
            process.step().unwrap();
            Taken { allocations: COUNT.load(SeqCst) - before, bytes: PEAK.load(SeqCst) - live }
        })
    })
}

#[test]
fn a_step_allocates_nothing_but_what_products_elsewhere_pack() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    for (name, products, mut process) in in_ambient_space() {
        for Taken { allocations, .. } in taken(name, process.as_mut()) {
            let most = products * TILES_PER_PRODUCT;
            assert!(allocations <= most, "{name}: {allocations} allocations, {most} for {products} products");
        }
    }
}

/// The factorisations of a reduced step ask for working memory: a bounded number of times, and for less than
/// the learner and its batch take.
#[test]
fn a_reduced_step_allocates_for_its_factorisations_alone() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let contrastive = Reduced::new(
        &SMALL.law(),
        MaskJitter::Kept,
        Parts {
            optimizer: Box::new(Sgd),
            head: None,
            adversary: Box::new(NoAdversary),
            augmentation: Views::Masked.augmentation(),
            network: Box::new(SymRelu),
            objective: info_nce(StopGrad::Targets),
            batch: SMALL.batch(NegativeSet::Fresh, NegativeViews::Raw),
            rule: SMALL.rule(),
            seed: 1,
        },
    );
    let supervised = Reduced::new(&SMALL.law(), MaskJitter::Kept, SMALL.supervised());
    let processes: [(&str, Box<dyn Dynamics>); 2] =
        [("contrastive", Box::new(contrastive.unwrap())), ("supervised", Box::new(supervised.unwrap()))];
    for (name, mut process) in processes {
        let coordinates = SMALL.latent_dim + SMALL.width;
        let most = 4 * (SMALL.width + 2 * SMALL.anchors + SMALL.negatives) * coordinates;
        for Taken { allocations, bytes } in taken(name, process.as_mut()) {
            assert!(allocations <= MOST_IN_A_REDUCED_STEP, "{name}: {allocations} allocations");
            assert!(bytes < most, "{name}: {bytes} bytes at once, {most} for the learner and its batch");
        }
    }
}

/// The sizes are those of the largest benchmark, d1 an eighth of it.
#[test]
fn a_step_holds_weights_one_gradient_and_little_more_than_a_batch() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let sizes = Sizes { latent_dim: 256, ambient_dim: 8192, width: 256, anchors: 256, negatives: 256 };
    let before = LIVE.load(SeqCst);
    PEAK.store(before, SeqCst);
    let batch = sizes.batch(NegativeSet::Fresh, NegativeViews::Raw);
    let mut process = sizes.contrastive(Views::Masked, info_nce(StopGrad::Targets), batch);
    for late in [false, true] {
        if late {
            // A snapshot copies W: that is not part of a step.
            close_gates(&mut process, sizes.width);
            PEAK.store(LIVE.load(SeqCst), SeqCst);
        }
        (0..2).for_each(|_| assert!(process.step().is_some()));
        let weights = 4 * sizes.width * sizes.ambient_dim;
        let batch = 4 * (2 * sizes.anchors + sizes.negatives) * sizes.ambient_dim;
        let (peak, allowed) = (PEAK.load(SeqCst) - before, 2 * weights + batch + 3 * batch / 10);
        assert!(peak > weights + batch, "{peak} bytes cannot be all");
        assert!(peak <= allowed, "{peak} bytes at once, {allowed} allowed, late {late}");
    }
}
