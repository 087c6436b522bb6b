//! Whether a representation shows the noise of its sample or the signal.
//!
//! noise cosine = E[cos(f(x), f(ξ)) | z ≠ 0], signal cosine = E[cos(f(x), f(M z)) | z ≠ 0], x = M z + ξ, over the same
//! fresh samples at every recorded step. A cosine with a zero vector counts as 0: a representation that noise alone
//! leaves silent does not resemble it. Samples with z = 0 carry no signal: there x = ξ, so the noise cosine is 1
//! whenever anything fires and says nothing about what was learned. In the theory they vanish, (1 − p)^d → 0; at
//! d = 64 they are a fifth of all samples. `noise_cosine_all` keeps them in. Standard errors are those of the draw of
//! samples: spread/√n.
//!
//! Source: Theorem 3.2 (ii) and the remark after Theorem 3.4; docs/theory.md 4.6, 7 (8).

use super::{AxisKind, Column, FreshSamples, Measure, Place, Reading, Values, mean};

/// cos(f(x), f(ξ)) and cos(f(x), f(M z)).
pub struct Cosines {
    samples: FreshSamples,
}

impl Cosines {
    /// Reads on these samples.
    pub fn new(samples: FreshSamples) -> Self {
        Self { samples }
    }
}

const COLUMNS: &[Column] = &[
    Column::new(
        "noise_cosine",
        "cosine",
        "mean cos(f(x), f(ξ)) over samples with z ≠ 0 (Theorem 3.2 (ii): near 1; after Theorem 3.4: small)",
    )
    .shown(Place::Headline, "noise cosine", "cos(f(x), f(ξ))", AxisKind::Share),
    Column::new("noise_cosine_error", "cosine", "its standard error over the fresh samples"),
    Column::new(
        "noise_cosine_all",
        "cosine",
        "mean cos(f(x), f(ξ)) over all samples, those with z = 0 included",
    ),
    Column::new(
        "signal_cosine",
        "cosine",
        "mean cos(f(x), f(Mz)) over samples with z ≠ 0 (after Theorem 3.4: near 1)",
    )
    .shown(Place::Headline, "signal cosine", "cos(f(x), f(Mz))", AxisKind::Share),
    Column::new("signal_cosine_error", "cosine", "its standard error over the fresh samples"),
];

impl Measure for Cosines {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let drawn = reading.decomposed(self.samples);
        let (mut noise, mut signal, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (r, features) in drawn.features.iter_rows().enumerate() {
            let with_noise = cosine(features, drawn.noise.row(r));
            all.push(with_noise);
            if drawn.latent.row(r).iter().any(|&z| z != 0.0) {
                noise.push(with_noise);
                signal.push(cosine(features, drawn.signal.row(r)));
            }
        }
        out.scalar("noise_cosine", mean(noise.iter().copied()));
        out.scalar("noise_cosine_error", standard_error(&noise));
        out.scalar("noise_cosine_all", mean(all));
        out.scalar("signal_cosine", mean(signal.iter().copied()));
        out.scalar("signal_cosine_error", standard_error(&signal));
    }
}

/// cos(a, b), 0 if either is zero.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let product =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    super::ratio(product(a, b), (product(a, a) * product(b, b)).sqrt())
}

/// Spread/√n with the unbiased spread; NaN for fewer than two values.
fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let centre = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    if values.len() < 2 { f64::NAN } else { (squares / (n - 1.0) / n).sqrt() }
}
