//! Draws the figure of the paper's page from stored runs, one panel for each of their arms:
//!
//! ```text
//! cargo run --release -p featurescope-xue-2023 --example features RUN … FIGURE.svg
//! ```

use featurescope_lab::evidence::Run;
use featurescope_lab::paper::ship;
use featurescope_lab::report::still;
use featurescope_xue_2023::PAPER;
use featurescope_xue_2023::figure::features;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [paths @ .., file] = &arguments[..] else {
        return Err("expected runs and a file for the figure".into());
    };
    ship(&[&PAPER]);
    let runs: Vec<Run> = paths.iter().map(|path| Run::open(Path::new(path))).collect::<Result<_, _>>()?;
    let first = runs.first().ok_or("expected at least one run before the file for the figure")?;
    let provenance = format!("featurescope · seed {}", first.plan.seed);
    std::fs::write(file, still::svg(&features(&runs)?, &provenance)?)?;
    Ok(())
}
