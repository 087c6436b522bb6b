//! What can be typed after `sweep`.

use super::{Data, seconds};
use crate::completion;
use crate::exit;
use clap::{Args, Subcommand};
use clap_complete::ArgValueCompleter;
use std::path::PathBuf;

/// The commands of `sweep`.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Leave the plan of a sweep in a folder: every run with its key, settings and cost
    #[command(after_help = exit::HELP)]
    Plan(SweepPlanArguments),
    /// Make one run of a planned sweep, or work until none is left
    #[command(after_help = exit::HELP)]
    Run(SweepRunArguments),
    /// Put together what all machines have made, and say what is missing, half made or failed
    #[command(after_help = exit::HELP)]
    Collect(SweepCollectArguments),
    /// Plan a sweep and write a job array for Slurm that makes it
    #[command(after_help = exit::HELP)]
    Slurm(SweepSlurmArguments),
}

/// What a sweep is made of.
#[derive(Debug, Args)]
pub struct SweepSpec {
    /// Name of a shipped experiment (see `list`) or path of a spec in TOML
    #[arg(add = ArgValueCompleter::new(completion::experiments))]
    pub experiment: String,
    /// Settings that override the experiment's. A list makes one run per value: `seed=[1,2,3]`
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(completion::settings))]
    pub overrides: Vec<String>,
    /// Folder of the sweep, which all machines see [default: runs/EXPERIMENT-sweep]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The experiment at a size that takes a few seconds, to see that it runs
    #[arg(long)]
    pub smoke: bool,
}

/// Arguments of `sweep plan`.
#[derive(Debug, Args)]
pub struct SweepPlanArguments {
    /// What the sweep is made of.
    #[command(flatten)]
    pub spec: SweepSpec,
    /// Print the plan as JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sweep run`.
#[derive(Debug, Args)]
pub struct SweepRunArguments {
    /// Folder of the sweep
    #[arg(add = ArgValueCompleter::new(completion::runs))]
    pub folder: PathBuf,
    /// Make the run with this index, from 0 on, and no other
    #[arg(long, value_name = "I")]
    pub index: Option<usize>,
    /// Make the run with this key and no other
    #[arg(long, value_name = "KEY", conflicts_with = "index")]
    pub key: Option<String>,
    /// Refuse to work if the folder holds another plan than the one with this digest, which `sweep plan` prints
    #[arg(long, value_name = "DIGEST")]
    pub plan: Option<String>,
    /// Runs at a time [default: 1]
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Threads for each run; results do not depend on it [default: all, divided by the runs at a time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Seconds between two saved states of an arm in training. A kill can cost this much
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0, value_parser = seconds)]
    pub save_every: f64,
    /// Seconds without a sign of life, from 1 to 1e6, after which another process may take over a run of this one
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, value_parser = silence)]
    pub silence: f64,
    /// Print only errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `sweep collect`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct SweepCollectArguments {
    /// Folder of the sweep
    #[arg(add = ArgValueCompleter::new(completion::runs))]
    pub folder: PathBuf,
    /// Print how every run stands, and the table, as JSON
    #[arg(long)]
    pub json: bool,
    /// Leave out the statements, report.html and figures/
    #[arg(long)]
    pub no_report: bool,
    /// What the report leaves beside its figures.
    #[command(flatten)]
    pub data: Data,
    /// Print only errors (and what --json prints)
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `sweep slurm`.
#[derive(Debug, Args)]
pub struct SweepSlurmArguments {
    /// What the sweep is made of.
    #[command(flatten)]
    pub spec: SweepSpec,
    /// Partition of the cluster [default: that of the cluster]
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Time limit of a job, as Slurm writes it: `30`, `2:00:00`, `1-12:00:00`. A run that needs longer is saved
    /// before the limit and goes on in the next job
    #[arg(long, value_name = "TIME", value_parser = slurm_time)]
    pub time: String,
    /// Account that is charged [default: that of the user]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Processors for each run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Most jobs at a time [default: as many as the cluster starts]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub at_a_time: Option<u32>,
    /// Another option of sbatch, for instance `--sbatch=--qos=long`; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, value_parser = one_line)]
    pub sbatch: Vec<String>,
}

/// Seconds of silence.
fn silence(text: &str) -> Result<f64, String> {
    let number = seconds(text)?;
    let is_usable = (1.0..=1e6).contains(&number);
    if is_usable { Ok(number) } else { Err("a number of seconds from 1 to 1e6 is expected".to_owned()) }
}

/// A time limit as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours,
/// days-hours:minutes, days-hours:minutes:seconds.
fn slurm_time(text: &str) -> Result<String, String> {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
    let parts: Vec<&str> = rest.split(':').collect();
    if days.is_none_or(is_number) && parts.len() <= 3 && parts.iter().all(|part| is_number(part)) {
        return Ok(text.to_owned());
    }
    Err("a time limit of Slurm is expected: minutes, H:MM:SS or D-HH:MM:SS".to_owned())
}

/// A text that stands on one line of a script.
fn one_line(text: &str) -> Result<String, String> {
    let is_usable = text.starts_with('-') && !text.contains(['\n', '\r']);
    if is_usable { Ok(text.to_owned()) } else { Err("an option of sbatch begins with `-`".to_owned()) }
}
