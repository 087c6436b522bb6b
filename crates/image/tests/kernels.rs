//! The processor's own convolution and normalisation against burn's operations: values and all gradients.
#![cfg(feature = "train")]

use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, FloatDType, Tensor, TensorData, activation::relu, module};
use featurescope_image::network::Arithmetic;
use featurescope_image::network::kernels::{Then, convolution, normalised, product_of_halves};
use featurescope_image::network::parameters::numbers;
use featurescope_image::purpose;
use featurescope_sim::math::Stream;
use featurescope_sim::math::random::Part;

/// Half of the last bit of 1 in single precision.
const ROUNDING: f32 = f32::EPSILON / 2.0;
const EPSILON: f64 = 1e-5;

/// Independent standard normal numbers.
fn draw<const D: usize>(shape: [usize; D], purpose: u32) -> Tensor<D> {
    let stream = Stream::new(7, purpose::VIEWS, purpose);
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
        let found = convolution(x.clone(), weight.clone(), stride, padding, Arithmetic::Single);
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
    close("permuted", convolution(x, weight, 1, 1, Arithmetic::Single), expected, tolerance(36));
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
    let bits = |threads, arithmetic| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let x = draw([50, 6, 10, 10], 1).require_grad();
            let weight = draw([20, 6, 3, 3], 2).require_grad();
            let [scale, shift] = [3, 4].map(|purpose| draw([20], purpose).require_grad());
            let y = convolution(x.clone(), weight.clone(), 1, 1, arithmetic);
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
    for arithmetic in [Arithmetic::Single, Arithmetic::Mixed] {
        let one = bits(1, arithmetic);
        assert!([2, 3, 7].iter().all(|&threads| bits(threads, arithmetic) == one), "{arithmetic:?}");
    }
}

/// Rounded to bfloat16, by burn.
fn rounded<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    let tensor = tensor.clone().inner().cast(FloatDType::BF16).cast(FloatDType::F32);
    Tensor::from_data(TensorData::new(numbers(tensor.clone()), tensor.dims()), &Device::flex().autodiff())
}

/// The largest difference of two tensors.
fn distance<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Products of two bfloat16 are exact in single precision, so mixed arithmetic on any numbers is single precision on
/// rounded ones, up to the order of sums. What comes in from behind is rounded too before it is multiplied.
#[test]
fn mixed_convolution_is_that_of_rounded_numbers() {
    for case in CASES {
        let (n, [from, to], [h, w], kernel, stride, padding) = case;
        let [x, weight] = [draw([n, from, h, w], 1), draw([to, from, kernel, kernel], 2)];
        let (x, weight) = (x.require_grad(), weight.require_grad());
        let [x_rounded, weight_rounded] = [&x, &weight].map(|tensor| rounded(tensor).require_grad());
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        let found = convolution(x.clone(), weight.clone(), stride, padding, Arithmetic::Mixed);
        let expected = module::conv2d(x_rounded.clone(), weight_rounded.clone(), None, options);
        let terms = from * kernel * kernel;
        close(&format!("{case:?}"), found.clone(), expected.clone(), tolerance(terms));
        let single = convolution(x.clone(), weight.clone(), stride, padding, Arithmetic::Single);
        assert!(distance(found.clone(), single) > 100.0 * tolerance(terms), "{case:?}: nothing was rounded");

        let [_, _, rows, columns] = expected.dims();
        let coefficients = draw(expected.dims(), 3);
        let expected = (expected * rounded(&coefficients)).sum().backward();
        let found = (found * coefficients).sum().backward();
        let overlapping = to * kernel * kernel;
        let by_x = [x.grad(&found), x_rounded.grad(&expected)].map(Option::unwrap);
        let [found_by_x, expected_by_x] = by_x;
        close(&format!("{case:?} by x"), found_by_x, expected_by_x, tolerance(overlapping));
        let places = n * rows * columns;
        let [found, expected] = [weight.grad(&found), weight_rounded.grad(&expected)].map(Option::unwrap);
        close(&format!("{case:?} by weight"), found, expected, tolerance(places));
    }
}

/// On devices without kernels of ours, mixed arithmetic is burn's on cast tensors, whose results are rounded too: to 2⁻⁹ of
/// each entry, so within 2⁻⁸ of their norm with what is rounded on the way.
#[test]
fn mixed_arithmetic_of_other_devices_is_near() {
    let (x, weight) = (draw([4, 6, 12, 12], 1).require_grad(), draw([9, 6, 3, 3], 2).require_grad());
    let cast = |tensor: &Tensor<4>| tensor.clone().cast(FloatDType::BF16);
    let options = ConvOptions::new([1; 2], [1; 2], [1; 2], 1);
    let other = module::conv2d(cast(&x), cast(&weight), None, options).cast(FloatDType::F32);
    let found = convolution(x.clone(), weight.clone(), 1, 1, Arithmetic::Mixed);
    let near = |what: &str, a: Tensor<4>, b: Tensor<4>| {
        let norm = |tensor: Tensor<4>| numbers(tensor).iter().map(|v| v * v).sum::<f32>().sqrt();
        let error = norm(a - b.clone()) / norm(b);
        assert!(error < 1.0 / 256.0, "{what}: {error}");
    };
    near("output", other.clone().inner(), found.clone().inner());
    let coefficients = draw(found.dims(), 3);
    let other = (other * coefficients.clone()).sum().backward();
    let found = (found * coefficients).sum().backward();
    for (what, tensor) in [("by x", &x), ("by weight", &weight)] {
        near(what, tensor.grad(&other).unwrap(), tensor.grad(&found).unwrap());
    }
}

#[test]
fn a_product_of_halves_is_that_of_rounded_numbers() {
    for [n, from, to] in [[7, 40, 33], [50, 5, 64], [200, 130, 15], [1, 1, 1], [28, 64, 128]] {
        let (x, weight) = (draw([n, from], 1).require_grad(), draw([to, from], 2).require_grad());
        let [x_rounded, weight_rounded] = [&x, &weight].map(|tensor| rounded(tensor).require_grad());
        let found = product_of_halves(x.clone(), weight.clone());
        let expected = x_rounded.clone().matmul(weight_rounded.clone().transpose());
        let case = format!("{n} × {from} × {to}");
        close(&case, found.clone(), expected.clone(), tolerance(from));
        let coefficients = draw([n, to], 3);
        let expected = (expected * rounded(&coefficients)).sum().backward();
        let found = (found * coefficients).sum().backward();
        for (what, terms, [factor, its_rounded]) in
            [("x", to, [&x, &x_rounded]), ("weight", n, [&weight, &weight_rounded])]
        {
            let both = [factor.grad(&found), its_rounded.grad(&expected)].map(Option::unwrap);
            let [found, expected] = both;
            close(&format!("{case} by {what}"), found, expected, tolerance(terms));
        }
    }
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
    for arithmetic in [Arithmetic::Single, Arithmetic::Mixed] {
        let x = Tensor::<4>::ones([2, 3, 4, 4], &Device::flex()) * f32::NAN;
        let output = convolution(x, Tensor::ones([5, 3, 3, 3], &Device::flex()), 1, 1, arithmetic);
        assert!(numbers(output).iter().all(|y| y.is_nan()), "{arithmetic:?}");
    }
}
