//! What can be typed.

mod sweep;

pub use sweep::*;

use crate::completion;
use crate::exit;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;
use featurescope_lab::report::FigureData;
use std::path::PathBuf;
use std::time::Duration;

/// Watch, test and explain how a network learns features by contrastive learning.
#[derive(Debug, Parser)]
#[command(name = "featurescope", version, after_help = exit::HELP, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment and leave a run directory
    #[command(after_help = exit::HELP)]
    Run(RunArguments),
    /// Make the runs of a spec with lists on any number of machines that share a folder
    #[command(subcommand, after_help = exit::HELP)]
    Sweep(SweepCommand),
    /// Go on with a run that was stopped: by Ctrl-C, a kill, a power cut, a full disk
    #[command(after_help = exit::HELP)]
    Resume(ResumeArguments),
    /// Go on from a moment of a stored run with other settings, in a run directory of its own
    #[command(after_help = exit::HELP)]
    Fork(ForkArguments),
    /// Judge the paper's statements by stored runs; reads only
    #[command(after_help = exit::HELP)]
    Judge(JudgeArguments),
    /// Measure what a training step costs on this machine, and where the time goes
    #[command(after_help = exit::HELP)]
    Bench(BenchArguments),
    /// Make the report of stored runs: one page that opens anywhere, and its figures as SVG, PNG and CSV
    #[command(after_help = exit::HELP)]
    Report(ReportArguments),
    /// Put two stored runs side by side
    #[command(after_help = exit::HELP)]
    Compare(CompareArguments),
    /// Diagnose representations of any network: sparsity, collapse, alignment, probes, a map
    #[command(after_help = exit::HELP)]
    Diagnose(DiagnoseArguments),
    /// Look into networks that were trained on pictures
    #[cfg(feature = "images")]
    #[command(subcommand, after_help = exit::HELP)]
    Images(ImagesCommand),
    /// Open the lab: a page in which learners train in the browser, with sliders, forwards and backwards
    #[command(after_help = exit::HELP)]
    Lab(LabArguments),
    /// Watch runs that are being made, here or by other processes: a page that follows them; reads only
    #[command(after_help = exit::HELP)]
    Watch(WatchArguments),
    /// List the experiments that come with the program
    List,
    /// Explain a setting, an experiment, a statement of the paper, a letter or a term
    Explain(ExplainArguments),
    /// Print shell completions, which know experiments, settings and stored runs
    Completions(CompletionsArguments),
    /// Print a manual page
    Man(ManArguments),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Name of a shipped experiment (see `list`) or path of a spec in TOML
    #[arg(add = ArgValueCompleter::new(completion::experiments))]
    pub experiment: String,
    /// Settings that override the experiment's, for all arms or for one:
    /// `training.steps=100` `arms.none.bias.kind=staged`. A list makes one run per value:
    /// `seed=[1,2,3]` `data.latent_dim=[32,64]`
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(completion::settings))]
    pub overrides: Vec<String>,
    /// Folder for the results [default: runs/EXPERIMENT-N, new or empty; for several runs
    /// runs/EXPERIMENT-sweep, where runs that are there already are kept]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Runs at a time, where there are several [default: one per thread, as far as memory goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The experiment at a size that takes a few seconds, to see that it runs
    #[arg(long)]
    pub smoke: bool,
    /// How it runs and what is shown.
    #[command(flatten)]
    pub manner: Manner,
}

/// How a run runs and what is shown of it.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Manner {
    /// Threads to use; results do not depend on it [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Seconds between two saved states of an arm in training. A kill can cost this much. 0 saves after every
    /// step. Networks on pictures are saved after every epoch
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0, value_parser = seconds)]
    pub save_every: f64,
    /// Print what `summary.json` holds instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Leave out report.html and figures/; `featurescope report` makes them later
    #[arg(long)]
    pub no_report: bool,
    /// Serve a page on this machine that follows the run until it ends, as `featurescope watch` does
    #[arg(long)]
    pub watch: bool,
    /// What the report leaves beside its figures.
    #[command(flatten)]
    pub data: Data,
    /// Print only errors (and what --json prints)
    #[arg(long, short)]
    pub quiet: bool,
}

impl Manner {
    /// Wall time between two saved states.
    pub fn save_every(&self) -> Duration {
        Duration::from_secs_f64(self.save_every)
    }
}

