//! Which atoms of a tree the features of the network point along, level by level and for any depth.
//!
//! [`LevelAlignment`] asks where the weights of the first layer point. A feature of a later layer
//! has no weights on x. Its linear response to the code takes their place, the least-squares coefficients of f_k(M z) on
//! z over fresh samples without noise:
//!
//! ```text
//! a_k = (E z zᵀ)⁻¹ E z f_k(M z)
//! ```
//!
//! Of one linear layer on orthonormal atoms a_k is Mᵀ w_k, so its cosines are those of the weights. A feature points
//! along the lowest atom j where a_k has a large |cos| with the j-th axis, and along an upper atom where it has one with
//! the pattern π of that atom. A response to three of four children has the cosine .87 with π.
//!
//! Source: hierarchical sparse coding as the open direction of Wen and Li (2021), Section 6.

use super::{
    AxisKind, Column, FreshSamples, Level, LevelAlignment, Measure, Place, Reading, SINGLETON_COSINE, Values,
    fraction, mean, ratio,
};
use crate::math::Matrix;
use crate::math::linalg::{add_transposed_times, solve_positive_definite};

/// Cosines of linear responses with atoms, level by level.
pub struct FeatureLevels {
    levels: Vec<Level>,
    samples: FreshSamples,
}

impl FeatureLevels {
    /// Reads on these levels, the lowest one first, and these samples. Levels beyond [`LevelAlignment::MOST_LEVELS`] are
    /// left out.
    pub fn new(mut levels: Vec<Level>, samples: FreshSamples) -> Self {
        levels.truncate(LevelAlignment::MOST_LEVELS);
        Self { levels, samples }
    }
}

/// Columns of one level.
const PER_LEVEL: usize = 2;

/// The columns of a level, from their names and what they are called.
macro_rules! columns_of_level {
    ($level:literal) => {
        [
            Column::new(
                concat!("level", $level, "_feature_coverage_90"),
                "fraction",
                concat!(
                    "atoms of level ",
                    $level,
                    " of the tree with some feature whose linear response to z has |cos| > .9 with them; not defined \
                     where some atom is active in no sample"
                ),
            )
            .shown(
                Place::Curve,
                concat!("level ", $level, ": atoms of features"),
                "share of the level's atoms, |cos| > .9",
                AxisKind::Share,
            ),
            Column::new(
                concat!("level", $level, "_feature_alignment"),
                "cosine",
                concat!(
                    "mean over atoms of level ",
                    $level,
                    " of the largest |cos| of a feature's linear response to z with them"
                ),
            )
            .shown(
                Place::Curve,
                concat!("level ", $level, ": alignment of features"),
                "mean of the largest |cos|",
                AxisKind::Share,
            ),
        ]
    };
}

const BY_LEVEL: [[Column; PER_LEVEL]; LevelAlignment::MOST_LEVELS] =
    [columns_of_level!("1"), columns_of_level!("2"), columns_of_level!("3")];
const COLUMNS: &[Column] = BY_LEVEL.as_flattened();

impl Measure for FeatureLevels {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS[..PER_LEVEL * self.levels.len()]
    }

    fn read(&mut self, reading: &Reading<'_>, out: &mut Values<'_>) {
        let drawn = reading.decomposed(self.samples);
        let Some(responses) = linear_responses(&drawn.latent, &drawn.signal) else { return };
        for (level, columns) in self.levels.iter().zip(&BY_LEVEL) {
            let largest = |(first, pattern): (usize, &[f32])| {
                let cosines = responses.iter_rows().map(|response| cosine(response, first, pattern).abs());
                cosines.fold(0.0, f64::max)
            };
            let largest: Vec<f64> = level.patterns().map(largest).collect();
            out.scalar(columns[0].name, fraction(largest.iter().map(|&cosine| cosine > SINGLETON_COSINE)));
            out.scalar(columns[1].name, mean(largest));
        }
    }
}

/// The least-squares coefficients of every feature on the code, K × d; `None` where samples do not determine them.
fn linear_responses(latent: &Matrix, features: &Matrix) -> Option<Matrix<f64>> {
    let (latent, features) = (latent.to_f64(), features.to_f64());
    let mut moments = Matrix::zeros(latent.cols(), latent.cols());
    add_transposed_times(&mut moments, &latent, &latent);
    let mut products = Matrix::zeros(latent.cols(), features.cols());
    add_transposed_times(&mut products, &latent, &features);
    Some(solve_positive_definite(&moments, &products)?.transposed())
}

