//! One forward pass: the values of the parameters and what is asked of the layers on the way.

use super::parameters::{Handle, Parameters};
use crate::network::Arithmetic;
use burn::tensor::Tensor;

/// Whether a pass learns or looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Normalisation by the batch, whose statistics are collected.
    Training,
    /// Normalisation by the running statistics.
    Evaluation,
}

/// One forward pass: the values of the parameters, and what it leaves behind.
pub struct Pass<'a> {
    parameters: &'a Parameters,
    values: Vec<Tensor<1>>,
    mode: Mode,
    arithmetic: Arithmetic,
    /// Batch means and variances, under the statistic that they move.
    statistics: Vec<(Handle, Tensor<1>)>,
    /// The layer whose output is wanted.
    wanted: Option<String>,
    tapped: Option<Tensor<4>>,
    /// What [`Encoder::masked`](super::Encoder::masked) multiplies by.
    mask: Option<Tensor<4>>,
}

impl<'a> Pass<'a> {
    /// A pass over fixed values, in single precision.
    pub fn evaluation(parameters: &'a Parameters) -> Self {
        Self::new(parameters, parameters.values().to_vec(), Mode::Evaluation)
    }

    /// A pass over leaves whose gradients are wanted, with its layers' products in this arithmetic.
    pub fn training(parameters: &'a Parameters, leaves: Vec<Tensor<1>>, arithmetic: Arithmetic) -> Self {
        Self { arithmetic, ..Self::new(parameters, leaves, Mode::Training) }
    }

    fn new(parameters: &'a Parameters, values: Vec<Tensor<1>>, mode: Mode) -> Self {
        Self {
            parameters,
            values,
            mode,
            arithmetic: Arithmetic::Single,
            statistics: Vec::new(),
            wanted: None,
            tapped: None,
            mask: None,
        }
    }

    /// Whether it learns or looks.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How products are computed.
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// A parameter in its shape.
    pub fn get<const D: usize>(&self, handle: Handle) -> Tensor<D> {
        let shape: [usize; D] = std::array::from_fn(|axis| self.parameters.slot(handle).shape[axis]);
        self.values[handle.0].clone().reshape(shape)
    }

    /// Notes what the running statistic `handle` should move to.
    pub fn note(&mut self, handle: Handle, value: Tensor<1>) {
        self.statistics.push((handle, value));
    }

    /// The noted statistics.
    pub fn into_statistics(self) -> Vec<(Handle, Tensor<1>)> {
        self.statistics
    }

    /// Asks for the output of a layer.
    #[must_use]
    pub fn wanting(mut self, layer: &str) -> Self {
        self.wanted = Some(layer.to_owned());
        self
    }

    /// Covers what [`Encoder::masked`](super::Encoder::masked) says.
    pub fn set_mask(&mut self, mask: Option<Tensor<4>>) {
        self.mask = mask;
    }

    /// The mask, once.
    pub fn take_mask(&mut self) -> Option<Tensor<4>> {
        self.mask.take()
    }

    /// Offers the output of a layer.
    pub fn tap(&mut self, layer: &str, output: &Tensor<4>) {
        if self.wanted.as_deref() == Some(layer) {
            self.tapped = Some(output.clone());
        }
    }

    /// The output that was asked for.
    pub fn take_tapped(&mut self) -> Option<Tensor<4>> {
        self.tapped.take()
    }
}
