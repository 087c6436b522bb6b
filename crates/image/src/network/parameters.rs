//! The arrays of a network, each with a name and a shape as in a PyTorch `state_dict`.

use burn::tensor::{Device, Tensor, TensorData};
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Purpose, Stream};

/// What an array is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Learned, and pulled to 0 by weight decay.
    Weight,
    /// Learned, not pulled: shifts, and the scales of normalisation.
    Shift,
    /// Not learned: a running mean or variance.
    Statistic,
}

/// Name, shape and role of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// As in `state_dict`: `conv1.weight`.
    pub name: String,
    /// As in PyTorch: out × in × kernel × kernel; out × in.
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: Role,
}

impl Slot {
    /// Entries.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Which array of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(pub(super) usize);

/// All arrays of a network, flat, without gradients.
#[derive(Clone)]
pub struct Parameters {
    slots: Vec<Slot>,
    values: Vec<Tensor<1>>,
}

/// The arrays of a network while it is laid out. Nothing is drawn before it is built, so that its size can be looked at
/// first.
pub struct Blueprint {
    slots: Vec<Slot>,
    initial: Vec<Initial>,
    stream: Stream,
}

/// What an array holds before training.
#[derive(Clone, Copy)]
enum Initial {
    /// Independent normal entries of this standard deviation.
    Normal(f64),
    /// One value.
    Constant(f32),
}

impl Blueprint {
    /// Nothing yet; initial weights are drawn from this seed, each array from a row of its own.
    pub fn new(seed: u64) -> Self {
        Self { slots: Vec::new(), initial: Vec::new(), stream: Stream::new(seed, Purpose::INITIALISATION, 0) }
    }

    /// Weights with independent normal entries of standard deviation `deviation`.
    pub fn normal(&mut self, name: &str, shape: &[usize], deviation: f64) -> Handle {
        self.add(name, shape, Role::Weight, Initial::Normal(deviation))
    }

    /// An array of one value.
    pub fn constant(&mut self, name: &str, shape: &[usize], role: Role, value: f32) -> Handle {
        self.add(name, shape, role, Initial::Constant(value))
    }

    /// Names, shapes and roles so far.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn add(&mut self, name: &str, shape: &[usize], role: Role, initial: Initial) -> Handle {
        self.slots.push(Slot { name: name.to_owned(), shape: shape.to_vec(), role });
        self.initial.push(initial);
        Handle(self.slots.len() - 1)
    }

    /// The arrays on a device.
    pub fn build(self, device: &Device) -> Parameters {
        let values = (0..self.slots.len()).map(|index| vector(self.values(index), device)).collect();
        Parameters { slots: self.slots, values }
    }

    /// What array number `index` holds at first.
    fn values(&self, index: usize) -> Vec<f32> {
        let count = self.slots[index].count();
        match self.initial[index] {
            Initial::Constant(value) => vec![value; count],
            Initial::Normal(deviation) => {
                let mut reader = self.stream.reader(Part::Dense, index as u32);
                (0..count).map(|_| (deviation * reader.normal()) as f32).collect()
            }
        }
    }
}

/// Numbers on a device.
pub fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// The numbers of a tensor, row by row.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

impl Parameters {
    /// Names, shapes and roles.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// One of them.
    pub fn slot(&self, handle: Handle) -> &Slot {
        &self.slots[handle.0]
    }

    /// The arrays, flat.
    pub fn values(&self) -> &[Tensor<1>] {
        &self.values
    }

    /// The arrays, flat, to be replaced.
    pub fn values_mut(&mut self) -> &mut [Tensor<1>] {
        &mut self.values
    }

    /// One array, flat.
    pub fn value(&self, handle: Handle) -> &Tensor<1> {
        &self.values[handle.0]
    }

    /// Replaces one array.
    pub fn set(&mut self, handle: Handle, value: Tensor<1>) {
        self.values[handle.0] = value;
    }

    /// Moves a running statistic a share of `momentum` towards `target`.
    pub fn move_statistic(&mut self, handle: Handle, target: Tensor<1>, momentum: f64) {
        let value = &mut self.values[handle.0];
        *value = value.clone() * (1.0 - momentum) + target * momentum;
    }

    /// Learned numbers in all.
    pub fn count(&self) -> usize {
        let learned = self.slots.iter().filter(|slot| slot.role != Role::Statistic);
        learned.map(Slot::count).sum()
    }
}
