//! More than two views of a sample, for losses on anchors and positives: training then averages the loss over
//! all ordered pairs of different views (`train`).

use super::{Batch, Beginning, Gradients, Labels, LossReading, Needs, Objective, Problem};
use crate::math::{Matrix, ParameterError};
use crate::part::{Fallback, Given, Kind, ParameterArray, PartSetting};

/// How many views a sample has.
pub(super) const VIEWS: PartSetting = PartSetting::new(
    "views",
    Kind::Whole(2, 64),
    Fallback::Absent("two views"),
    "Number of views of a sample. The loss is the mean over all ordered pairs of different views. The views beyond the \
     second are drawn like masked negatives, each by itself.",
);

/// The objective with as many views as its setting asks for: what a part's `build` ends with.
pub(super) fn with_views(given: &Given, objective: impl Objective + 'static) -> Box<dyn Objective> {
    match given.optional_whole(VIEWS.name) {
        Some(views) if views > 2 => {
            Box::new(SeveralViews { inner: Box::new(objective), views: views as usize })
        }
        _ => Box::new(objective),
    }
}

/// A loss over several views. It has neither a fast step nor closed forms, and nothing says which part of its
/// gradient pulls.
struct SeveralViews {
    inner: Box<dyn Objective>,
    views: usize,
}

impl Objective for SeveralViews {
    fn needs(&self) -> Needs {
        self.inner.needs()
    }

    fn contrasts(&self) -> bool {
        self.inner.contrasts()
    }

    fn views(&self) -> usize {
        self.views
    }

    fn labels(&self) -> Labels {
        self.inner.labels()
    }

    fn target_decay(&self) -> f64 {
        self.inner.target_decay()
    }

    fn arrays(&self, run: &Beginning) -> Result<Vec<ParameterArray>, ParameterError> {
        self.inner.arrays(run)
    }

    fn begin(&mut self, run: &Beginning) {
        self.inner.begin(run);
    }

    fn rate_ratio(&self) -> f64 {
        self.inner.rate_ratio()
    }

    fn evaluate(&mut self, batch: &Batch<'_>, arrays: &[Matrix], gradients: &mut Gradients) -> LossReading {
        self.inner.evaluate(batch, arrays, gradients)
    }

    fn at_rest(&self, problem: &Problem) -> f64 {
        self.inner.at_rest(problem)
    }

    fn lowest(&self, features: usize) -> f64 {
        self.inner.lowest(features)
    }
}
