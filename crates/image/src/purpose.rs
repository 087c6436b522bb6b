//! What random numbers are for where pictures are drawn, changed and looked at.

use featurescope_sim::math::Purpose;

/// Synthetic pictures.
pub const PICTURES: Purpose = Purpose::numbered(15);
/// Views of pictures in a training step.
pub const VIEWS: Purpose = Purpose::numbered(16);
/// Where the search for what a unit answers to begins, and how it is shifted.
pub const FEATURE_PICTURES: Purpose = Purpose::numbered(18);
