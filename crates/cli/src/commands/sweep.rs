//! `featurescope run` of a spec with lists or variants, many runs, each made once, side by side; and the same on
//! several machines, `featurescope sweep`.

pub mod collect;
pub mod plan;
pub mod slurm;
pub mod work;

use crate::args::{Data, RunArguments, SweepCommand};
use crate::commands::RUNS;
use crate::commands::judge::boards;
use crate::exit::Exit;
use crate::layout::{cells_beside, pad_left, pad_right, shortened, shown_width, wrapped};
use crate::progress::{Activity, SweepProgress};
use crate::scoreboard::{self, Detail};
use crate::{interrupt, output, panics};
use anyhow::{Context, Result};
use featurescope_lab::claim::Scoreboard;
use featurescope_lab::host::{self, operations_per_second, show_bytes};
use featurescope_lab::report::{of_judged_runs, write_with};
use featurescope_lab::stats::Estimate;
use featurescope_lab::status::Status;
use featurescope_lab::store::write_json_atomically;
use featurescope_lab::sweep::table::{LEVEL, MeanOverSeeds, Reader, Row, figures, rows};
use featurescope_lab::sweep::{COMMAND_FILE, SweepFolder, SweepPlan, execute, runs_in};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where a sweep's scoreboard is left.
const SCOREBOARD_FILE: &str = "scoreboard.json";

/// How a sweep was begun; its spec may hold more than its folder does.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    /// The arguments, without the program's name.
    pub arguments: Vec<String>,
    /// The folder in which they were typed.
    pub folder: PathBuf,
}

/// How many runs go on at a time, and with how many threads each.
struct Crew {
    jobs: usize,
    threads: usize,
}

impl Crew {
    /// One run per processor, or as many as fit into memory.
    fn new(plan: &SweepPlan, arguments: &RunArguments) -> Self {
        let processors =
            arguments.manner.threads.map_or_else(|| host::Host::current().processors, usize::from);
        let largest = plan.runs.iter().map(|run| run.cost.memory).fold(1.0, f64::max);
        let fitting = host::available_memory().map_or(processors, |bytes| (bytes / largest) as usize);
        let jobs = arguments.jobs.map_or(processors, usize::from).min(fitting).min(plan.runs.len()).max(1);
        Self { jobs, threads: (processors / jobs).max(1) }
    }
}

/// Whether this process is `featurescope resume`, which is not how the sweep was begun.
fn is_resumed() -> bool {
    std::env::args_os().nth(1).is_some_and(|word| word == "resume")
}

fn remember(path: &Path) -> Result<()> {
    let arguments = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let begun = Begun { arguments: arguments.collect(), folder: std::env::current_dir()? };
    Ok(write_json_atomically(&path.join(COMMAND_FILE), &begun)?)
}

/// What is said of a sweep's runs, by what they are about.
pub struct Subject<'a> {
    /// The figures of its table.
    pub figures: &'a [(&'static str, Reader)],
    /// Leaves what is made of the runs in the folder of the sweep.
    pub conclude: &'a dyn Fn(&Path) -> Result<()>,
    /// Whether its cost is that of products, so that the time they take can be told.
    pub is_in_products: bool,
}

/// `featurescope sweep`.
pub fn on_machines(command: &SweepCommand) -> Result<Exit> {
    match command {
        SweepCommand::Plan(arguments) => plan::plan(arguments),
        SweepCommand::Run(arguments) => work::work(arguments),
        SweepCommand::Collect(arguments) => collect::collect(arguments),
        SweepCommand::Slurm(arguments) => slurm::slurm(arguments),
    }
}

/// Makes runs on sparse-coding data; judges the paper's statements by them if `is_judged`.
pub fn run_judged(arguments: &RunArguments, plan: &SweepPlan, is_judged: bool) -> Result<Exit> {
    let manner = &arguments.manner;
    let conclusion = Conclusion {
        has_report: !manner.no_report,
        shows: !manner.quiet && !manner.json,
        is_quiet: manner.quiet,
        data: manner.data,
    };
    let conclude = |path: &Path| conclusion.draw(path, is_judged);
    run(arguments, plan, &Subject { figures: &figures(), conclude: &conclude, is_in_products: true })
}

