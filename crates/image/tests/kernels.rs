//! The processor's own convolution and normalisation against burn's operations: values and all gradients.
#![cfg(feature = "train")]

use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation::relu, module};
use featurescope_image::network::kernels::{Then, convolution, normalised};
use featurescope_image::network::parameters::numbers;
use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Purpose, Stream};

/// Half of the last bit of 1 in single precision.
const ROUNDING: f32 = f32::EPSILON / 2.0;
const EPSILON: f64 = 1e-5;

/// Independent standard normal numbers.
fn draw<const D: usize>(shape: [usize; D], purpose: u32) -> Tensor<D> {
    let stream = Stream::new(7, Purpose::Views, purpose);
    let mut reader = stream.reader(Part::Dense, 0);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| reader.normal() as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

/// Partial sums of `terms` products of standard normal numbers grow as the root of their number, so the error of a sum
/// is about `terms` roundings; eight times that is beyond the largest of all entries compared.
fn tolerance(terms: usize) -> f32 {
    8.0 * ROUNDING * terms as f32
}

#[track_caller]
fn close<const D: usize>(what: &str, found: Tensor<D>, expected: Tensor<D>, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let (found, expected) = (numbers(found), numbers(expected));
    assert!(expected.iter().any(|&b| b.abs() > 100.0 * tolerance), "{what}: zeros prove nothing");
    for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}, entry {i}: {a}, burn {b}");
    }
}

/// Pictures, channels in and out, rows and columns, kernel, stride, padding.
type Case = (usize, [usize; 2], [usize; 2], usize, usize, usize);

const CASES: [Case; 11] = [
    (3, [3, 24], [32, 32], 7, 2, 3),
    (5, [24, 48], [16, 16], 3, 1, 1),
    (70, [48, 48], [8, 8], 3, 1, 1),
    (2, [5, 7], [9, 13], 3, 1, 1),
    (2, [4, 15], [11, 7], 3, 2, 1),
    (3, [16, 32], [10, 10], 1, 2, 0),
    (2, [17, 3], [6, 6], 1, 1, 0),
    (2, [3, 8], [15, 17], 7, 3, 3),
    (1, [1, 1], [3, 3], 3, 1, 0),
    (2, [3, 20], [12, 12], 4, 4, 0),
    (2, [64, 33], [20, 20], 3, 1, 1),
];

#[test]
fn convolution_and_its_gradients_are_burns() {
    for case in CASES {
        let (n, [from, to], [h, w], kernel, stride, padding) = case;
        let x = draw([n, from, h, w], 1).require_grad();
        let weight = draw([to, from, kernel, kernel], 2).require_grad();
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        let found = convolution(x.clone(), weight.clone(), stride, padding);
        let expected = module::conv2d(x.clone(), weight.clone(), None, options);
        let terms = from * kernel * kernel;
        close(&format!("{case:?}"), found.clone(), expected.clone(), tolerance(terms));
        let [_, _, rows, columns] = expected.dims();
        let coefficients = draw(expected.dims(), 3);
        let found = (found * coefficients.clone()).sum().backward();
        let expected = (expected * coefficients).sum().backward();
        let by_x = |gradients| x.grad(gradients).unwrap();
        let by_weight = |gradients| weight.grad(gradients).unwrap();
        let overlapping = to * kernel * kernel;
        close(&format!("{case:?} by x"), by_x(&found), by_x(&expected), tolerance(overlapping));
        let places = n * rows * columns;
        close(&format!("{case:?} by weight"), by_weight(&found), by_weight(&expected), tolerance(places));
    }
}

#[test]
fn arrays_that_lie_apart_are_read_in_order() {
    let x = draw([3, 9, 10, 4], 1).permute([0, 3, 2, 1]);
    let weight = draw([3, 3, 4, 5], 2).permute([3, 2, 1, 0]);
    let options = ConvOptions::new([1; 2], [1; 2], [1; 2], 1);
    let expected = module::conv2d(x.clone(), weight.clone(), None, options);
    close("permuted", convolution(x, weight, 1, 1), expected, tolerance(36));
}

#[test]
fn normalisation_and_its_gradients_are_burns() {
    for (n, channels, h, w) in [(6, 24, 16, 16), (4, 3, 8, 8), (3, 5, 7, 9), (40, 2, 2, 3), (2, 17, 12, 5)] {
        for then in [Then::Linear, Then::Rectify, Then::RectifyPool] {
            // Far from zero, as far as batches of single precision go.
            let x = (draw([n, channels, h, w], 1) * 3.0 + 5.0).require_grad();
            let [scale, shift] = [2, 3].map(|purpose| draw([channels], purpose).require_grad());
            let found = normalised(x.clone(), [scale.clone(), shift.clone()], EPSILON, then);
            let expected = module::batch_norm_train(x.clone(), scale.clone(), shift.clone(), EPSILON);
            let case = format!("{n} × {channels} × {h} × {w}, {then:?}");
            // A value is some eight operations away from x: moments, difference, root, factor, shift.
            let one = tolerance(8);
            close(&format!("{case}, mean"), found.mean, expected.mean, one);
            close(&format!("{case}, variance"), found.variance, expected.variance, one);
            let expected = match then {
                Then::Linear => expected.output,
                Then::Rectify => relu(expected.output),
                Then::RectifyPool => module::max_pool2d(relu(expected.output), MaxPoolOptions::new([2, 2])),
            };
            close(&case, found.output.clone(), expected.clone(), one);
            let coefficients = draw(expected.dims(), 4);
            let found = (found.output * coefficients.clone()).sum().backward();
            let expected = (expected * coefficients).sum().backward();
            let by_x = |gradients| x.grad(gradients).unwrap();
            close(&format!("{case} by x"), by_x(&found), by_x(&expected), one);
            let terms = n * h * w;
            for (name, parameter) in [("scale", &scale), ("shift", &shift)] {
                let by = |gradients| parameter.grad(gradients).unwrap();
                close(&format!("{case} by {name}"), by(&found), by(&expected), tolerance(terms));
            }
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let x = draw([50, 6, 10, 10], 1).require_grad();
            let weight = draw([20, 6, 3, 3], 2).require_grad();
            let [scale, shift] = [3, 4].map(|purpose| draw([20], purpose).require_grad());
            let y = convolution(x.clone(), weight.clone(), 1, 1);
            let y = normalised(y, [scale.clone(), shift.clone()], EPSILON, Then::RectifyPool).output;
            let gradients = (y.clone() * draw(y.dims(), 5)).sum().backward();
            let of = |tensor: Tensor<1>| numbers(tensor).into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let flat = |tensor: Tensor<4>| {
                let count = tensor.dims().iter().product::<usize>();
                of(tensor.reshape([count]))
            };
            let by = |tensor: &Tensor<4>| flat(tensor.grad(&gradients).unwrap());
            let by_vector = |tensor: &Tensor<1>| of(tensor.grad(&gradients).unwrap());
            [by(&x), by(&weight), by_vector(&scale), by_vector(&shift), flat(y.inner())]
        })
    };
    let one = on(1);
    assert!(on(2) == one && on(3) == one && on(7) == one);
}

/// A diverging training must be seen.
#[test]
fn what_is_no_number_stays_none() {
    for then in [Then::Linear, Then::Rectify, Then::RectifyPool] {
        let x = Tensor::<4>::ones([2, 3, 4, 4], &Device::flex()) * f32::NAN;
        let one = Tensor::<1>::ones([3], &Device::flex());
        let output = numbers(normalised(x, [one.clone(), one], EPSILON, then).output);
        assert!(output.iter().all(|y| y.is_nan()), "{then:?}");
    }
}
