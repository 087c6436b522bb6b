//! Closed forms only: what the paper and its finite-size corrections predict, for populations given by four numbers.
//!
//! | file | what it predicts | theory.md |
//! |---|---|---|
//! | [`rates`] | stage I: growth of sparse and dense directions, the time T1, the noise floor | 4.3 |
//! | [`gate`] | forces through a raised threshold, firing rates, the bias race of stage II | 4.4, 4.5 |
//! | [`feed`] | how fast noise alone still grows through a raised threshold | 4.7 |
//! | `log_of_sum` | means of ln(1 + S) over independent negatives, without Jensen's inequality | 4.6 |
//! | [`plateau`] | the converged scale, its loss and the loss floor | 4.6 |
//! | [`initial_sets`] | how many neurons start lucky or potential for an atom | 5.3 |
//!
//! Source: theory.md; every function names its section there or the paper's lemma.

pub mod rates;
pub mod gate;
pub mod feed;
mod log_of_sum;
pub mod plateau;
pub mod initial_sets;

#[cfg(test)]
mod oracle;

/// The point of [low, high] where `f`, not negative at `low` and not positive at `high`, changes sign.
///
/// Bisection to the last bit of the interval; 200 halvings exhaust every pair of doubles met here.
fn falling_root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falling_root_of_a_cubic() {
        assert!((falling_root(0.0, 3.0, |x| 8.0 - x * x * x) - 2.0).abs() < 1e-14);
    }
}
