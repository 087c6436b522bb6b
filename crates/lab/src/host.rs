//! The machine that a run runs on: its memory, its threads, its name.

use featurescope_sim::math::Matrix;
use featurescope_sim::math::linalg::times_transposed;
use serde::Serialize;
use std::path::Path;
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

/// Bytes of memory that this program may take from now on without swapping or being stopped; `None` where the
/// system does not tell (only Linux does). The least of what the machine has left, what each control group
/// around the program has left (version 1 and 2: containers, batch systems, services), and what the limit on
/// its address space leaves (`ulimit -v`).
pub fn available_memory() -> Option<f64> {
    memory_left(Path::new("/"))
}

/// The same, with the system's files below `root`.
fn memory_left(root: &Path) -> Option<f64> {
    let limits = [machine_memory(root), group_memory(root), address_space(root)];
    limits.into_iter().flatten().min_by(f64::total_cmp)
}

fn machine_memory(root: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
    Some(field(&text, "MemAvailable:")? * 1024.0)
}

/// Limit minus use of the control group of this program and of each around it.
fn group_memory(root: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut least: Option<f64> = None;
    for line in text.lines() {
        // `0::/path` in version 2, `4:memory:/path` among others in version 1.
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let files = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        } else {
            continue;
        };
        let (mount, limit, usage, cache) = files;
        let mount = root.join(mount);
        // Inside a container the path may be that outside of it; its own group is then the mount itself,
        // which ends every path.
        let group = mount.join(path.trim_start_matches('/'));
        for folder in group.ancestors().take_while(|folder| folder.starts_with(&mount)) {
            let number = |file: &str| -> Option<f64> {
                std::fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()
            };
            let Some(limit) = number(limit) else { continue };
            let statistics = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            // Files that are cached count as used and are given up for programs.
            let used = number(usage).unwrap_or(0.0) - field(&statistics, cache).unwrap_or(0.0);
            let left = (limit - used.max(0.0)).max(0.0);
            least = Some(least.map_or(left, |least| least.min(left)));
        }
    }
    least
}

/// What the limit on the address space leaves.
fn address_space(root: &Path) -> Option<f64> {
    let limits = std::fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let limit = field(&limits, "Max address space")?;
    let status = std::fs::read_to_string(root.join("proc/self/status")).ok()?;
    Some((limit - field(&status, "VmSize:")? * 1024.0).max(0.0))
}

/// The first number behind `name` at the beginning of a line.
fn field(text: &str, name: &str) -> Option<f64> {
    let rest =
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(|c: char| c.is_whitespace()))?;
    rest.split_whitespace().next()?.parse().ok()
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

    const GIBIBYTE: f64 = (1u64 << 30) as f64;

    /// The memory that is left in a system of these files.
    fn left(files: &[(&str, &str)]) -> Option<f64> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        memory_left(root.path())
    }

    #[test]
    fn the_least_of_all_limits_counts() {
        let machine = ("proc/meminfo", "MemTotal: 99 kB\nMemAvailable:   67108864 kB\n");
        assert_eq!(left(&[machine]), Some(64.0 * GIBIBYTE));
        assert_eq!(left(&[]), None);
        // Version 2: no limit on the inner group, 4 GiB on the one around it, of which 1 GiB is used and half
        // of that cached files.
        let inner = ("proc/self/cgroup", "0::/jobs/one\n");
        let version_2 = [
            machine,
            inner,
            ("sys/fs/cgroup/jobs/one/memory.max", "max\n"),
            ("sys/fs/cgroup/jobs/memory.max", "4294967296\n"),
            ("sys/fs/cgroup/jobs/memory.current", "1073741824\n"),
            ("sys/fs/cgroup/jobs/memory.stat", "anon 5\ninactive_file 536870912\n"),
        ];
        assert_eq!(left(&version_2), Some(3.5 * GIBIBYTE));
        // Inside a container the group is the mount itself, whatever the path says.
        let container = [
            machine,
            ("proc/self/cgroup", "0::/../../outside\n"),
            ("sys/fs/cgroup/memory.max", "1073741824\n"),
        ];
        assert_eq!(left(&container), Some(GIBIBYTE));
        // Version 1, where "no limit" is a huge number.
        let lines = ("proc/self/cgroup", "12:cpu,cpuacct:/a\n4:memory:/a\n");
        let limited = [
            machine,
            lines,
            ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "2147483648"),
            ("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1073741824"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"),
        ];
        assert_eq!(left(&limited), Some(GIBIBYTE));
        assert_eq!(left(&[machine, lines, limited[4]]), Some(64.0 * GIBIBYTE));
        let limits = "Limit   Soft Limit   Hard Limit   Units\nMax address space         3221225472           unlimited            bytes\n";
        let space = [machine, ("proc/self/limits", limits), ("proc/self/status", "VmSize:\t 1048576 kB\n")];
        assert_eq!(left(&space), Some(2.0 * GIBIBYTE));
        let unlimited = limits.replace("3221225472", "unlimited");
        assert_eq!(left(&[machine, ("proc/self/limits", &unlimited), space[2]]), Some(64.0 * GIBIBYTE));
    }
}
