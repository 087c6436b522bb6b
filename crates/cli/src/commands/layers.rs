//! What the name of an experiment or the path of a spec stands for.

use crate::exit::UnknownName;
use anyhow::Result;
use featurescope_image::experiments::EXPERIMENTS as ON_PICTURES;
use featurescope_lab::experiments;
use featurescope_lab::spec::Layer;
use featurescope_lab::spec::registry::nearest;

/// The settings behind a name or a path, and the name of the experiment.
pub fn layers(experiment: &str, smoke: bool) -> Result<(Vec<Layer>, String)> {
    if let Some(found) = experiments::find_or_read(experiment, smoke)? {
        return Ok(found);
    }
    let known = experiments::all().into_iter().chain(ON_PICTURES).map(|shipped| shipped.name);
    let suggestion = nearest(experiment, known);
    Err(UnknownName {
        name: experiment.to_owned(),
        expected: "an experiment (`featurescope list` names them) or the path of a spec",
        suggestion: suggestion.map(ToOwned::to_owned),
    }
    .into())
}
