//! The fast step on samples drawn in the ambient space: the reference step's result by fewer and faster products.
//!
//! What it uses beyond the statement of a step, and who says that it may:
//!
//! | what | who says so |
//! |---|---|
//! | W moves while its gradient is computed, so no gradient is stored | the optimiser: plain descent |
//! | no array but W | the network: feature i is a function of neuron i (`activation`); there is no head; the objective takes no arrays |
//! | products at open (anchor, neuron) pairs only, once few are open ([`gated`]) | the network: `gates`; without them every pair counts as open |
//! | no gradient with respect to samples | the adversary: there is none |
//! | features of the positive at closed pairs are never computed | the objective: `reads_closed_positives` |
//! | samples written once, in the layout of both products (`math::panels`) | nobody: it changes no result but rounding |
//! | inputs of products rounded to bfloat16 | the user: mixed arithmetic |
//! | W x⁺⁺ = s·W x − W x⁺ | the views' moments: x⁺ + x⁺⁺ = s·x where their sum has no variance |
//!
//! Parts that do not allow all of this are trained by the reference step.

mod drawing;
pub mod gated;
mod step;

pub(super) use step::Fast;

use super::process::Parts;

/// Whether the fast step takes these parts.
pub(super) fn accepts(parts: &mut Parts) -> bool {
    let network = parts.network.as_ref();
    network.activation().is_some()
        && parts.head.is_none()
        && parts.optimizer.is_plain()
        && !parts.has_adversary()
        && parts.objective.fast().is_some()
}
