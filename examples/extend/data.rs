//! Samples of unequal quality: x = M z + ξ, where the noise of some samples is larger than that of others.
//!
//! A sample is noisy with probability s. Its noise has r times the variance of that of a clean sample, and the mean over
//! all samples is σ²: v_clean = σ²/(1 − s + s r), v_noisy = r v_clean. s = 0 or r = 1 is the paper's data.
//!
//! This file is a data law, complete. It goes to `crates/sim/src/data/uneven_noise.rs`; the list in `mod.rs` there
//! gets the line `uneven_noise;`. Then `data.kind = "uneven_noise"` is a setting like any other. A law that differs from
//! sparse coding in the code alone is shorter as a part of `data.latent`; this one shows the whole interface.

use super::latent::LATENT_LAWS;
use super::{
    AMBIENT_DIM, DataModel, DataPart, DenseNoise, Dictionary, DictionaryError, Drawing, LATENT_DIM,
    LatentLaw, NOISE_CONSTANT, NOISE_VARIANCE, Sizes,
};
use crate::math::Stream;
use crate::math::random::Part;
use crate::part::{PartSetting, Range};
use std::sync::Arc;

/// The declaration: what specs call the law, what it is, its settings, and how it is drawn.
pub(super) static PART: DataPart = DataPart {
    kind: "uneven_noise",
    summary: "x = M z + ξ with noise that is larger in some samples than in others",
    settings: &[
        LATENT_DIM,
        AMBIENT_DIM,
        // A part of another slot: its settings are settings of this law.
        PartSetting::part("latent", &LATENT_LAWS, "The law of z."),
        PartSetting::number("noisy_fraction", Range::FRACTION, "0.2", "Share of the samples that are noisy."),
        PartSetting::number(
            "noise_ratio",
            Range::FROM_ONE,
            "4.0",
            "Noise variance of a noisy sample over that of a clean one.",
        ),
        NOISE_VARIANCE,
        NOISE_CONSTANT,
    ],
    build: |given, ()| {
        let sizes = Sizes::of(given)?;
        let latent = given.part::<Arc<dyn LatentLaw>>("latent")?.build(&sizes)?;
        let quality = Quality {
            noisy_fraction: given.number("noisy_fraction")?,
            ratio: given.number("noise_ratio")?,
            variance: DenseNoise::variance_of(given, sizes)?,
        };
        // A law that can only be drawn is a closure. Nothing is allocated before it is called.
        Ok(Box::new(move |drawing: &Drawing<'_>| -> Result<Arc<dyn DataModel>, DictionaryError> {
            let dictionary = Dictionary::haar(sizes.ambient_dim, sizes.latent_dim, drawing.seed)?;
            let [clean, noisy] = quality.variances().map(DenseNoise::isotropic);
            Ok(Arc::new(UnevenNoise {
                dictionary,
                latent: Arc::clone(&latent),
                quality,
                clean: clean?,
                noisy: noisy?,
            }))
        }))
    },
};

#[derive(Clone, Copy, Debug)]
struct Quality {
    /// s.
    noisy_fraction: f64,
    /// r.
    ratio: f64,
    /// σ².
    variance: f64,
}

impl Quality {
    /// Of a clean sample and of a noisy one.
    fn variances(self) -> [f64; 2] {
        let clean = self.variance / (1.0 - self.noisy_fraction + self.noisy_fraction * self.ratio);
        [clean, self.ratio * clean]
    }
}

#[derive(Debug)]
struct UnevenNoise {
    dictionary: Dictionary,
    latent: Arc<dyn LatentLaw>,
    quality: Quality,
    clean: DenseNoise,
    noisy: DenseNoise,
}

impl DataModel for UnevenNoise {
    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    fn draw_latent(&self, stream: &Stream, row: u32, latent: &mut [f32]) {
        self.latent.draw(stream, row, latent);
    }

    fn draw_noise(&self, stream: &Stream, row: u32, noise: &mut [f32]) {
        // The numbers depend on the stream and the row alone: rows may be drawn in any order.
        // This part of the stream is read by neither the code nor the noise.
        let is_noisy = stream.reader(Part::ChiSquare, row).uniform() < self.quality.noisy_fraction;
        if is_noisy { &self.noisy } else { &self.clean }.draw(stream, row, noise);
    }

    fn activity(&self) -> f64 {
        self.latent.activity(self.dictionary.latent_dim())
    }

    fn mean_square(&self) -> f64 {
        self.latent.mean_square(self.dictionary.latent_dim())
    }

    fn noise_variance(&self) -> f64 {
        self.quality.variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Purpose;
    use crate::part::{Given, Value};

    /// The mean of ‖ξ‖²/d1 and of its square over samples, at five standard errors.
    #[test]
    fn some_samples_are_noisier_and_the_mean_is_the_variance() {
        const ROWS: u32 = 20_000;
        let values = vec![
            ("latent_dim", Value::Whole(10)),
            ("ambient_dim", Value::Whole(32)),
            ("noise_variance", 0.5.into()),
            ("noisy_fraction", 0.25.into()),
            ("noise_ratio", 9.0.into()),
        ];
        let law = (PART.build)(&Given::new(PART.settings, values).unwrap(), &()).unwrap();
        let model = law.draw(&Drawing { seed: 1, matrices: &[] }).unwrap();
        assert!(model.noise_variance() == 0.5 && law.sparse_coding().is_none());
        let stream = Stream::new(1, Purpose::MONTE_CARLO, 0);
        let mut noise = [0.0; 32];
        let energies: Vec<f64> = (0..ROWS)
            .map(|row| {
                model.draw_noise(&stream, row, &mut noise);
                noise.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 32.0
            })
            .collect();
        // Of d1 normal numbers of variance v: E (‖ξ‖²/d1)² = v² (1 + 2/d1).
        let (clean, noisy) = (0.5 / 3.0, 1.5);
        let square = (0.75 * clean * clean + 0.25 * noisy * noisy) * (1.0 + 2.0 / 32.0);
        for (power, expected) in [(1, 0.5), (2, square)] {
            let moment = |power: i32| energies.iter().map(|e| e.powi(power)).sum::<f64>() / f64::from(ROWS);
            let error = ((moment(2 * power) - moment(power).powi(2)) / f64::from(ROWS)).sqrt();
            let found = moment(power);
            assert!((found - expected).abs() < 5.0 * error, "{power}: {found} against {expected}");
        }
    }
}
