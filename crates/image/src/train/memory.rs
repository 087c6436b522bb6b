//! What a run takes of memory, estimated before anything is allocated. Measured peaks of small runs of all three kinds of
//! network were 0.6 to 1.3 times the estimate.

use crate::network::Network;
use crate::settings::Settings;
use featurescope_lab::host::show_bytes;
use featurescope_lab::plan::Cost;

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

/// Something that takes memory.
struct Part {
    bytes: f64,
    name: &'static str,
    /// The settings that it depends on.
    remedy: &'static str,
}

fn parts(settings: &Settings, [height, width]: [usize; 2], classes: usize) -> [Part; 4] {
    let (mut parameters, mut step, mut measuring) = (0.0f64, 0.0f64, 0.0f64);
    let (train, test) = (settings.data.train as f64, settings.data.test as f64);
    for (_, arm) in &settings.arms {
        let batch = arm.training.batch as f64;
        let (network, blueprint) = Network::new(&arm.network, &arm.objective, [width, classes], 0);
        let picture = network.encoder.footprint(width);
        let [kept, firing, samples] =
            [picture.kept, picture.firing, picture.samples].map(|count| count as f64);
        let learned: f64 = blueprint.slots().iter().map(|slot| slot.count() as f64).sum();
        parameters = parameters.max(SINGLE * COPIES_OF_PARAMETERS * learned);
        let logits = COPIES_OF_LOGITS * (2.0 * batch * samples).powi(2);
        step = step.max(SINGLE * (COPIES_OF_ACTIVATIONS * 2.0 * batch * kept + logits));
        let features = network.encoder.features() as f64;
        let represented =
            (settings.probe.pictures as f64 + test) * (COPIES_OF_FEATURES * features + 2.0 * firing);
        measuring = measuring.max(SINGLE * (represented + COPIES_OF_FEATURES * features.powi(2)));
    }
    let pictures = (train + test) * 3.0 * (height * width) as f64;
    let part = |bytes, name, remedy| Part { bytes, name, remedy };
    [
        part(pictures, "the pictures", "data.train, data.test or data.pictures.size"),
        part(parameters, "the network's parameters", "the sizes of `network`"),
        part(step, "a step", "training.batch or the sizes of `network`"),
        part(measuring, "measuring", "probe.pictures, data.test or the sizes of `network`"),
    ]
}

/// Operations behind an activation, roughly: a filter of a hundred weights, forward and twice as much backward.
const OPERATIONS_PER_ACTIVATION: f64 = 600.0;

/// What a run costs. Its operations are rough: they order runs and fill a bar.
pub fn cost(settings: &Settings, size: [usize; 2], classes: usize) -> Cost {
    let parts = parts(settings, size, classes);
    let operations = settings.arms.iter().map(|(_, arm)| {
        let (network, _) = Network::new(&arm.network, &arm.objective, [size[1], classes], 0);
        let views = 2.0 * arm.training.epochs as f64 * settings.data.train as f64;
        OPERATIONS_PER_ACTIVATION * views * network.encoder.footprint(size[1]).kept as f64
    });
    Cost {
        memory: parts.iter().map(|part| part.bytes).sum(),
        largest: largest(parts).name.to_owned(),
        operations: operations.sum(),
        files: None,
    }
}

fn largest([first, rest @ ..]: [Part; 4]) -> Part {
    rest.into_iter().fold(first, |most, part| if part.bytes > most.bytes { part } else { most })
}

/// Whether a run on pictures of this height and width fits into `available` bytes; nothing is known where they are `None`.
///
/// # Errors
/// If it does not.
pub fn require(
    settings: &Settings,
    size: [usize; 2],
    classes: usize,
    available: Option<f64>,
) -> Result<(), MemoryError> {
    let parts = parts(settings, size, classes);
    let needed: f64 = parts.iter().map(|part| part.bytes).sum();
    let Some(available) = available.filter(|&available| needed > available) else { return Ok(()) };
    let largest = largest(parts);
    Err(MemoryError {
        needed: show_bytes(needed),
        part: largest.name,
        available: show_bytes(available),
        remedy: largest.remedy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Pictures;

    const SPEC: &str = include_str!("../../../../experiments/images-synthetic/experiment.toml");

    fn of(overrides: &[&str]) -> [Part; 4] {
        let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
        let settings =
            Settings::from_texts(&[SPEC], &[overrides, vec!["seed=1".to_owned()]].concat()).unwrap();
        let Pictures::Synthetic { size, classes } = settings.data.pictures else { unreachable!() };
        parts(&settings, [size; 2], classes)
    }

    #[test]
    fn every_part_grows_with_what_its_remedy_names() {
        let usual = of(&[]);
        // 3000 pictures; conv1 7 · 7 · 3 · 24, conv2 9 · 24 · 48, conv3 9 · 48 · 48, fc 768 · 128, head 128 · 128 + 128 · 32,
        // three normalisations of 4 arrays, three shifts, input: five copies of four bytes.
        assert_eq!(usual[0].bytes, 3000.0 * 3.0 * 32.0 * 32.0);
        let weights = 147 * 24 + 216 * 48 + 432 * 48 + 768 * 128 + 128 * 128 + 128 * 32;
        let rest = 4 * (24 + 48 + 48) + 128 + 128 + 32 + 6;
        assert_eq!(usual[1].bytes, 20.0 * f64::from(weights + rest));
        for (part, more) in [
            (0, "data.train=4000"),
            (0, "data.pictures.size=64"),
            (1, "network.width=48"),
            (2, "training.batch=200"),
            (2, "network.width=48"),
            (3, "probe.pictures=1000"),
            (3, "network.features=256"),
        ] {
            let ratio = of(&[more])[part].bytes / usual[part].bytes;
            let expected = if more == "probe.pictures=1000" { 0.0..1.0 } else { 1.3..5.0 };
            assert!(expected.contains(&ratio), "{more}: {ratio}");
        }
        assert!(of(&["training.epochs=1000"]).iter().zip(&usual).all(|(a, b)| a.bytes == b.bytes));
    }

    #[test]
    fn a_run_that_does_not_fit_is_refused() {
        let settings = Settings::from_texts(&[SPEC], &["seed=1".to_owned()]).unwrap();
        let needed: f64 = of(&[]).iter().map(|part| part.bytes).sum();
        let check = |available| require(&settings, [32, 32], 5, available);
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(needed)), Ok(()));
        let error = check(Some(0.99 * needed)).unwrap_err();
        assert_eq!(error.part, "a step");
        assert!(error.to_string().contains("lower training.batch or the sizes of `network`"), "{error}");
    }
}