/// Which data a report leaves beside its figures.
#[derive(Clone, Copy, Debug, Args)]
pub struct Data {
    /// Write the data of every figure as CSV, that of large matrices as well: megabytes for each arm
    #[arg(long)]
    figure_data: bool,
}

impl Data {
    /// As the report knows it.
    pub fn asked_for(self) -> FigureData {
        if self.figure_data { FigureData::All } else { FigureData::Small }
    }
}

/// A number of seconds that a clock can count.
fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number of seconds is expected".to_owned())?;
    let is_usable = (0.0..=1e9).contains(&number);
    if is_usable { Ok(number) } else { Err("a number of seconds from 0 to 1e9 is expected".to_owned()) }
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// The run directory, or the folder of a sweep
    #[arg(add = ArgValueCompleter::new(completion::runs))]
    pub run: PathBuf,
    /// How it runs and what is shown.
    #[command(flatten)]
    pub manner: Manner,
}

/// Arguments of `fork`.
#[derive(Debug, Args)]
pub struct ForkArguments {
    /// The run directory to start from; its arms must have ended
    #[arg(add = ArgValueCompleter::new(completion::runs))]
    pub run: PathBuf,
    /// Where to leave it: a number of steps, `t1` or `t2`
    #[arg(long, value_name = "STEP|t1|t2", add = ArgValueCompleter::new(completion::moments))]
    pub at: String,
    /// The arm to fork [default: the run's first]
    #[arg(long, value_name = "NAME")]
    pub arm: Option<String>,
    /// Name of the new arm [default: ARM-fork]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What is different from there on: `augmentation.kind=none` `objective.temperature=2`
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(completion::settings))]
    pub overrides: Vec<String>,
    /// Folder for the results, new or empty [default: runs/EXPERIMENT-fork-N]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How it runs and what is shown.
    #[command(flatten)]
    pub manner: Manner,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct JudgeArguments {
    /// Run directories, or sweeps of them. Runs that differ only in the seed are repetitions of each
    /// other
    #[arg(
        required_unless_present = "claims_digest",
        value_name = "RUN",
        add = ArgValueCompleter::new(completion::runs)
    )]
    pub runs: Vec<PathBuf>,
    /// Print the SHA-256 of the statements, bounds and rules that judge, and judge nothing. If you note it
    /// before a run, it shows that they were fixed by then
    #[arg(long, conflicts_with = "runs")]
    pub claims_digest: bool,
    /// Show every test, setting and control, and what undecided statements need, instead of a line for
    /// each statement
    #[arg(long)]
    pub all: bool,
    /// Print the scoreboard as a Markdown page
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Print everything that was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Sizes of the step [default: A B C]
    #[arg(value_parser = ["A", "B", "C", "D"])]
    pub sizes: Vec<String>,
    /// Products from bfloat16 inputs and in-batch negatives (`training.arithmetic=mixed`)
    #[arg(long)]
    pub mixed: bool,
    /// Steps that are timed, at each size and stage
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Run directories, or folders that hold run directories
    #[arg(required = true, value_name = "RUN", add = ArgValueCompleter::new(completion::runs))]
    pub runs: Vec<PathBuf>,
    /// Folder for report.html and figures/ [default: the run's own; for several runs: report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What the report leaves beside its figures.
    #[command(flatten)]
    pub data: Data,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The run on the left
    #[arg(value_name = "RUN_A", add = ArgValueCompleter::new(completion::runs))]
    pub left: PathBuf,
    /// The run on the right
    #[arg(value_name = "RUN_B", add = ArgValueCompleter::new(completion::runs))]
    pub right: PathBuf,
    /// Folder for report.html and figures/
    #[arg(long, value_name = "DIR", default_value = "comparison")]
    pub out: PathBuf,
    /// What the report leaves beside its figures.
    #[command(flatten)]
    pub data: Data,
    /// Print settings and figures as JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
