//! `featurescope sweep slurm`: the job array that makes a sweep, as a user of a cluster would write it.
//!
//! A job makes the run with its index. Slurm sends SIGUSR1 to the script before the time limit. The script passes
//! it on, the run is saved, the program ends with the code of an interruption, and the script puts the job back
//! into the queue. A job that Slurm requeues itself, because a node failed or another job came first, goes on in
//! the same way.

use super::plan::planned;
use crate::args::SweepSlurmArguments;
use crate::exit::Exit;
use crate::output;
use anyhow::{Context, Result, bail};
use featurescope_lab::store::write_text_atomically;
use featurescope_lab::sweep::SharedPlan;
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// Name of the script.
const SCRIPT: &str = "sweep.slurm";
/// Name of the folder of the jobs' output.
const LOGS: &str = "logs";
/// Seconds before the time limit at which a run is saved.
const NOTICE: u32 = 120;
/// What a job gets for a byte that its run needs at its peak, by an estimate.
const MARGIN: f64 = 1.25;
/// MiB that a job gets on top: the program itself, and its threads.
const BASE: f64 = 256.0;

/// Plans the sweep, writes the script, and prints the line that submits it.
pub fn slurm(arguments: &SweepSlurmArguments) -> Result<Exit> {
    let (_, shared, path) = planned(&arguments.spec)?;
    let folder = absolute(&path).with_context(|| format!("cannot find {}", path.display()))?;
    if folder.to_string_lossy().contains(['\n', '\r', '%', '\\']) {
        bail!("{}: a folder for Slurm has no line break, `%` or `\\` in its name", folder.display());
    }
    let logs = folder.join(LOGS);
    fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let script = folder.join(SCRIPT);
    write_text_atomically(&script, &text(arguments, &shared, &folder, &program()))?;
    let shown = quoted(&script);
    output::print(&format!("sbatch {shown}\n"))?;
    output::note(&format!(
        "{} runs, a job for each; `featurescope sweep collect {}` puts them together",
        shared.runs.len(),
        path.display()
    ));
    Ok(Exit::Success)
}

/// How a job calls this program: by its path, unless it came along with a package of Python.
fn program() -> PathBuf {
    let own = std::env::current_exe().ok();
    let own = own.filter(|path| path.file_stem().is_some_and(|stem| stem == "featurescope"));
    own.unwrap_or_else(|| PathBuf::from("featurescope"))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn text(arguments: &SweepSlurmArguments, shared: &SharedPlan, folder: &Path, program: &Path) -> String {
    let memory = shared.runs.iter().map(|run| run.memory_bytes).fold(0.0, f64::max);
    let memory = (MARGIN * memory / f64::from(1 << 20) + BASE).ceil();
    let last = shared.runs.len().saturating_sub(1);
    let at_a_time = arguments.at_a_time.map(|count| format!("%{count}")).unwrap_or_default();
    let name: String = shared
        .experiment
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect();
    let mut options = vec![
        format!("--job-name={name}"),
        format!("--array=0-{last}{at_a_time}"),
        format!("--time={}", arguments.time),
        format!("--cpus-per-task={}", arguments.threads),
        format!("--mem={memory:.0}M"),
        "--requeue".to_owned(),
        "--open-mode=append".to_owned(),
        format!("--signal=B:USR1@{NOTICE}"),
        format!("--output=\"{}/%a.log\"", folder.join(LOGS).display()),
    ];
    options.extend(arguments.partition.as_ref().map(|name| format!("--partition={name}")));
    options.extend(arguments.account.as_ref().map(|name| format!("--account={name}")));
    options.extend(arguments.sbatch.iter().cloned());
    let options = options.join("\n#SBATCH ");
    let (program, folder, digest) = (quoted(program), quoted(folder), shared.digest().short());
    let interrupted = Exit::Interrupted as u8;
    let diverged = Exit::Diverged as u8;
    format!(
        r#"#!/bin/bash
# A job for each run of the sweep in this folder; written by `featurescope sweep slurm`.
#SBATCH {options}

# The run is saved before the time limit, and whenever Slurm asks for an end. It goes on in the next job.
requeue=no
trap 'signal=yes; requeue=yes; kill -USR1 "$program" 2>/dev/null' USR1
trap 'signal=yes; kill -TERM "$program" 2>/dev/null' TERM

{program} sweep run {folder} --plan {digest} \
    --index "$SLURM_ARRAY_TASK_ID" --threads "${{SLURM_CPUS_PER_TASK:-1}}" &
program=$!
# A signal ends `wait`, but not the program.
signal=yes
while [ "$signal" = yes ]; do
    signal=no
    wait "$program"
    code=$?
done

if [ "$code" -eq {interrupted} ] && [ "$requeue" = yes ]; then
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
# A run that diverged is a result.
[ "$code" -eq {diverged} ] && code=0
exit "$code"
"#
    )
}