/// Makes the runs and prints what they found.
pub fn run(arguments: &RunArguments, plan: &SweepPlan, subject: &Subject<'_>) -> Result<Exit> {
    let path =
        arguments.out.clone().unwrap_or_else(|| Path::new(RUNS).join(format!("{}-sweep", plan.experiment)));
    let folder = SweepFolder::open(&path)?.saving_every(arguments.manner.save_every());
    // From here on there is something in the folder.
    interrupt::has_to_save("every run that is being made is saved after its step");
    if !is_resumed() {
        remember(&path)?;
    }
    let crew = Crew::new(plan, arguments);
    for key in plan.idle_lists() {
        tell(arguments, &format!("warning: {key} changes no setting of any run: its list is of no use"));
    }
    tell(arguments, &why_several(plan));
    tell(arguments, &announcement(plan, &crew, subject)?);
    let shown = path.display();
    panics::saved_in(&path);
    super::watch::beside(&path, &arguments.manner)?;
    let progress = SweepProgress::new(arguments.manner.quiet, plan.runs.len(), plan.operations());
    let jobs = (crew.jobs, crew.threads);
    let made = execute(plan, &folder, jobs, interrupt::flag(), &|event| progress.show(&event));
    drop(progress);
    let (index, is_complete) = made.map_err(|error| {
        let resume = format!(", `featurescope resume {shown}` goes on");
        let advice = if error.can_be_resumed() { resume } else { String::new() };
        let context = format!("the sweep stopped; what it has so far is in {shown}{advice}");
        anyhow::Error::new(error).context(context)
    })?;
    let complete = format!("the runs are complete, `featurescope report {shown}` judges and shows them");
    interrupt::may_end(&complete);
    let rows = rows(&index, &folder, subject.figures)?;
    if arguments.manner.json {
        let all = serde_json::json!({ "sweep": index, "rows": rows });
        output::print(&(serde_json::to_string_pretty(&all)? + "\n"))?;
    } else if !arguments.manner.quiet {
        output::print(&table(&rows, output::width())?)?;
        output::print(&format!("\n{shown}\n"))?;
    }
    for warning in &index.warnings {
        tell(arguments, &format!("warning: {warning}"));
    }
    if !is_complete {
        output::note(&format!("interrupted; `featurescope resume {shown}` goes on where it stopped"));
        return Ok(Exit::Interrupted);
    }
    if interrupt::is_requested() {
        output::note(&complete);
        return Ok(Exit::Interrupted);
    }
    (subject.conclude)(&path)?;
    let has_diverged = index.points.iter().any(|point| point.status == Status::Diverged);
    Ok(if has_diverged { Exit::Diverged } else { Exit::Success })
}

fn tell(arguments: &RunArguments, text: &str) {
    if !arguments.manner.quiet {
        output::note(text);
    }
}

/// What is made of the runs of a sweep.
pub(super) struct Conclusion {
    /// Whether there is a report.
    has_report: bool,
    /// Whether statements and the path of the report are printed.
    shows: bool,
    /// Whether nothing is told meanwhile.
    is_quiet: bool,
    /// What the report leaves beside its figures.
    data: Data,
}

