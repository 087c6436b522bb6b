//! Hostile input, as much of it as a test suite has time for: every reader gets its corpus, mutated. The fuzzer in `fuzz/`
//! does the same for hours, guided by coverage; what it found stands in the corpus.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts")]

mod seeds;
mod targets;

use featurescope_lab::host::use_threads;
use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::times_transposed;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The largest single allocation for an input of at most [`LONGEST`] bytes.
const LARGEST_ALLOCATION: usize = 64 << 20;
/// Inputs of the test are cut to this.
const LONGEST: usize = 1 << 16;
/// Time for all targets together.
const TIME: Duration = Duration::from_secs(5);

static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// Notes the largest allocation.
struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// Numbers at which things break.
const EDGES: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// One to four changes of `input`, or of two inputs spliced.
fn mutate(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.next(4) {
        let at = numbers.next(bytes.len());
        match numbers.next(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.next(8),
            1 if !bytes.is_empty() => bytes[at] = numbers.next(256) as u8,
            2 => bytes.truncate(at),
            3 => bytes.insert(at.min(bytes.len()), numbers.next(256) as u8),
            4 if !bytes.is_empty() => drop(bytes.remove(at)),
            5 => {
                // A number where numbers may stand, in one of three sizes.
                let edge = EDGES[numbers.next(EDGES.len())].to_le_bytes();
                let size = [2, 4, 8][numbers.next(3)].min(bytes.len() - at);
                bytes[at..at + size].copy_from_slice(&edge[..size]);
            }
            6 => {
                let (from, size) = (numbers.next(bytes.len()), numbers.next(32));
                let piece = bytes[from..bytes.len().min(from + size)].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let tail = other[numbers.next(other.len())..].to_vec();
                bytes.truncate(at);
                bytes.extend(tail);
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus").join(name);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).chain(seeds::of(name)).collect()
}

/// What went wrong, by target and place, with the input that showed it first.
type Failures = BTreeMap<String, PathBuf>;

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls a target and notes what should not happen; true if it took the input.
fn call(name: &str, target: targets::Target, input: &[u8], limit: usize, failures: &mut Failures) -> bool {
    LARGEST.store(0, Ordering::Relaxed);
    let result = std::panic::catch_unwind(|| target(input));
    let largest = LARGEST.load(Ordering::Relaxed);
    let what = match result {
        Err(_) => format!("{name}: {}", PLACE.with_borrow(Clone::clone)),
        Ok(_) if largest > limit => format!("{name}: takes more than {limit} bytes at once"),
        Ok(was_taken) => return was_taken,
    };
    let path = std::env::temp_dir().join(format!("hostile-{name}-{}", failures.len()));
    failures.entry(what).or_insert_with(|| {
        fs::write(&path, input).unwrap();
        path
    });
    false
}

/// What a panic says.
fn payload<'a>(panic: &'a std::panic::PanicHookInfo<'_>) -> &'a str {
    let said = panic.payload();
    said.downcast_ref::<&str>()
        .copied()
        .or(said.downcast_ref::<String>().map(String::as_str))
        .unwrap_or_default()
}

/// What the linear-algebra crate reserves on every thread that multiplies: as much as the processor's caches hold, which
/// can be hundreds of megabytes, of which only what is used becomes memory.
fn reserved_for_products() -> usize {
    LARGEST.store(0, Ordering::Relaxed);
    let multiply = || {
        let square = Matrix::<f64>::from_fn(200, 200, |r, c| (r + 2 * c) as f64);
        let mut product = Matrix::zeros(200, 200);
        times_transposed(&mut product, &square, &square);
        assert!(product[(1, 1)] > 0.0);
    };
    std::thread::spawn(multiply).join().unwrap();
    LARGEST.load(Ordering::Relaxed)
}

/// Calls every target as often as `time` allows. Returns how many inputs that were, and how many of them were
/// taken: those reach what stands behind the readers.
fn fuzz(time: Duration, seed: u64) -> Vec<(&'static str, u64, u64)> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        PLACE.set(format!("{place} {}", payload(panic)));
    }));
    // One thread: handing work over takes longer than these inputs do. An error means that the pool stands
    // already.
    let _ = use_threads(1);
    let only = std::env::var("FUZZ_TARGET").ok();
    let wanted: Vec<_> =
        targets::TARGETS.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)).collect();
    let share = time / wanted.len() as u32;
    let limit = LARGEST_ALLOCATION.max(reserved_for_products());
    let (mut counts, mut failures) = (Vec::new(), Failures::new());
    for &&(name, target) in &wanted {
        let corpus = corpus(name);
        let (mut count, mut taken) = (corpus.len() as u64, 0);
        for input in &corpus {
            taken += u64::from(call(name, target, input, limit, &mut failures));
        }
        let mut numbers = Numbers(seed);
        let started = Instant::now();
        while started.elapsed() < share {
            let (one, other) = (numbers.next(corpus.len()), numbers.next(corpus.len()));
            let input = mutate(&corpus[one], &corpus[other], &mut numbers);
            taken += u64::from(call(name, target, &input, limit, &mut failures));
            count += 1;
        }
        counts.push((name, count, taken));
    }
    let _ = std::panic::take_hook();
    assert!(failures.is_empty(), "{failures:#?} in {counts:?}");
    assert!(counts.iter().all(|(_, count, _)| *count > 1), "a target without a corpus: {counts:?}");
    assert!(counts.iter().all(|(.., taken)| *taken > 0), "a target that refuses everything: {counts:?}");
    counts
}

#[test]
fn whatever_is_read_is_read_or_refused() {
    fuzz(TIME, 0x1234_5678_9abc_def1);
}

/// For as many seconds as FUZZ_SECONDS says, from the seed FUZZ_SEED. Its figures stand in docs/reliability.md.
#[test]
#[ignore = "runs for as long as it is told to"]
fn whatever_is_read_is_read_or_refused_for_long() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let counts = fuzz(Duration::from_secs(number("FUZZ_SECONDS", 60)), number("FUZZ_SEED", 1) | 1 << 40);
    let total: u64 = counts.iter().map(|(_, count, _)| count).sum();
    let _ =
        std::io::Write::write_all(&mut std::io::stderr(), format!("{total} inputs: {counts:?}\n").as_bytes());
}

/// Writes what every target starts from where the fuzzer looks for it.
#[test]
#[ignore = "makes the fuzzer's first corpus, in the folder FUZZ_CORPUS"]
fn the_seeds_are_written_down() {
    let Ok(root) = std::env::var("FUZZ_CORPUS") else { return };
    for (name, _) in targets::TARGETS {
        let folder = Path::new(&root).join(name);
        fs::create_dir_all(&folder).unwrap();
        for (number, input) in corpus(name).into_iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:02}")), input).unwrap();
        }
    }
}
