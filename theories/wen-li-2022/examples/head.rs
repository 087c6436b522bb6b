//! Draws the figure of the paper's page from a stored run:
//!
//! ```text
//! cargo run --release -p featurescope-wen-li-2022 --example head RUN FIGURE.svg
//! ```

use featurescope_lab::evidence::Run;
use featurescope_lab::paper::ship;
use featurescope_lab::report::still;
use featurescope_wen_li_2022::PAPER;
use featurescope_wen_li_2022::figure::head;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, file] = &arguments[..] else { return Err("expected a run and a file for the figure".into()) };
    ship(&[&PAPER]);
    let run = Run::open(Path::new(run))?;
    let provenance = format!("{} · seed {}", run.plan.experiment, run.plan.seed);
    std::fs::write(file, still::svg(&head(&run)?, &provenance)?)?;
    Ok(())
}