impl Conclusion {
    /// Judges the paper's statements by the runs, leaves the scoreboard and the report beside them, and prints
    /// the former if the runs were made for it.
    fn draw(&self, path: &Path, is_judged: bool) -> Result<()> {
        if !self.has_report && !is_judged {
            return Ok(());
        }
        let runs = runs_in(path)?;
        let boards = boards(self.is_quiet, &runs)?;
        keep(&boards, path)?;
        for board in boards.iter().filter(|_| is_judged && self.shows) {
            output::print(&scoreboard::text(board, Detail::Line, output::width())?)?;
        }
        if !self.has_report {
            return Ok(());
        }
        // The results are there whatever becomes of their pictures.
        let drawing = Activity::start(self.is_quiet, "drawing the report");
        let report =
            of_judged_runs(&runs, &boards).and_then(|page| write_with(&page, path, self.data.asked_for()));
        drop(drawing);
        match report {
            Ok(report) if self.shows => output::print(&format!("{}\n", report.display()))?,
            Ok(_) => {}
            Err(error) => output::note(&format!("no report: {error}")),
        }
        Ok(())
    }
}

/// Leaves boards beside the runs of a sweep that they judge.
pub fn keep(boards: &[Scoreboard], sweep: &Path) -> Result<()> {
    for (number, board) in boards.iter().enumerate() {
        write_json_atomically(&sweep.join(scoreboard_file(number, board)), board)?;
    }
    Ok(())
}

/// The file of a board: the first paper's has the plain name, the others' have theirs in it.
fn scoreboard_file(number: usize, board: &Scoreboard) -> String {
    match board.paper {
        Some(paper) if number > 0 => format!("scoreboard-{}.json", paper.text()),
        _ => SCOREBOARD_FILE.to_owned(),
    }
}

/// Values of a list that are named one by one.
const NAMED_VALUES: usize = 6;

/// What makes several runs of one command: somebody may have typed a list where one value was meant.
fn why_several(plan: &SweepPlan) -> String {
    let variants: HashSet<_> = plan.points.iter().filter_map(|point| point.variant.as_deref()).collect();
    let mut lists: Vec<(&str, Vec<String>)> = Vec::new();
    for (key, value) in plan.points.iter().flat_map(|point| &point.choices) {
        let position = lists.iter().position(|(other, _)| other == key).unwrap_or_else(|| {
            lists.push((key, Vec::new()));
            lists.len() - 1
        });
        let value = value.to_string();
        if !lists[position].1.contains(&value) {
            lists[position].1.push(value);
        }
    }
    let mut reasons: Vec<String> = lists.into_iter().map(|(key, values)| show_list(key, &values)).collect();
    match variants.len() {
        0 => {}
        1 => reasons.insert(0, "the entries of one variant".to_owned()),
        count => reasons.insert(0, format!("{count} variants")),
    }
    format!("this makes {} runs, one for every combination of {}", plan.runs.len(), reasons.join("; "))
}

fn show_list(key: &str, values: &[String]) -> String {
    match values {
        [first, .., last] if values.len() > NAMED_VALUES => {
            format!("{key} = {first} … {last} ({} values)", values.len())
        }
        values => format!("{key} = {}", values.join(", ")),
    }
}

fn announcement(plan: &SweepPlan, crew: &Crew, subject: &Subject<'_>) -> Result<String> {
    let memory = plan.runs.iter().map(|run| run.cost.memory).fold(0.0, f64::max) * crew.jobs as f64;
    let repeated = plan.points.len() - plan.runs.len();
    let repeats = if repeated == 0 { String::new() } else { format!(" ({repeated} asked for twice)") };
    Ok(format!(
        "{}: {} runs{repeats}, {} at a time with {} each{}; about {} of memory",
        plan.experiment,
        plan.runs.len(),
        crew.jobs,
        if crew.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", crew.threads) },
        if subject.is_in_products { time(plan, crew)? } else { String::new() },
        show_bytes(memory)
    ))
}

/// What the products of a sweep take.
fn time(plan: &SweepPlan, crew: &Crew) -> Result<String> {
    let (operations, rate) = (plan.operations(), operations_per_second().context("cannot start a thread")?);
    Ok(format!(
        "; at most {:.0} TFLOP: about {} of products at the {:.0} GFLOP/s that this machine does per thread now, before \
         measurements and probes (closed gates make steps cheaper)",
        operations / 1e12,
        duration(operations / rate / (crew.jobs * crew.threads) as f64),
        rate / 1e9
    ))
}

