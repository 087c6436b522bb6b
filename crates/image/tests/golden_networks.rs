//! Whole networks against PyTorch (tools/golden_networks.py): names and shapes of a `state_dict`, representations,
//! outputs, all gradients, and running statistics.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use featurescope_image::network::Arithmetic;
use featurescope_image::network::layers::BatchNorm;
use featurescope_image::network::parameters::{numbers, vector};
use featurescope_image::network::{Network, Parameters, Pass, Role};
use featurescope_image::objective::{Objective, Similarity};
use serde_json::Value;

/// The golden numbers are in double precision. The longest way is some 40 operations forward and backward, with sums of up
/// to 64 · 9 terms whose roundings of 6e-8 add up like independent ones: 40 √576 · 6e-8 = 6e-5.
const SINGLE: f64 = 1e-4;
/// Mixed arithmetic is compared to the same roundings in PyTorch. Where a factor lies within single precision's error of
/// the middle between two bfloat16 it may be rounded the other way, by 2⁻⁸; the next layer's factors then differ by more,
/// and more of them part ways: after a few layers most do. Up to eight products in a row forward and eight backward
/// (SimSiam), each off by 2⁻⁸ at most and independently: 2⁻⁸ √16.
const MIXED: f64 = 4.0 / 256.0;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/networks.json")).unwrap()
}

/// Numbers in −1 … 1, as in the script.
fn noise(count: usize, phase: f64) -> Vec<f32> {
    let wave = (1..=count).map(|i| 43758.5453 * (12.9898 * i as f64 + 78.233 * phase).sin());
    wave.map(|wave| (2.0 * (wave - wave.floor()) - 1.0) as f32).collect()
}

/// What array number `index` holds.
fn value(name: &str, shape: &[usize], index: usize) -> Vec<f32> {
    let noise = noise(shape.iter().product(), index as f64 + 1.0).into_iter().map(f64::from);
    let fan_in = shape[1..].iter().product::<usize>() as f64;
    let is_scale = name.strip_suffix(".weight").is_some_and(|name| {
        let layer = name.rsplit('.').next().unwrap();
        layer.starts_with("bn") || layer.ends_with("_bn")
    });
    let (offset, factor) = match name {
        _ if name.ends_with("running_var") || name.ends_with("deviation") => (1.0, 0.5),
        _ if is_scale => (1.0, 0.2),
        _ if shape.len() == 1 => (0.0, 0.1),
        _ => (0.0, (6.0 / fan_in).sqrt()),
    };
    noise.map(|noise| (offset + factor * noise) as f32).collect()
}

/// Σ v_i cos(i), and the norm.
fn digest(values: &[f32]) -> [f64; 2] {
    let values = || values.iter().map(|&value| f64::from(value));
    let dot = values().enumerate().map(|(i, value)| value * (i as f64).cos()).sum();
    [dot, values().map(|value| value * value).sum::<f64>().sqrt()]
}

/// The error of a sum over entries with random signs is in proportion to their norm, and at least to `floor`.
#[track_caller]
fn close(what: &str, found: &[f32], expected: &Value, tolerance: f64, floor: f64) {
    let expected = floats(expected);
    let limit = tolerance * expected[1].max(floor);
    for (found, expected) in digest(found).iter().zip(&expected) {
        assert!((found - expected).abs() <= limit, "{what}: {found}, PyTorch {expected}, limit {limit:e}");
    }
}

