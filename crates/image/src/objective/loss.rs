//! What is minimised, as functions of projections. Batches are matrices, one row a sample; every loss is a mean over rows.
//!
//! ```text
//! InfoNCE   −mean_i ln ( e^{s(a_i, b_i)/τ} / Σ_j e^{s(a_i, b_j)/τ} )
//! NT-Xent   the same for all 2 N views z = (a; b) against the 2 N − 1 others
//! SimSiam   −½ mean_i [ cos(p(a_i), b_i) + cos(p(b_i), a_i) ], no gradient into the second argument
//! ```
//!
//! with s the cosine or the inner product. Sources: van den Oord et al. (2018), Chen et al. (ICML 2020), Chen & He (CVPR
//! 2021); StopGrad on positives and negatives: Wen & Li (ICML 2021); docs/theory.md (2.1), without its factor τ in front.

use super::{Similarity, StopGradient};
use burn::tensor::{Tensor, TensorData, activation::log_softmax};

/// Added to a squared norm before the root, so that a zero row has a gradient.
const TINY: f64 = 1e-12;
/// A logit that has no share in a softmax.
const NEVER: f64 = -1e9;

/// Rows divided by their norms.
pub fn normalised(rows: Tensor<2>) -> Tensor<2> {
    let norm = (rows.clone().square().sum_dim(1) + TINY).sqrt();
    rows / norm
}

fn compared(rows: Tensor<2>, similarity: Similarity) -> Tensor<2> {
    match similarity {
        Similarity::Cosine => normalised(rows),
        Similarity::InnerProduct => rows,
    }
}

/// InfoNCE of anchors a and positives b, both N × k.
pub fn info_nce(
    anchors: Tensor<2>,
    positives: Tensor<2>,
    temperature: f64,
    similarity: Similarity,
    stop_gradient: StopGradient,
) -> Tensor<1> {
    let candidates = match stop_gradient {
        StopGradient::Nowhere => positives,
        StopGradient::Targets => positives.detach(),
    };
    let [n, _] = anchors.dims();
    let logits =
        compared(anchors, similarity).matmul(compared(candidates, similarity).transpose()) / temperature;
    let identity = Tensor::<2>::eye(n, &logits.device());
    mean_log_loss(logits, identity)
}

/// NT-Xent of the views a and b, both N × k.
pub fn nt_xent(a: Tensor<2>, b: Tensor<2>, temperature: f64, similarity: Similarity) -> Tensor<1> {
    let [n, _] = a.dims();
    let views = compared(Tensor::cat(vec![a, b], 0), similarity);
    let identity = Tensor::<2>::eye(2 * n, &views.device());
    let logits = views.clone().matmul(views.transpose()) / temperature + identity.clone() * NEVER;
    let halves = identity.split(n, 0);
    mean_log_loss(logits, Tensor::cat(vec![halves[1].clone(), halves[0].clone()], 0))
}

/// SimSiam of predictions of the other view's projection.
pub fn simsiam(predictions: [Tensor<2>; 2], projections: [Tensor<2>; 2]) -> Tensor<1> {
    let [p, q] = predictions;
    let [a, b] = projections;
    let cosine = |p: Tensor<2>, z: Tensor<2>| (normalised(p) * normalised(z.detach())).sum_dim(1).mean();
    (cosine(p, b) + cosine(q, a)) * -0.5
}

/// Cross-entropy of scores (N × classes).
pub fn cross_entropy(scores: Tensor<2>, labels: &[u32]) -> Tensor<1> {
    let [n, classes] = scores.dims();
    let mut chosen = vec![0.0f32; n * classes];
    labels.iter().enumerate().for_each(|(i, &label)| chosen[i * classes + label as usize] = 1.0);
    let chosen = Tensor::from_data(TensorData::new(chosen, [n, classes]), &scores.device());
    mean_log_loss(scores, chosen)
}

/// −mean_i ln softmax(logits_i) at the entry that `chosen` marks with 1.
fn mean_log_loss(logits: Tensor<2>, chosen: Tensor<2>) -> Tensor<1> {
    let [n, _] = logits.dims();
    (log_softmax(logits, 1) * chosen).sum() / -(n as f64)
}
