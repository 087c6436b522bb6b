//! What a run takes of memory, estimated before anything is allocated. Measured peaks of small runs of all three kinds of
//! network were 0.6 to 1.3 times the estimate.

use crate::network::Network;
use crate::settings::Settings;
use featurescope_lab::host::show_bytes;

/// Bytes of a number.
const SINGLE: f64 = 4.0;
/// A parameter, what it was before the step, its leaf, its gradient and its velocity.
const COPIES_OF_PARAMETERS: f64 = 5.0;
/// What a pass keeps, and the gradients of the layers that are being derived.
const COPIES_OF_ACTIVATIONS: f64 = 1.5;
/// Similarities, what is laid over them, their exponentials, their gradients.
const COPIES_OF_LOGITS: f64 = 8.0;
/// Representations as they come, as matrices, and in double precision.
const COPIES_OF_FEATURES: f64 = 4.0;

/// A run that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this run needs about {needed} of memory (most of it for {part}), {available} are available: lower {remedy}"
)]
pub struct MemoryError {
    /// What it needs.
    pub needed: String,
    /// What takes most of it.
    pub part: &'static str,
    /// What there is.
    pub available: String,
    /// Settings that make it smaller.
    pub remedy: &'static str,
}

/// Bytes by what takes them, and the settings that it depends on.
fn parts(
    settings: &Settings,
    [height, width]: [usize; 2],
    classes: usize,
) -> [(f64, &'static str, &'static str); 4] {
    let objectives =
        settings.arms.iter().map(|(_, arm)| arm.objective.unwrap_or(settings.training.objective));
    let layouts =
        objectives.map(|objective| Network::new(&settings.network, &objective, [width, classes], 0));
    let (mut parameters, mut step, mut measuring) = (0.0f64, 0.0f64, 0.0f64);
    let (batch, data) = (settings.training.batch as f64, &settings.data);
    let (train, test) = (data.train as f64, data.test as f64);
    for (network, blueprint) in layouts {
        let picture = network.encoder.footprint(width);
        let [kept, firing, samples] =
            [picture.kept, picture.firing, picture.samples].map(|count| count as f64);
        let learned: f64 = blueprint.slots().iter().map(|slot| slot.count() as f64).sum();
        parameters = parameters.max(SINGLE * COPIES_OF_PARAMETERS * learned);
        let logits = COPIES_OF_LOGITS * (2.0 * batch * samples).powi(2);
        step = step.max(SINGLE * (COPIES_OF_ACTIVATIONS * 2.0 * batch * kept + logits));
        let features = network.encoder.features() as f64;
        let represented =
            (settings.measure.probe as f64 + test) * (COPIES_OF_FEATURES * features + 2.0 * firing);
        measuring = measuring.max(SINGLE * (represented + COPIES_OF_FEATURES * features.powi(2)));
    }
    let pictures = (train + test) * 3.0 * (height * width) as f64;
    [
        (pictures, "the pictures", "data.train, data.test or data.size"),
        (parameters, "the network's parameters", "the sizes of `network`"),
        (step, "a step", "training.batch or the sizes of `network`"),
        (measuring, "measuring", "measure.probe, data.test or the sizes of `network`"),
    ]
}

/// Bytes that a run takes on pictures of this height and width.
pub fn needed(settings: &Settings, size: [usize; 2], classes: usize) -> f64 {
    parts(settings, size, classes).iter().map(|part| part.0).sum()
}

/// Whether a run fits into `available` bytes; nothing is known where they are `None`.
///
/// # Errors
/// If it does not.
pub fn require(
    settings: &Settings,
    size: [usize; 2],
    classes: usize,
    available: Option<f64>,
) -> Result<(), MemoryError> {
    let needed = needed(settings, size, classes);
    let Some(available) = available.filter(|&available| needed > available) else { return Ok(()) };
    let largest = parts(settings, size, classes).into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let (_, part, remedy) = largest.unwrap_or_default();
    Err(MemoryError { needed: show_bytes(needed), part, available: show_bytes(available), remedy })
}
