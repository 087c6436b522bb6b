//! Losses, gradients, a layer and the descent against PyTorch (tools/golden_losses.py).
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use featurescope_image::network::Arithmetic;
use featurescope_image::network::layers::{BatchNorm, Convolution, max_pool};
use featurescope_image::network::parameters::numbers;
use featurescope_image::network::{Blueprint, Pass, Role};
use featurescope_image::objective::{Similarity, StopGradient, loss};
use featurescope_image::train::optimizer::Descent;
use serde_json::Value;

/// Single precision through a softmax of logits up to 30.
const TOLERANCE: f32 = 2e-5;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/losses.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn matrix(values: &Value, columns: usize) -> Tensor<2> {
    let values = floats(values);
    let rows = values.len() / columns;
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex().autodiff()).require_grad()
}

fn close(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= TOLERANCE * (1.0 + b.abs()), "{name}, entry {i}: {a}, PyTorch {b}");
    }
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let golden = golden();
    let columns = golden["columns"].as_u64().unwrap() as usize;
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let input = |key: &str, columns: usize| matrix(&golden[key], columns);
        let temperature = case["temperature"].as_f64().unwrap_or(1.0);
        let similarity = if case["cosine"] == true { Similarity::Cosine } else { Similarity::InnerProduct };
        let (loss, inputs) = match name {
            "nt_xent" => {
                let [a, b] = ["a", "b"].map(|key| input(key, columns));
                (loss::nt_xent(a.clone(), b.clone(), temperature, similarity), vec![a, b])
            }
            "info_nce" => {
                let [a, b] = ["a", "b"].map(|key| input(key, columns));
                let stop = if case["stop"] == true { StopGradient::Targets } else { StopGradient::Nowhere };
                (loss::info_nce(a.clone(), b.clone(), temperature, similarity, stop), vec![a, b])
            }
            "simsiam" => {
                let all = ["p", "q", "a", "b"].map(|key| input(key, columns));
                let [p, q, a, b] = all.clone();
                (loss::simsiam([p, q], [a, b]), all.to_vec())
            }
            "cross_entropy" => {
                let scores = input("scores", golden["classes"].as_u64().unwrap() as usize);
                let labels: Vec<u32> = floats(&golden["labels"]).iter().map(|&v| v as u32).collect();
                (loss::cross_entropy(scores.clone(), &labels), vec![scores])
            }
            other => panic!("unknown case {other}"),
        };
        let name = format!("{case:.60}");
        close(&name, &numbers(loss.clone().inner()), &[case["loss"].as_f64().unwrap() as f32]);
        let gradients = loss.backward();
        for (input, expected) in inputs.iter().zip(case["gradients"].as_array().unwrap()) {
            let expected = floats(expected);
            let found = input.grad(&gradients).map_or(vec![0.0; expected.len()], numbers);
            close(&name, &found, &expected);
        }
    }
}

#[test]
fn the_descent_is_that_of_pytorch() {
    let golden = golden();
    let descent = &golden["descent"];
    let mut blueprint = Blueprint::new(0);
    let w = blueprint.constant("w", &[4], Role::Weight, 0.0);
    let mut parameters = blueprint.build(&Device::flex());
    let vector =
        |values: &Value| Tensor::<1>::from_data(TensorData::new(floats(values), [4]), &Device::flex());
    parameters.set(w, vector(&descent["start"]));
    let mut sgd = Descent::new(0.9, 0.01, &parameters);
    for gradient in descent["gradients"].as_array().unwrap() {
        sgd.step(&mut parameters, vec![Some(vector(gradient))], 0.1);
    }
    close("descent", &numbers(parameters.value(w).clone()), &floats(&descent["end"]));
}

#[test]
fn a_layer_is_that_of_pytorch() {
    let golden = golden();
    let layer = &golden["layer"];
    let mut b = Blueprint::new(0);
    let convolution = Convolution::new(&mut b, "conv", [3, 4], 3, 1);
    let norm = BatchNorm::new(&mut b, "bn", 4);
    let device = Device::flex();
    let mut parameters = b.build(&device);
    let tensor = |key: &str, shape: [usize; 4]| {
        Tensor::<4>::from_data(TensorData::new(floats(&layer[key]), shape), &device)
    };
    parameters.set(convolution.weight(), tensor("weight", [4, 3, 3, 3]).reshape([108]));
    let leaves: Vec<Tensor<1>> =
        parameters.values().iter().map(|value| value.clone().autodiff().require_grad()).collect();
    let mut pass = Pass::training(&parameters, leaves.clone(), Arithmetic::Single);
    let x = convolution.forward(&pass, tensor("x", [2, 3, 6, 6]).autodiff());
    let x = burn::tensor::activation::relu(norm.forward(&mut pass, x));
    let loss = (max_pool(x) * tensor("target", [2, 4, 3, 3]).autodiff()).sum();
    close("loss", &numbers(loss.clone().inner()), &[layer["loss"].as_f64().unwrap() as f32]);
    let statistics = pass.into_statistics();
    let gradients = loss.backward();
    close("weight", &numbers(leaves[0].grad(&gradients).unwrap()), &floats(&layer["weight_gradient"]));
    for ((handle, target), key) in statistics.into_iter().zip(["running_mean", "running_var"]) {
        parameters.move_statistic(handle, target, BatchNorm::momentum());
        close(key, &numbers(parameters.value(handle).clone()), &floats(&layer[key]));
    }
}
