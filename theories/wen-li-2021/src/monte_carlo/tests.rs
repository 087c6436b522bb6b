use super::*;
use featurescope_sim::augment::{AdditiveNoise, IntervalMasks};
use featurescope_sim::data::{Independent, SparseCodingLaw};
use featurescope_sim::math::gaussian::fill_normal;
use featurescope_sim::math::random::Part;
use featurescope_sim::network::SymRelu;
use featurescope_sim::train::reduced::MaskJitter;
use std::sync::Arc;

fn embeddings(rows: usize, row: u32) -> Matrix {
    let stream = Stream::new(3, Purpose::MONTE_CARLO, row);
    let mut out = Matrix::zeros(rows, 4);
    for r in 0..rows {
        fill_normal(out.row_mut(r), 0.8, &stream, Part::Dense, r as u32);
    }
    out
}

/// (1 − ℓ_p) h(x⁺⁺) − Σ_s ℓ_s h(x_s) is −∂L/∂f(x⁺) behind StopGrad: against central differences of the loss,
/// whose error with single-precision logits at steps of .02 is below 3e-4.
#[test]
fn the_contrast_is_the_slope_of_the_loss() {
    const STEP: f32 = 0.02;
    let (anchor, positive, negatives) = (embeddings(3, 0), embeddings(3, 1), embeddings(6, 2));
    let mut loss = InfoNce::new(0.7, StopGrad::Targets).unwrap();
    let (_, found) = evaluate(&mut loss, &anchor, &positive, &negatives);
    for r in 0..3 {
        for i in 0..4 {
            let mut moved = |by: f32| {
                let mut anchor = anchor.clone();
                anchor[(r, i)] += by;
                evaluate(&mut loss, &anchor, &positive, &negatives).0.loss * 3.0
            };
            let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
            assert!((slope + f64::from(found[(r, i)])).abs() < 3e-4, "{slope} {}", found[(r, i)]);
        }
    }
}

fn law() -> SparseCodingLaw {
    SparseCodingLaw {
        ambient_dim: 512,
        latent_dim: 8,
        latent: Arc::new(Independent { activity: 0.2 }),
        noise_variance: 0.25,
        direction_count: 0,
        direction_variance: 0.25,
    }
}

/// Views of RandomMask in the masks' limit, and in the ambient space.
fn masked_views(jitter: MaskJitter) -> [DrawnViews; 2] {
    let mask = || Box::new(IntervalMasks::complementary(0.5).unwrap());
    let gaussian = GaussianViews::new(&*mask(), &law(), jitter).unwrap();
    [DrawnViews::Gaussian(gaussian), DrawnViews::Ambient(mask())]
}

/// Along every direction the noise of a masked view has the variance 2σ², and the two views share none of it,
/// in the masks' limit as in the ambient space; five standard errors.
#[test]
fn views_draw_nothing_that_their_samples_drew() {
    for views in masked_views(MaskJitter::Kept) {
        let data = law().in_coordinates(64).unwrap();
        let none = Negatives { count: 1, are_views: false };
        let piece = Piece::draw(&data, &views, none, 7, 0);
        let numbers = (piece.anchor_noise.rows() * piece.anchor_noise.cols()) as f64;
        let energy: f64 = piece.anchor_noise.as_slice().iter().map(|&v| f64::from(v).powi(2)).sum();
        // The fourth moment is that of a Gaussian mixture with masks: at most 6·(2σ²)².
        let tolerance = 5.0 * 0.5 * (5.0 / numbers).sqrt();
        assert!((energy / numbers - 0.5).abs() < tolerance, "{}", energy / numbers);
        assert!((piece.shared_noise / numbers).abs() < tolerance, "{}", piece.shared_noise / numbers);
    }
}

/// A sample without an active atom has views, whatever its noise rounds to: at some variances the square of the
/// root exceeds the variance.
#[test]
fn samples_without_a_signal_have_views() {
    let mut exceeding = 0;
    for k in 1..200 {
        let variance = 0.001 * f64::from(k);
        exceeding += u32::from(variance.sqrt().powi(2) > variance);
        let law = SparseCodingLaw { noise_variance: variance, ..law() };
        let mask = IntervalMasks::complementary(0.5).unwrap();
        // Noise that is added may be smaller than that of the sample.
        let added = AdditiveNoise::new(0.01).unwrap();
        for augmentation in [&mask as &dyn Augmentation, &added] {
            let views = GaussianViews::new(augmentation, &law, MaskJitter::Kept).unwrap();
            let (mut x, mut noise) = ([0.0f32; 4], [0.0f32; 4]);
            let (mut x_positive, mut noise_positive) = (x, noise);
            let (stream, atoms) = (Stream::new(1, Purpose::MONTE_CARLO, k), Matrix::default());
            let from = Origin { stream: &stream, row: 0, atoms: &atoms, code: &[0.0; 8] };
            DrawnViews::Gaussian(views).draw(
                &from,
                (&mut x, &mut x_positive),
                (&mut noise, &mut noise_positive),
            );
            assert!(x.iter().chain(&x_positive).all(|v| v.is_finite()), "{variance}");
            // Without a signal the views are those of the noise.
            assert!(x == noise && x_positive == noise_positive && x != x_positive);
        }
    }
    assert!(exceeding > 10, "{exceeding}");
}

/// Negatives that are views are twice as loud as samples, whose masks are doubled and keep half; five
/// standard errors of a mixture with kurtosis 6.
#[test]
fn negatives_are_samples_or_views_as_the_arm_has_them() {
    for views in masked_views(MaskJitter::Dropped) {
        let data = law().in_coordinates(64).unwrap();
        let energy = |are_views: bool| {
            let piece = Piece::draw(&data, &views, Negatives { count: 400, are_views }, 7, 0);
            let dense: f64 = (piece.negatives.iter_rows())
                .flat_map(|x| &x[law().latent_dim..])
                .map(|&v| f64::from(v).powi(2))
                .sum();
            dense / (400 * 64) as f64
        };
        for (are_views, expected) in [(false, 0.25), (true, 0.5)] {
            let found = energy(are_views);
            let tolerance = 5.0 * expected * (5.0 / (400.0 * 64.0f64)).sqrt();
            assert!((found - expected).abs() < tolerance, "views {are_views}: {found}, {expected}");
        }
    }
}

/// Thresholds of both signs, straight from the definitions of the symmetric ReLU.
#[test]
fn gates_and_activations_at_both_signs() {
    let pre = Matrix::from_vec(2, 2, vec![0.5, -0.1, -0.2, 0.3]);
    let bias = [0.3, -0.2];
    assert_eq!(slopes(&SymRelu, &pre, &bias).as_slice(), [1.0, 2.0, 0.0, 1.0]);
    let expected = [0.2, -0.2, 0.0, 0.5];
    for (found, expected) in embedded(&SymRelu, &pre, &bias).as_slice().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}
