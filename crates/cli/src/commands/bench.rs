//! `featurescope bench`: what a training step costs on this machine.

use crate::args::BenchArguments;
use crate::exit::Exit;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Context, Result};
use featurescope_lab::bench::{Arithmetic, SIZES, Stage, StepCost, step_cost};
use featurescope_lab::host::use_threads;
use featurescope_lab::status::ProductInputs;
use std::fmt::Write;

const DEFAULT_SIZES: [&str; 3] = ["A", "B", "C"];

/// Times the step at each size, early and late in training.
pub fn bench(arguments: &BenchArguments) -> Result<Exit> {
    if let Some(threads) = arguments.threads {
        use_threads(usize::from(threads)).context("cannot start the threads")?;
    }
    let arithmetic = if arguments.mixed { Arithmetic::Mixed } else { Arithmetic::Single };
    let wanted = |name: &str| match &arguments.sizes[..] {
        [] => DEFAULT_SIZES.contains(&name),
        sizes => sizes.iter().any(|size| size == name),
    };
    interrupt::may_end("nothing was written");
    let mut costs = Vec::new();
    for size in SIZES.iter().filter(|size| wanted(size.name)) {
        for stage in [Stage::Early, Stage::Late] {
            let moment = if stage == Stage::Early { "early" } else { "late" };
            let timing = Activity::on_terminal(false, format!("timing steps of {} {moment}", size.name));
            let cost = step_cost(size, stage, arithmetic, usize::from(arguments.rounds))?;
            drop(timing);
            if !arguments.json {
                output::print(&report(&cost)?)?;
            }
            costs.push(cost);
        }
    }
    if arguments.json {
        output::print(&(serde_json::to_string_pretty(&costs)? + "\n"))?;
    }
    Ok(Exit::Success)
}

fn report(cost: &StepCost) -> Result<String> {
    let (size, [median, fastest, slowest]) = (&cost.size, cost.step);
    let ms = |seconds: f64| seconds * 1e3;
    let share = |seconds: f64| format!("{:8.2} ms {:5.1} %", ms(seconds), 100.0 * seconds / median);
    let mut text = String::new();
    let title = format!("{} {}", size.name, if cost.stage == Stage::Early { "early" } else { "late" });
    writeln!(
        text,
        "{}: d {}, d1 {}, m {}, P {}, N {}; {:.0} % of the gates open; {} products; {} thread{}",
        output::heading(&title),
        size.latent_dim,
        size.ambient_dim,
        size.width,
        size.anchors,
        if cost.product_inputs == ProductInputs::Single { size.negatives } else { size.anchors - 1 },
        100.0 * cost.open_fraction,
        cost.product_inputs,
        cost.threads,
        if cost.threads == 1 { "" } else { "s" },
    )?;
    writeln!(
        text,
        "  step             {}   ({:.2} to {:.2} ms in {} steps)",
        share(median),
        ms(fastest),
        ms(slowest),
        cost.rounds
    )?;
    for (name, seconds) in &cost.parts {
        writeln!(text, "    {:<15}{}", name.replace('_', "-"), share(*seconds))?;
        if *name == "samples" {
            writeln!(text, "      of it data   {}", share(cost.data))?;
        }
    }
    writeln!(text, "  one measurement  {:8.2} ms", ms(cost.measure))?;
    writeln!(
        text,
        "  products         {:8.2} GFLOP, {:.0} GFLOP/s of a peak of {:.0}: {:.0} %\n",
        cost.operations * 1e-9,
        cost.operations / median * 1e-9,
        cost.peak * 1e-9,
        100.0 * cost.share_of_peak
    )?;
    Ok(text)
}
