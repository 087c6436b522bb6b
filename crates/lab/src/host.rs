//! The machine that a run runs on: its memory, its threads, its name.

use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::times_transposed;
use serde::Serialize;
use std::time::Instant;

/// What the manifest says about the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Host {
    /// Its network name, if the system tells.
    pub name: Option<String>,
    /// Operating system.
    pub os: &'static str,
    /// Processor architecture.
    pub architecture: &'static str,
    /// Threads that the processor runs at once.
    pub processors: usize,
}

impl Host {
    /// This machine.
    pub fn current() -> Self {
        let name =
            std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { name, os: std::env::consts::OS, architecture: std::env::consts::ARCH, processors }
    }
}

/// Bytes of memory that a new program may take without swapping; `None` where the system does not tell (only Linux
/// does).
pub fn available_memory() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Uses `threads` threads from now on; results do not depend on it. To be called once, before anything runs.
///
/// # Errors
/// If the threads were in use already or cannot be started.
pub fn use_threads(threads: usize) -> Result<(), rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()
}

/// Operations per second of a product as large as those of a training step, on one thread; takes about .1 s.
///
/// # Errors
/// If the system gives no thread.
pub fn operations_per_second() -> Result<f64, rayon::ThreadPoolBuildError> {
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    Ok(single.install(measure_products))
}

fn measure_products() -> f64 {
    let (rows, inner, cols) = (512, 1024, 256);
    let samples = Matrix::from_fn(rows, inner, |i, j| ((i + j) % 7) as f32 - 3.0);
    let weights = Matrix::from_fn(cols, inner, |i, j| ((i + 3 * j) % 5) as f32 - 2.0);
    let mut product = Matrix::zeros(rows, cols);
    // The best of several: what else runs on the machine only ever slows it down.
    let fastest = (0..8).map(|_| {
        let started = Instant::now();
        times_transposed(&mut product, &samples, &weights);
        started.elapsed().as_secs_f64()
    });
    2.0 * (rows * inner * cols) as f64 / fastest.fold(f64::INFINITY, f64::min)
}

/// Bytes in the unit that reads best: `1.5 GiB`.
pub fn show_bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_units() {
        assert_eq!(show_bytes(1536.0), "1.5 KiB");
        assert_eq!(show_bytes(3.0 * 1024f64.powi(3)), "3.0 GiB");
        assert_eq!(show_bytes(2e17), "181898.9 TiB");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_tells_its_memory() {
        assert!(available_memory().is_some_and(|bytes| bytes > 1e6));
    }
}
