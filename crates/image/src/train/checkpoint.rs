//! Checkpoints as safetensors: every array under its `state_dict` name and in its PyTorch layout, the velocity of the descent
//! under `descent.` and that name. Beside them, as JSON: what is needed to lay the network out again, and how far training
//! came.

use super::Trainer;
use crate::arrays::{self, Array, ArraysError};
use crate::network::parameters::{numbers, vector};
use crate::network::{Architecture, Blueprint, Network, Parameters};
use crate::objective::Objective;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the layout described above.
const FORMAT_VERSION: u32 = 2;
/// Side of a picture beyond which a checkpoint is not believed.
const MOST_PIXELS: usize = 1 << 16;
const DESCENT: &str = "descent.";

/// What lays the network out again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    format_version: u32,
    /// The network.
    pub network: Architecture,
    /// What it was trained for.
    pub objective: Objective,
    /// Side of its pictures.
    pub side: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// Epochs made.
    pub epoch: usize,
}

/// A stored network.
pub struct Stored {
    /// What it is.
    pub about: About,
    /// Array by array, in the order of the network.
    pub values: Vec<Vec<f32>>,
    /// Velocity of every array.
    pub velocities: Vec<Option<Vec<f32>>>,
}

impl About {
    /// What a trainer trains.
    pub fn of(trainer: &Trainer, arm: &str, side: usize, classes: &[String]) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            network: trainer.arm.network.clone(),
            objective: trainer.arm.objective,
            side,
            classes: classes.to_vec(),
            arm: arm.to_owned(),
            seed: trainer.seed,
            epoch: trainer.epoch(),
        }
    }

    fn layout(&self) -> (Network, Blueprint) {
        Network::new(&self.network, &self.objective, [self.side, self.classes.len()], self.seed)
    }
}

/// Stores where training stands.
pub fn write(path: &Path, about: &About, trainer: &Trainer) -> Result<(), ArraysError> {
    let json = serde_json::to_string(about).map_err(|error| ArraysError::content(path, error.to_string()))?;
    let mut stored = Vec::new();
    let parameters = &trainer.parameters;
    for ((slot, value), velocity) in
        parameters.slots().iter().zip(parameters.values()).zip(trainer.velocities())
    {
        stored.push(Array::new(&slot.name, &slot.shape, numbers(value.clone())));
        stored.extend(velocity.map(|v| Array::new(format!("{DESCENT}{}", slot.name), &slot.shape, v)));
    }
    arrays::write(path, &stored, &json)
}

/// Reads a checkpoint.
///
/// # Errors
/// If the file is missing, cut short, no checkpoint of ours, or does not fit the network that it names.
pub fn read(path: &Path) -> Result<Stored, ArraysError> {
    let content = |problem: String| ArraysError::content(path, problem);
    let (mut arrays, json) = arrays::read(path)?;
    let about: About = serde_json::from_str(&json)
        .map_err(|error| content(format!("it is no checkpoint of a network on pictures ({error})")))?;
    if about.format_version != FORMAT_VERSION {
        let found = about.format_version;
        return Err(content(format!("its format version is {found}, this program reads {FORMAT_VERSION}")));
    }
    about.network.check().map_err(|error| content(error.to_string()))?;
    if about.side > MOST_PIXELS || about.classes.is_empty() {
        let problem = format!("pictures of {} pixels in {} classes", about.side, about.classes.len());
        return Err(content(problem));
    }
    if let Some(problem) = about.network.misfit(about.side) {
        return Err(content(format!("pictures of {} pixels, but {problem}", about.side)));
    }
    let mut take = |name: &str, shape: &[usize]| -> Result<Option<Vec<f32>>, ArraysError> {
        let Some(array) = arrays.iter_mut().find(|array| array.name == name) else { return Ok(None) };
        if array.shape != shape {
            return Err(content(format!("`{name}` is {:?}, expected {shape:?}", array.shape)));
        }
        Ok(Some(std::mem::take(&mut array.values)))
    };
    let (mut values, mut velocities) = (Vec::new(), Vec::new());
    for slot in about.layout().1.slots() {
        let value = take(&slot.name, &slot.shape)?;
        values.push(value.ok_or_else(|| content(format!("it has no array `{}`", slot.name)))?);
        velocities.push(take(&format!("{DESCENT}{}", slot.name), &slot.shape)?);
    }
    Ok(Stored { about, values, velocities })
}

impl Stored {
    /// The network, ready to look at pictures.
    pub fn network(&self, device: &Device) -> (Network, Parameters) {
        let (network, blueprint) = self.about.layout();
        let mut parameters = blueprint.build(device);
        for (old, new) in parameters.values_mut().iter_mut().zip(&self.values) {
            *old = vector(new.clone(), device);
        }
        (network, parameters)
    }
}
