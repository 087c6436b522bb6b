//! What a training step takes from the allocator: nothing once it has run, and never more than W, one gradient and 1.3 batches
//! at a time.

#![cfg(feature = "parallel")]
#![expect(unsafe_code, reason = "an allocator that counts")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use featurescope_sim::augment::{Augmentation, Identity, IntervalMasks};
use featurescope_sim::data::{DenseNoise, Dictionary, LatentLaw, SparseCoding};
use featurescope_sim::encoder::SymRelu;
use featurescope_sim::loss::{InfoNce, NegativeSet, StopGrad};
use featurescope_sim::math::Matrix;
use featurescope_sim::train::{
    Arithmetic, BatchPlan, BiasRule, Contrastive, ContrastiveParts, Dynamics, LearningRate, NegativeViews,
    Sgd, StageRule, TrainingRule,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

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

fn process(sizes: Sizes, masks: bool, negative_set: NegativeSet, arithmetic: Arithmetic) -> Contrastive {
    let data = SparseCoding::new(
        Dictionary::hadamard(sizes.ambient_dim, sizes.latent_dim, 1).unwrap(),
        LatentLaw::Symmetric { activity: 0.05 },
        DenseNoise::isotropic(0.05).unwrap(),
    );
    let augmentation: Box<dyn Augmentation> =
        if masks { Box::new(IntervalMasks::complementary(0.5).unwrap()) } else { Box::new(Identity) };
    let parts = ContrastiveParts {
        data: Box::new(data.unwrap()),
        augmentation,
        encoder: Box::new(SymRelu),
        loss: Box::new(InfoNce::new(1.0, StopGrad::Targets).unwrap()),
        batch: BatchPlan {
            anchors: sizes.anchors,
            negatives: sizes.negatives,
            negative_set,
            negative_views: NegativeViews::Raw,
        },
        rule: TrainingRule {
            width: sizes.width,
            initial_norm: 0.05,
            sgd: Sgd { learning_rate: 1e-3, schedule: LearningRate::Constant, weight_decay: 1e-4 },
            bias: BiasRule::Trained { learning_rate: 1e-6, reset: None },
            stages: StageRule { first_energy_ratio: 1e9, second_energy_ratio: 1e9 },
            steps: 1000,
        },
        seed: 1,
    };
    Contrastive::new(parts).unwrap().with_arithmetic(arithmetic)
}

/// Biases that leave a few per cent of the gates open: pre-activations have standard deviation 0.05·√(2·0.05)·1.4 or so.
fn close_gates(process: &mut Contrastive, width: usize) {
    let mut snapshot = process.snapshot();
    let bias = snapshot.arrays.iter_mut().find(|(name, _)| name == "bias").unwrap();
    bias.1 = Matrix::from_vec(1, width, vec![0.035; width]);
    process.restore(&snapshot).unwrap();
}

#[test]
fn a_step_allocates_nothing() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let sizes = Sizes { latent_dim: 32, ambient_dim: 1024, width: 64, anchors: 200, negatives: 150 };
    // One thread: with more, the thread pool may allocate when it hands work over.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        for (masks, set, arithmetic) in [
            (true, NegativeSet::Fresh, Arithmetic::Single),
            (false, NegativeSet::Fresh, Arithmetic::Single),
            (true, NegativeSet::InBatch, Arithmetic::Mixed),
        ] {
            let mut process = process(sizes, masks, set, arithmetic);
            for late in [false, true] {
                if late {
                    close_gates(&mut process, sizes.width);
                }
                // The number of open gates varies, and with it the length of their lists.
                (0..10).for_each(|_| assert!(process.step().is_some()));
                let open = process.view().anchor_firing_rate.unwrap();
                assert_eq!(late, open < 0.12, "{open} of the gates are open");
                let before = COUNT.load(SeqCst);
                process.step().unwrap();
                let allocations = COUNT.load(SeqCst) - before;
                assert_eq!(allocations, 0, "{set:?}, {arithmetic:?}, masks {masks}, late {late}");
            }
        }
    });
}

/// The sizes are those of the largest benchmark, d1 an eighth of it.
#[test]
fn a_step_holds_weights_one_gradient_and_little_more_than_a_batch() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let sizes = Sizes { latent_dim: 256, ambient_dim: 8192, width: 256, anchors: 256, negatives: 256 };
    let before = LIVE.load(SeqCst);
    PEAK.store(before, SeqCst);
    let mut process = process(sizes, true, NegativeSet::Fresh, Arithmetic::Single);
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
