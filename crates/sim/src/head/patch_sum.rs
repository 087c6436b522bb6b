//! Features of an input that comes in patches: the sum over its P patches, g(x) = Σ_p f(x_p).
//!
//! A batch has one row for each patch. The P patches of an input follow one another, and the loss reads one
//! row for each input. Below the head everything speaks of single patches: weights, measurements and probes.
//!
//! Every patch of an input receives the gradient of its sum.
//!
//! Source: Wen and Li, "The Mechanism of Prediction Head in Non-contrastive Self-supervised Learning"
//! (NeurIPS 2022), whose network shares its weights over patches.

use super::{At, Head, HeadPart, Tape};
use crate::math::Matrix;
use crate::part::{Fallback, Kind, ParameterArray, PartSetting};

/// The declaration.
pub(super) static PART: HeadPart = HeadPart {
    kind: "patch_sum",
    summary: "features summed over the patches of an input, for data.kind = \"patches\"",
    settings: &[PartSetting::new(
        "patches",
        Kind::count(1),
        Fallback::Required,
        "Number of patches that an input has, as data.patches.",
    )],
    build: |given, ()| Ok(Some(Box::new(PatchSum { patches: given.whole("patches")? as usize }))),
};

/// Sums over so many consecutive rows, at least 1.
#[derive(Clone, Copy, Debug)]
pub struct PatchSum {
    /// P.
    pub patches: usize,
}

impl Head for PatchSum {
    fn output_count(&self, features: usize) -> usize {
        features
    }

    fn patches(&self) -> usize {
        self.patches
    }

    fn arrays(&self, _features: usize) -> Vec<ParameterArray> {
        Vec::new()
    }

    fn forward(&self, features: &Matrix, _at: At<'_>, _tape: &mut Tape, output: &mut Matrix) {
        output.resize(features.rows() / self.patches, features.cols());
        output.as_mut_slice().fill(0.0);
        for (r, patch) in features.iter_rows().enumerate() {
            let sums = output.row_mut(r / self.patches);
            sums.iter_mut().zip(patch).for_each(|(sum, f)| *sum += f);
        }
    }

    fn backward(
        &self,
        features: &Matrix,
        _at: At<'_>,
        _tape: &mut Tape,
        gradient: &mut Matrix,
        _sums: &mut [Matrix],
    ) {
        let of_sums = std::mem::take(gradient);
        gradient.resize(features.rows(), features.cols());
        for r in 0..features.rows() {
            gradient.row_mut(r).copy_from_slice(of_sums.row(r / self.patches));
        }
    }
}