pub struct DiagnoseArguments {
    /// Representations, samples × neurons: .npy, .npz, .safetensors or .parquet. Several files, of
    /// the same samples, are layers or epochs: one report shows them side by side
    #[arg(value_name = "FILE", required = true)]
    pub activations: Vec<PathBuf>,
    /// The array, or the column of lists, to take where the file holds several. Repeat it for several
    /// layers. `all` takes every matrix
    #[arg(long, value_name = "NAME")]
    pub array: Vec<String>,
    /// Which columns of a table are neurons, separated by commas; `*` stands for any text
    /// [default: the floating-point columns that are no label and no index]
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "array")]
    pub columns: Vec<String>,
    /// Representations of another view of every sample, row by row, of the same shape. There is one for
    /// each representation
    #[arg(long, value_name = "FILE")]
    pub pairs: Vec<PathBuf>,
    /// Which array of that file
    #[arg(long, value_name = "NAME", requires = "pairs")]
    pub pairs_array: Vec<String>,
    /// One label per sample: text and whole numbers are classes, other numbers are values to
    /// predict
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Which array or column of that file
    #[arg(long, value_name = "NAME", requires = "labels")]
    pub labels_array: Option<String>,
    /// What labels are taken for, whatever they look like
    #[arg(long, value_name = "KIND", requires = "labels")]
    pub labels_as: Option<LabelKind>,
    /// The label that stands for none, for instance -1
    #[arg(long, value_name = "VALUE", requires = "labels", allow_hyphen_values = true)]
    pub unlabelled: Option<String>,
    /// Largest number of samples to look at: a fixed random choice, stratified by class
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(4..))]
    pub samples: u32,
    /// Folder for report.html and figures/
    #[arg(long, value_name = "DIR", default_value = "diagnosis")]
    pub out: PathBuf,
    /// Print the figures as JSON: an object, or a list of them for several representations
    #[arg(long)]
    pub json: bool,
    /// What the report leaves beside its figures.
    #[command(flatten)]
    pub data: Data,
}

/// What labels are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LabelKind {
    /// Each different label is a class.
    Classes,
    /// Labels are numbers to be predicted.
    Values,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Anything that has a name, or a part of its name: a setting (`training.learning_rate`), a table
    /// of settings, an experiment, a statement (`theorem 3.4`), a quantity, a recorded column, a letter
    /// of the paper (`tau`) or a term (`dense energy`). Without a name, every setting is listed
    #[arg(add = ArgValueCompleter::new(completion::names))]
    pub name: Vec<String>,
    /// Run directories or sweeps to show a statement by, instead of the results that come with
    /// the program
    #[arg(long, value_name = "RUN", num_args = 1.., add = ArgValueCompleter::new(completion::runs))]
    pub runs: Vec<PathBuf>,
    /// Print what is found as JSON, or everything that has a name
    #[arg(long, conflicts_with = "runs")]
    pub json: bool,
}

/// Arguments of `lab`.
#[derive(Debug, Args)]
pub struct LabArguments {
    /// Folder of another page [default: the page that comes with the program]
    #[arg(long, value_name = "DIR")]
    pub page: Option<PathBuf>,
    /// Port on this machine's own address 127.0.0.1; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Print the address and start no browser
    #[arg(long)]
    pub no_open: bool,
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// Run directories, sweeps, or folders that hold some. Runs that begin later are found later
    #[arg(value_name = "RUN", default_value = "runs", add = ArgValueCompleter::new(completion::runs))]
    pub runs: Vec<PathBuf>,
    /// Show the runs here instead, and end when all have ended. Into a pipe only what is new is written
    #[arg(long)]
    pub text: bool,
    /// Show them here as they stand now, and end
    #[arg(long, requires = "text")]
    pub once: bool,
    /// Port on this machine's own address 127.0.0.1; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "text")]
    pub port: u16,
    /// Print the address and start no browser
    #[arg(long, conflicts_with = "text")]
    pub no_open: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_parser = completion::SHELLS)]
    pub shell: String,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command to describe [default: the program]
    pub command: Option<String>,
}

/// The commands of `images`.
#[cfg(feature = "images")]
#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// Show what the units of a stored network look for
    #[command(after_help = exit::HELP)]
    Features(ImageFeaturesArguments),
}

/// Arguments of `images features`.
#[cfg(feature = "images")]
#[derive(Debug, Args)]
pub struct ImageFeaturesArguments {
    /// A checkpoint.safetensors of a run
    pub checkpoint: PathBuf,
    /// The layer [default: the last]
    #[arg(long, value_name = "NAME")]
    pub layer: Option<String>,
    /// Units that are looked at, from the first on
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub units: u16,
    /// Steps of the ascent
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..))]
    pub steps: u16,
    /// Where to compute
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    pub device: String,
    /// Folder for report.html and figures/ [default: features]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