/// Seconds in the unit that reads best.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 99.5 * 60.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// A block per setting, a line per arm, in lines of at most `width` columns: figures that do not fit follow
/// in a second table.
fn table(rows: &[Row], width: usize) -> Result<String> {
    const SEEDS: usize = 6;
    const CELL: usize = 14;
    let longest = rows.iter().map(|row| shown_width(&row.arm) + 2).max().unwrap_or_default();
    let arm = longest.min(width.saturating_sub(SEEDS + CELL));
    let figures: Vec<usize> = (0..rows.first().map_or(0, |row| row.figures.len())).collect();
    let mut text = String::new();
    for columns in figures.chunks(cells_beside(width, arm + SEEDS, CELL)) {
        write!(text, "{}{}", pad_right("", arm), pad_left("seeds", SEEDS))?;
        for &column in columns {
            text.push_str(&pad_left(rows[0].figures[column].0, CELL));
        }
        text.push('\n');
        let mut before = None;
        for row in rows {
            let title = title(row);
            if before.as_ref() != Some(&title) {
                writeln!(text, "{}", output::heading(wrapped(&title, width, "", "  ").trim_end()))?;
                before = Some(title);
            }
            let name = shortened(&format!("  {}", row.arm), arm);
            write!(text, "{}{}", pad_right(&name, arm), pad_left(&row.seeds.to_string(), SEEDS))?;
            for &column in columns {
                let figure = row.figures[column].1.as_ref().map_or("–".to_owned(), show);
                text.push_str(&pad_left(&figure, CELL));
            }
            text.push('\n');
        }
        text.push('\n');
    }
    writeln!(text, "mean over seeds ± half of its {:.0} % interval (Student t)", 100.0 * LEVEL)?;
    Ok(text)
}

fn title(row: &Row) -> String {
    let mut parts = Vec::new();
    if let (Some(latent_dim), Some(ambient_dim)) = (row.latent_dim, row.ambient_dim) {
        parts.push(format!("d = {latent_dim}, d1 = {ambient_dim}"));
    }
    let said = ["data.latent_dim", "data.ambient_dim"];
    let choices = row.choices.iter().filter(|(key, _)| !said.contains(&key.as_str()));
    parts.extend(choices.map(|(key, value)| format!("{key} = {}", plain(value))));
    let variant = row.variant.as_ref().map_or(String::new(), |variant| format!("{variant}: "));
    variant + &parts.join(", ")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn show(figure: &MeanOverSeeds) -> String {
    match figure.interval {
        Some(Estimate { lower, upper, .. }) => format!("{:.2} ± {:.2}", figure.mean, 0.5 * (upper - lower)),
        None => format!("{:.2}", figure.mean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_sweep_fits_every_width_and_loses_no_figure() {
        let figures = figures();
        let figure = MeanOverSeeds { mean: -0.123, interval: None };
        let row = |arm: &str| Row {
            variant: Some("a variant with a long name".to_owned()),
            latent_dim: Some(64),
            ambient_dim: Some(4096),
            choices: vec![("augmentation.kind".to_owned(), "independent_masks".into()); 3],
            arm: arm.to_owned(),
            seeds: 12,
            figures: figures.iter().map(|&(name, _)| (name, Some(figure))).collect(),
        };
        let rows = [row("none"), row("random_mask_with_a_threshold_that_follows_the_schedule")];
        for width in [60, 80, 120] {
            let text = table(&rows, width).unwrap();
            let widest = text.lines().map(shown_width).max().unwrap();
            assert!(widest <= width, "{widest} of {width}\n{text}");
            assert!(figures.iter().all(|(name, _)| text.contains(name)), "{text}");
            assert_eq!(text.matches("-0.12").count(), rows.len() * figures.len(), "{text}");
        }
    }
}