/// The cosine of a response with a pattern that begins at an atom; 0 for a feature that does not respond.
fn cosine(response: &[f64], first: usize, pattern: &[f32]) -> f64 {
    let product: f64 = response[first..].iter().zip(pattern).map(|(a, &sign)| a * f64::from(sign)).sum();
    let energy: f64 = response.iter().map(|a| a * a).sum();
    let of_pattern: f64 = pattern.iter().map(|&sign| f64::from(sign).powi(2)).sum();
    ratio(product, (energy * of_pattern).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::latent::{Hierarchical, LatentLaw};
    use crate::math::{Purpose, Stream};
    use crate::measure::tests::fake::{Fake, Figures};

    const ATOMS: usize = 8;
    const ROWS: usize = 4096;

    fn law() -> Hierarchical {
        Hierarchical { levels: 2, fan_out: 4, top_activity: 0.3, child_activity: 0.5 }
    }

    /// What is read where features are a function of the code.
    fn read(features: impl Fn(&[f32]) -> Vec<f32>) -> Figures {
        let mut latent = Matrix::zeros(ROWS, ATOMS);
        let stream = Stream::new(2, Purpose::MONTE_CARLO, 0);
        (0..ROWS).for_each(|row| law().draw(&stream, row as u32, latent.row_mut(row)));
        let rows: Vec<Vec<f32>> = latent.iter_rows().map(features).collect();
        let features = Matrix::from_vec(ROWS, rows[0].len(), rows.concat());
        let mut fake = Fake::new(ATOMS, &[0.0; ATOMS], &[1.0]);
        fake.decomposed.noise = Matrix::zeros(ROWS, features.cols());
        fake.decomposed.features = features.clone();
        (fake.decomposed.signal, fake.decomposed.latent) = (features, latent);
        let samples = fake.samples();
        fake.read(&mut FeatureLevels::new(law().levels(ATOMS), samples))
    }

    /// Σ_j π_j z_j of the first upper atom, over its first children.
    fn sum(z: &[f32], children: usize) -> f32 {
        let level = law().levels(ATOMS).remove(1);
        z[..children].iter().zip(&level.signs).map(|(z, sign)| z * sign).sum()
    }

    #[test]
    fn linear_features_have_the_cosines_of_their_coefficients() {
        let codes = read(|z| z.iter().map(|z| -2.0 * z).collect());
        codes.check(&[
            ("level1_feature_coverage_90", 1.0),
            ("level1_feature_alignment", 1.0),
            ("level2_feature_coverage_90", 0.0),
            ("level2_feature_alignment", 0.5),
        ]);
        // One of two upper atoms; all of its children are seen at a cosine of 1/2.
        read(|z| vec![3.0 * sum(z, 4)]).check(&[
            ("level1_feature_coverage_90", 0.0),
            ("level1_feature_alignment", 0.25),
            ("level2_feature_coverage_90", 0.5),
            ("level2_feature_alignment", 0.5),
        ]);
        let three = read(|z| vec![sum(z, 3)]);
        assert!((three.get("level2_feature_alignment") - 0.75f64.sqrt() / 2.0).abs() < 1e-6);
        assert_eq!(three.get("level2_feature_coverage_90"), 0.0);
    }

    /// A threshold changes the size of a response and not its direction, up to the draw of the samples.
    #[test]
    fn features_behind_thresholds_point_where_they_would_without() {
        let behind = |z: &[f32]| {
            let sum = sum(z, 4);
            vec![(sum.abs() - 0.9).max(0.0) * sum.signum()]
        };
        let found = read(behind);
        assert!((found.get("level2_feature_alignment") - 0.5).abs() < 0.01);
        assert_eq!(found.get("level2_feature_coverage_90"), 0.5);
    }

    #[test]
    fn silent_features_point_nowhere() {
        read(|_| vec![0.0, 0.0]).check(&[
            ("level1_feature_coverage_90", 0.0),
            ("level1_feature_alignment", 0.0),
            ("level2_feature_coverage_90", 0.0),
            ("level2_feature_alignment", 0.0),
        ]);
    }
}
