//! Layers for the processor, where most of the time of training goes: burn's own operations there write every patch
//! and every intermediate value to memory. Registered with burn as a backend extension: on the backend `flex` the
//! operations below run as written here, forward and backward; on every other one they are burn's.

mod entry;
mod geometry;
mod convolution;
mod norm;
mod product;
mod differentiation;

pub use norm::Then;

use crate::network::Arithmetic;
use burn::backend::tensor::FloatTensor;
#[cfg(feature = "wgpu")]
use burn::backend::{Autodiff, Cube, autodiff::checkpoint::strategy::CheckpointStrategy};
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, FloatDType, Shape, Tensor, TensorData};
use entry::Half;
use geometry::Geometry;

/// Operations that have versions of their own on the processor.
#[backend_extension(Flex, Cube: cfg(feature = "wgpu"), Autodiff)]
pub trait Layers: Backend {
    /// See [`convolution()`].
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        arithmetic: Arithmetic,
    ) -> FloatTensor<Self> {
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        match arithmetic {
            Arithmetic::Single => Self::conv2d(x, weight, None, options),
            Arithmetic::Mixed => {
                let [x, weight] = [x, weight].map(|factor| Self::float_cast(factor, FloatDType::BF16));
                Self::float_cast(Self::conv2d(x, weight, None, options), FloatDType::F32)
            }
        }
    }

    /// See [`product_of_halves()`].
    fn product_of_halves(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let [x, weight] = [x, weight].map(|factor| Self::float_cast(factor, FloatDType::BF16));
        Self::float_cast(Self::float_matmul(x, Self::float_transpose(weight)), FloatDType::F32)
    }

    /// See [`normalised`]: output, mean and variance.
    fn normalised(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        then: Then,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let normalised = Self::batch_norm_train(x, scale, shift, epsilon);
        let output = match then {
            Then::Linear => normalised.output,
            Then::Rectify => Self::relu(normalised.output),
            Then::RectifyPool => {
                let rectified = Self::relu(normalised.output);
                Self::max_pool2d(rectified, [2; 2], [2; 2], [0; 2], [1; 2], false)
            }
        };
        (output, normalised.mean, normalised.variance)
    }
}

#[cfg(feature = "wgpu")]
impl Layers for Cube {}
#[cfg(feature = "wgpu")]
impl<C: CheckpointStrategy> Layers for Autodiff<Cube, C> {}

/// The convolution of x (n × from × h × w) with filters (to × from × kh × kw), `padding` zeros around x.
pub fn convolution(
    x: Tensor<4>,
    weight: Tensor<4>,
    stride: usize,
    padding: usize,
    arithmetic: Arithmetic,
) -> Tensor<4> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Layers>::convolution(x, weight, stride, padding, arithmetic))
}

/// x Wᵀ of x (n × from) and W (to × from), both rounded to bfloat16; so are the factors of its gradients.
pub fn product_of_halves(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as Layers>::product_of_halves(x.into_dispatch(), weight.into_dispatch()))
}

/// What a batch is turned into, and its mean and variance (of the population) per channel, which carry no gradient.
pub struct Normalised {
    /// n × c × h' × w'.
    pub output: Tensor<4>,
    /// c.
    pub mean: Tensor<1>,
    /// c.
    pub variance: Tensor<1>,
}

/// Batch normalisation (Ioffe & Szegedy 2015) of x (n × c × h × w) by its own moments, and what follows it.
pub fn normalised(x: Tensor<4>, [scale, shift]: [Tensor<1>; 2], epsilon: f64, then: Then) -> Normalised {
    let (output, mean, variance) = <Dispatch as Layers>::normalised(
        x.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        epsilon,
        then,
    );
    Normalised {
        output: Tensor::from_dispatch(output),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

type Array = FloatTensor<Flex>;

/// The numbers of an array, first axis slowest; copied together where they lie apart.
fn with_numbers<T>(array: &Array, read: impl FnOnce(&[f32]) -> T) -> T {
    assert_eq!(array.dtype(), DType::F32, "this program computes in single precision");
    match array.as_slice::<f32>() {
        Some(numbers) => read(numbers),
        None => read(array.to_contiguous().as_slice::<f32>().expect("a copy is contiguous")),
    }
}

fn array(numbers: Vec<f32>, shape: impl Into<Shape>) -> Array {
    Array::from_data(TensorData::new(numbers, shape.into()))
}

fn dims<const D: usize>(array: &Array) -> [usize; D] {
    array.layout().shape().dims()
}

fn geometry(x: &Array, weight: &Array, stride: usize, padding: usize) -> Geometry {
    let ([_, from, h, w], [to, _, kh, kw]) = (dims(x), dims(weight));
    Geometry { channels: [from, to], input: [h, w], kernel: [kh, kw], stride, padding }
}

fn norm_shape(x: &Array, then: Then) -> norm::Shape {
    let [_, channels, h, w] = dims(x);
    norm::Shape { channels, size: [h, w], then }
}

impl Layers for Flex {
    fn convolution(x: Array, weight: Array, stride: usize, padding: usize, arithmetic: Arithmetic) -> Array {
        let (geometry, [n, ..]) = (geometry(&x, &weight, stride, padding), dims::<4>(&x));
        let forward = match arithmetic {
            Arithmetic::Single => convolution::forward::<f32>,
            Arithmetic::Mixed => convolution::forward::<Half>,
        };
        let y = with_numbers(&x, |x| with_numbers(&weight, |weight| forward(geometry, x, weight)));
        let [rows, columns] = geometry.output();
        array(y, [n, geometry.channels[1], rows, columns])
    }

    fn product_of_halves(x: Array, weight: Array) -> Array {
        let ([n, from], [to, _]) = (dims(&x), dims(&weight));
        let y =
            with_numbers(&x, |x| with_numbers(&weight, |weight| product::forward([n, from, to], x, weight)));
        array(y, [n, to])
    }

    fn normalised(x: Array, scale: Array, shift: Array, epsilon: f64, then: Then) -> (Array, Array, Array) {
        let (shape, [n, channels, ..]) = (norm_shape(&x, then), dims::<4>(&x));
        let (y, moments) = with_numbers(&x, |x| {
            with_numbers(&scale, |scale| {
                with_numbers(&shift, |shift| norm::forward(shape, x, scale, shift, epsilon))
            })
        });
        let [rows, columns] = shape.output();
        let y = array(y, [n, channels, rows, columns]);
        (y, array(moments.mean, [channels]), array(moments.variance, [channels]))
    }
}
