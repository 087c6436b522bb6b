//! What automatic differentiation has to know about the operations of the processor.

use super::entry::Half;
use super::norm::{self, Moments, Then};
use super::{Array, Layers, array, convolution, dims, geometry, norm_shape, product, with_numbers};
use crate::network::Arithmetic;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};

#[derive(Debug)]
struct Convolution;

#[derive(Clone, Debug)]
struct ConvolutionState {
    x: NodeId,
    weight: NodeId,
    stride: usize,
    padding: usize,
    arithmetic: Arithmetic,
}

impl Backward<Flex, 2> for Convolution {
    type State = ConvolutionState;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let x: Array = checkpointer.retrieve_node_output(ops.state.x);
        let weight: Array = checkpointer.retrieve_node_output(ops.state.weight);
        let geometry = geometry(&x, &weight, ops.state.stride, ops.state.padding);
        let backward = match ops.state.arithmetic {
            Arithmetic::Single => convolution::backward::<f32>,
            Arithmetic::Mixed => convolution::backward::<Half>,
        };
        let [by_x, by_weight] = ops.parents;
        let gradients = with_numbers(&x, |x| {
            with_numbers(&weight, |weight| {
                with_numbers(&dy, |dy| backward(geometry, x, weight, dy, by_x.is_some()))
            })
        });
        if let Some((node, gradient)) = by_x.zip(gradients.pictures) {
            grads.register::<Flex>(node.id, array(gradient, dims::<4>(&x)));
        }
        if let Some(node) = by_weight {
            grads.register::<Flex>(node.id, array(gradients.weight, dims::<4>(&weight)));
        }
    }
}

#[derive(Debug)]
struct ProductOfHalves;

impl Backward<Flex, 2> for ProductOfHalves {
    type State = [NodeId; 2];

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let [x, weight] = ops.state.map(|id| checkpointer.retrieve_node_output::<Array>(id));
        let ([n, from], [to, _]) = (dims(&x), dims(&weight));
        let [by_x, by_weight] = ops.parents;
        let shape = [n, from, to];
        if let Some(node) = by_x {
            let dx = with_numbers(&weight, |weight| with_numbers(&dy, |dy| product::by_x(shape, weight, dy)));
            grads.register::<Flex>(node.id, array(dx, [n, from]));
        }
        if let Some(node) = by_weight {
            let dw = with_numbers(&x, |x| with_numbers(&dy, |dy| product::by_weight(shape, x, dy)));
            grads.register::<Flex>(node.id, array(dw, [to, from]));
        }
    }
}

#[derive(Debug)]
struct Normalisation;

#[derive(Clone, Debug)]
struct NormalisationState {
    x: NodeId,
    scale: NodeId,
    shift: NodeId,
    moments: Moments,
    epsilon: f64,
    then: Then,
}

impl Backward<Flex, 3> for Normalisation {
    type State = NormalisationState;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let NormalisationState { x, scale, shift, moments, epsilon, then } = ops.state;
        let [x, scale, shift] = [x, scale, shift].map(|id| checkpointer.retrieve_node_output::<Array>(id));
        let shape = norm_shape(&x, then);
        let gradients = with_numbers(&x, |x| {
            with_numbers(&scale, |scale| {
                with_numbers(&shift, |shift| {
                    with_numbers(&dy, |dy| norm::backward(shape, x, &moments, [scale, shift], epsilon, dy))
                })
            })
        });
        let [by_x, by_scale, by_shift] = ops.parents;
        if let Some(node) = by_x {
            grads.register::<Flex>(node.id, array(gradients.x, dims::<4>(&x)));
        }
        for (node, gradient) in [(by_scale, gradients.scale), (by_shift, gradients.shift)] {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, array(gradient, [shape.channels]));
            }
        }
    }
}

impl<C: CheckpointStrategy> Layers for Autodiff<Flex, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        arithmetic: Arithmetic,
    ) -> FloatTensor<Self> {
        let prepared = Convolution.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = ConvolutionState {
                    x: prepared.checkpoint(&x),
                    weight: prepared.checkpoint(&weight),
                    stride,
                    padding,
                    arithmetic,
                };
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prepared.finish(state, Flex::convolution(x, weight, stride, padding, arithmetic))
            }
            OpsKind::UnTracked(prepared) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prepared.finish(Flex::convolution(x, weight, stride, padding, arithmetic))
            }
        }
    }

    fn product_of_halves(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        match ProductOfHalves.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = [prepared.checkpoint(&x), prepared.checkpoint(&weight)];
                let y = Flex::product_of_halves(x.into_primitive(), weight.into_primitive());
                prepared.finish(state, y)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(Flex::product_of_halves(x.into_primitive(), weight.into_primitive()))
            }
        }
    }

    fn normalised(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
        then: Then,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [x.node(), scale.node(), shift.node()];
        let prepared = Normalisation.prepare::<C>(nodes).compute_bound().stateful();
        let run = |[x, scale, shift]: [FloatTensor<Self>; 3]| {
            Flex::normalised(
                x.into_primitive(),
                scale.into_primitive(),
                shift.into_primitive(),
                epsilon,
                then,
            )
        };
        let (output, mean, variance) = match prepared {
            OpsKind::Tracked(mut prepared) => {
                let [x_id, scale_id, shift_id] =
                    [&x, &scale, &shift].map(|tensor| prepared.checkpoint(tensor));
                let (output, mean, variance) = run([x, scale, shift]);
                let moments = Moments {
                    mean: with_numbers(&mean, <[f32]>::to_vec),
                    variance: with_numbers(&variance, <[f32]>::to_vec),
                };
                let state =
                    NormalisationState { x: x_id, scale: scale_id, shift: shift_id, moments, epsilon, then };
                (prepared.finish(state, output), mean, variance)
            }
            OpsKind::UnTracked(prepared) => {
                let (output, mean, variance) = run([x, scale, shift]);
                (prepared.finish(output), mean, variance)
            }
        };
        (output, Self::from_inner(mean), Self::from_inner(variance))
    }
}
