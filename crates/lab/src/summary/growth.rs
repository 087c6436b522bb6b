//! How fast sparse and dense parts grew in stage I, from the records.
//!
//! The records hold how far W(t) still lies along W(0), inside and outside the span of M. A step that multiplies every
//! coefficient by g makes that g^t, so the slope of its logarithm over steps is ln g; energies would contain the
//! gradient noise too. The fit takes the recorded steps of the first half of stage I, up to T1/2: there the logits are
//! still uniform (the norms have reached about the square root of what they reach at T1), later growth slows down.
//!
//! Source: Lemma C.3, C.4; docs/theory.md 4.3.

use crate::plan::GrowthFactors;
use crate::stats::least_squares_slope;
use crate::store::Records;

/// The growth factors per step; `None` if stage I did not end, or has fewer than two records in its first half.
pub fn measured(records: &Records, t1: Option<u64>) -> Option<GrowthFactors> {
    let t1 = t1?;
    let rows = records.steps.iter().take_while(|&&step| 2 * step <= t1).count();
    let factor = |name: &str| {
        let logs = records.column(name)?[..rows].iter().map(|coefficient| coefficient.ln());
        let points: Vec<_> = records.steps[..rows].iter().map(|&step| step as f64).zip(logs).collect();
        least_squares_slope(points.into_iter()).map(f64::exp).filter(|factor| factor.is_finite())
    };
    Some(GrowthFactors { sparse: factor("growth_sparse")?, dense: factor("growth_dense")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_exponentials_give_their_factor_and_the_window_ends_at_half_of_stage_one() {
        let steps = vec![0, 10, 20, 30, 40];
        let powers = |g: f64| steps.iter().map(|&t| f64::powf(g, t as f64)).collect::<Vec<_>>();
        let mut sparse = powers(1.02);
        // What the fit must not see: growth that has ended.
        sparse[4] = sparse[3];
        let columns = vec![("growth_sparse".to_owned(), sparse), ("growth_dense".to_owned(), powers(0.999))];
        let records = Records { steps, columns };
        let growth = |t1| measured(&records, t1);
        let close = |growth: Option<GrowthFactors>| {
            let growth = growth.unwrap();
            (growth.sparse - 1.02).abs() < 1e-12 && (growth.dense - 0.999).abs() < 1e-12
        };
        assert!(close(growth(Some(79))) && close(growth(Some(20))) && !close(growth(Some(80))));
        assert!(growth(Some(19)).is_none() && growth(None).is_none());
    }
}
