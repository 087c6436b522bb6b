//! For tests whose cases need not all compare something.

use std::cell::Cell;

/// Counts comparisons: a test whose cases drift away from what it is about then fails instead of passing
/// idly.
#[derive(Debug, Default)]
pub struct Compared(Cell<usize>);

impl Compared {
    /// Notes that so many things were compared.
    pub fn add(&self, count: usize) {
        self.0.set(self.0.get() + count);
    }

    /// Fails if there were fewer comparisons than `least`.
    #[track_caller]
    pub fn at_least(&self, least: usize) {
        assert!(self.0.get() >= least, "{} comparisons, {least} are wanted", self.0.get());
    }
}

#[test]
#[should_panic(expected = "2 comparisons, 3 are wanted")]
fn too_few_comparisons_fail() {
    let compared = Compared::default();
    compared.add(2);
    compared.at_least(2);
    compared.at_least(3);
}