fn floats(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn objective(kind: &str) -> Objective {
    match kind {
        "nt_xent" => Objective::NtXent { temperature: 1.0, similarity: Similarity::Cosine },
        "simsiam" => Objective::SimSiam,
        "cross_entropy" => Objective::CrossEntropy,
        other => panic!("unknown objective {other}"),
    }
}

fn compare(golden: &Value, case: &Value, arithmetic: Arithmetic) {
    let size = |key: &str| golden[key].as_u64().unwrap() as usize;
    let (side, classes, count) = (size("side"), size("classes"), size("count"));
    let kind = serde_json::from_value(case["network"].clone()).unwrap();
    let objective = objective(case["objective"]["kind"].as_str().unwrap());
    let device = Device::flex();
    let (network, blueprint) = Network::new(&kind, &objective, [side, classes], 1);
    let mut parameters = blueprint.build(&device);
    let (case, tolerance) = match arithmetic {
        Arithmetic::Single => (&case["single"], SINGLE),
        Arithmetic::Mixed => (&case["mixed"], MIXED),
    };
    let arrays = case["arrays"].as_array().unwrap();
    let at = fill(&mut parameters, arrays, &device);
    let pictures: Vec<f32> =
        noise(count * 3 * side * side, 0.0).iter().map(|noise| 0.5 + 0.5 * noise).collect();
    let pictures = Tensor::<4>::from_data(TensorData::new(pictures, [count, 3, side, side]), &device);

    let what = format!("{kind:?}, {objective:?}");
    // Looking is in single precision always.
    if arithmetic == Arithmetic::Single {
        let features = network.represent(&mut Pass::evaluation(&parameters), pictures.clone()).features;
        let expected = floats(&case["features"]);
        for (i, (found, expected)) in numbers(features).into_iter().zip(expected).enumerate() {
            let error = (f64::from(found) - expected).abs();
            assert!(error <= SINGLE * (1.0 + expected.abs()), "{what}, feature {i}: {found}, {expected}");
        }
    }

    let leaves: Vec<Tensor<1>> =
        parameters.values().iter().map(|value| value.clone().autodiff().require_grad()).collect();
    let mut pass = Pass::training(&parameters, leaves.clone(), arithmetic);
    let representation = network.represent(&mut pass, pictures.autodiff());
    let output = network.head.forward(&mut pass, representation);
    let output = network.head.predict(&mut pass, output.clone()).unwrap_or(output);
    close(&format!("{what}, output"), &numbers(output.clone().inner()), &case["output"], tolerance, 0.0);
    let shape = output.dims();
    let coefficients = TensorData::new(noise(shape[0] * shape[1], 0.5), shape);
    let statistics = pass.into_statistics();
    let gradients = (output * Tensor::from_data(coefficients, &device).autodiff()).sum().backward();
    for (handle, target) in statistics {
        parameters.move_statistic(handle, target, BatchNorm::momentum());
    }
    // The shift in front of a normalisation has no gradient but for rounding, which is in proportion to those beside it.
    let norms = arrays.iter().filter_map(|array| Some(array["gradient"].as_array()?[1].as_f64().unwrap()));
    let (floor, expected) = (1e-3 * norms.clone().fold(0.0, f64::max), norms.count());
    let mut compared = 0;
    for ((slot, (leaf, value)), &at) in
        parameters.slots().iter().zip(leaves.iter().zip(parameters.values())).zip(&at)
    {
        let what = format!("{what}, {}", slot.name);
        close(&format!("{what} after"), &numbers(value.clone()), &arrays[at]["after"], tolerance, 0.0);
        if slot.role != Role::Statistic && !arrays[at]["gradient"].is_null() {
            let gradient = leaf.grad(&gradients).map(numbers).unwrap_or_default();
            close(&format!("{what}, gradient"), &gradient, &arrays[at]["gradient"], tolerance, floor);
            compared += 1;
        }
    }
    assert!(compared == expected && compared > 0, "{what}: {compared} gradients of {expected}");
}

/// Fills every array; where each is in the golden list.
fn fill(parameters: &mut Parameters, arrays: &[Value], device: &Device) -> Vec<usize> {
    assert_eq!(parameters.slots().len(), arrays.len(), "as many arrays as in PyTorch's state_dict");
    let find = |name: &str| arrays.iter().position(|array| array["name"] == name);
    let at: Vec<usize> = parameters
        .slots()
        .iter()
        .map(|slot| find(&slot.name).unwrap_or_else(|| panic!("PyTorch has no {}", slot.name)))
        .collect();
    let values: Vec<Tensor<1>> = parameters
        .slots()
        .iter()
        .zip(&at)
        .map(|(slot, &at)| {
            assert_eq!(serde_json::json!(slot.shape), arrays[at]["shape"], "{}", slot.name);
            vector(value(&slot.name, &slot.shape, at), device)
        })
        .collect();
    parameters.values_mut().clone_from_slice(&values);
    at
}

#[test]
fn networks_are_those_of_pytorch() {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        compare(&golden, case, Arithmetic::Single);
    }
}

#[test]
fn networks_in_mixed_arithmetic_are_those_of_pytorch_with_rounded_factors() {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap().iter().filter(|case| case["mixed"].is_object());
    assert_eq!(cases.clone().count(), 4);
    for case in cases {
        compare(&golden, case, Arithmetic::Mixed);
    }
}
