//! How fast sparse and dense parts grew in stage I, from the records.
//!
//! The records hold how far W(t) still lies along W(0), inside and outside the span of M. A step that multiplies every
//! coefficient by g makes that g^t, so the slope of its logarithm over steps is ln g; energies would contain the
//! gradient noise too. The fit takes the recorded steps from the start up to T1, but only while the loss is still
//! within 1 % of τ ln(N + 1): after that the logits are no longer uniform and growth slows down.
//!
//! Source: Lemma C.3, C.4; docs/theory.md 4.3.

use crate::plan::Growth;
use crate::store::Records;

/// How far the loss may have moved from its initial value, relative to it. Growth is slowed by about as much.
const UNIFORM_LOGITS: f64 = 0.01;

/// The growth factors per step; `None` without an initial loss to compare with, or with fewer than two records.
pub fn measured(records: &Records, initial_loss: Option<f64>, t1: Option<u64>) -> Option<Growth> {
    let (initial, losses) = (initial_loss?, records.column("loss")?);
    let is_uniform = |&(row, &step): &(usize, &u64)| {
        // The loss of step 0 is not defined: there is no batch yet.
        let moved = (losses[row] - initial).abs() > UNIFORM_LOGITS * initial;
        t1.is_none_or(|t1| step <= t1) && !moved
    };
    let rows = records.steps.iter().enumerate().take_while(is_uniform).count();
    let factor = |name: &str| {
        let logs = records.column(name)?[..rows].iter().map(|coefficient| coefficient.ln());
        let points: Vec<_> = records.steps[..rows].iter().map(|&step| step as f64).zip(logs).collect();
        slope(&points).map(f64::exp).filter(|factor| factor.is_finite())
    };
    Some(Growth { sparse: factor("growth_sparse")?, dense: factor("growth_dense")? })
}

/// Slope of the least-squares line.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / count, y + p.1 / count));
    let (xx, xy) = points
        .iter()
        .fold((0.0, 0.0), |(xx, xy), p| (xx + (p.0 - x) * (p.0 - x), xy + (p.0 - x) * (p.1 - y)));
    Some(xy / xx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(losses: [f64; 5]) -> Records {
        let steps = vec![0, 10, 20, 30, 40];
        let powers = |g: f64| steps.iter().map(|&t| f64::powf(g, t as f64)).collect::<Vec<_>>();
        let mut sparse = powers(1.02);
        // What the fit must not see: growth that has ended.
        sparse[4] = sparse[3];
        let columns = vec![
            ("loss".to_owned(), losses.to_vec()),
            ("growth_sparse".to_owned(), sparse),
            ("growth_dense".to_owned(), powers(0.999)),
        ];
        Records { steps, columns }
    }

    #[test]
    fn exact_exponentials_give_their_factor_and_the_window_ends_where_it_should() {
        let nan = f64::NAN;
        let close = |growth: Option<Growth>| {
            let growth = growth.unwrap();
            (growth.sparse - 1.02).abs() < 1e-12 && (growth.dense - 0.999).abs() < 1e-12
        };
        assert!(close(measured(&records([nan, 2.0, 2.0, 1.99, 1.9]), Some(2.0), None)), "the loss moved");
        assert!(close(measured(&records([nan, 2.0, 2.0, 2.0, 2.0]), Some(2.0), Some(30))), "T1");
        assert!(!close(measured(&records([nan, 2.0, 2.0, 2.0, 2.0]), Some(2.0), None)), "neither");
    }

    #[test]
    fn too_little_to_fit_is_no_growth() {
        let records = records([f64::NAN, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(measured(&records, Some(2.0), None), None);
        assert_eq!(measured(&records, None, None), None);
    }
}
