//! What the paper's claims read off stored runs. The first amplitude of the data is that of the strong
//! feature, and the second that of the weak one.
//!
//! Source: theory.md 4 and 5.

use crate::closed_form::{largest_along, preferred};
use featurescope_lab::evidence::{Gap, Moment, State, Subject, Trial};
use featurescope_lab::paper::Quantity;
use featurescope_lab::stats::Range;
use featurescope_sim::measure::prediction::COLUMN;

/// All of them.
pub const QUANTITIES: &[Quantity] = &[
    Quantity::new(
        "weak_preferred",
        "share of neurons that prefer the weak feature, α⁶⟨w, M⟩⁴ larger than that of the strong one",
        |s, at| {
            let amplitudes = amplitudes(s)?;
            let preferences = preferences(&amplitudes, State::of(s, at)?);
            Ok(share(preferences.into_iter().map(|feature| feature == Some(WEAK))))
        },
    ),
    Quantity::new(
        "preference_kept",
        "share of neurons that prefer the feature that they preferred at the start",
        |s, at| {
            let amplitudes = amplitudes(s)?;
            let [start, now] = [State::of(s, Moment::Start)?, State::of(s, at)?];
            let pairs = preferences(&amplitudes, start).into_iter().zip(preferences(&amplitudes, now));
            Ok(share(pairs.map(|(start, now)| start == now)))
        },
    ),
    Quantity::new(
        "weak_over_bound",
        "largest ratio over neurons of |⟨w, M⟩| along the weak feature to the most that a neuron without a head can \
         have, among neurons that prefer the strong one at the start",
        |s, at| {
            let amplitudes = amplitudes(s)?;
            let [start, now] = [State::of(s, Moment::Start)?, State::of(s, at)?];
            let of_neuron = |i: usize| {
                let feature = |l: usize| [amplitudes[l], start.coefficient(i, l)];
                Some(now.coefficient(i, WEAK).abs() / largest_along(feature(WEAK), feature(STRONG))?)
            };
            let ratios = (0..start.width()).filter_map(of_neuron);
            ratios.reduce(f64::max).ok_or(Gap::Nothing("neurons that prefer the strong feature"))
        },
    ),
    Quantity::new("weak_cosine", "largest |cos(w, M)| over neurons, M the weak feature", |s, at| {
        cosine(s, at, WEAK)
    }),
    Quantity::new("strong_cosine", "largest |cos(w, M)| over neurons, M the strong feature", |s, at| {
        cosine(s, at, STRONG)
    }),
    Quantity::new(
        "strong_growth",
        "energy Σ⟨w, M⟩² along the strong feature over that at the start",
        |s, at| {
            let energy =
                |state: &State| (0..state.width()).map(|i| state.coefficient(i, STRONG).powi(2)).sum::<f64>();
            Ok(energy(State::of(s, at)?) / energy(State::of(s, Moment::Start)?))
        },
    ),
    Quantity::new(
        "head_peak",
        "largest entry of the head off its diagonal, over all recorded steps",
        |s, _| peak(head(s)?),
    ),
    Quantity::new(
        "head_left",
        "largest entry of the head off its diagonal at the last recorded step, over its peak",
        |s, _| {
            let head = head(s)?;
            let last = head.last().ok_or(Gap::Nothing("records"))?;
            Ok(last / peak(head)?)
        },
    ),
];

const STRONG: usize = 0;
const WEAK: usize = 1;

/// The values that a quantity or recorded column can have in a run.
pub fn range(name: &str, _: &dyn Trial) -> Range {
    match name {
        "weak_preferred" | "preference_kept" | "weak_cosine" | "strong_cosine" | "head_left" => {
            Range::Within(0.0, 1.0)
        }
        "weak_over_bound" | "strong_growth" | "head_peak" => Range::Within(0.0, f64::INFINITY),
        _ => Range::Any,
    }
}

/// α, of which there are two at least.
fn amplitudes(subject: &Subject<'_>) -> Result<Vec<f64>, Gap> {
    let gap = Gap::NoForm("data without a strong and a weak feature");
    let list = subject.value("data.amplitudes").and_then(|value| value.as_array()).ok_or(gap.clone())?;
    let number =
        |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let amplitudes: Vec<f64> = list.iter().filter_map(number).collect();
    if amplitudes.len() < 2 { Err(gap) } else { Ok(amplitudes) }
}

/// Which feature every neuron prefers.
fn preferences(amplitudes: &[f64], state: &State) -> Vec<Option<usize>> {
    let along = |i: usize| (0..amplitudes.len()).map(|l| state.coefficient(i, l)).collect::<Vec<_>>();
    (0..state.width()).map(|i| preferred(amplitudes, &along(i))).collect()
}

fn share(holds: impl ExactSizeIterator<Item = bool>) -> f64 {
    let count = holds.len() as f64;
    holds.map(|holds| f64::from(u8::from(holds))).sum::<f64>() / count
}

fn cosine(subject: &Subject<'_>, at: Moment, feature: usize) -> Result<f64, Gap> {
    amplitudes(subject)?;
    let state = State::of(subject, at)?;
    Ok((0..state.width()).map(|i| state.cosine(i, feature)).fold(0.0, f64::max))
}

/// The head's largest entry off its diagonal at every recorded step of a finished arm.
fn head<'a>(subject: &Subject<'a>) -> Result<&'a [f64], Gap> {
    subject.rows(Moment::End)?;
    let column = subject.arm.records.column(COLUMN.name);
    column.ok_or_else(|| Gap::NotRecorded(COLUMN.name.to_owned()))
}

fn peak(head: &[f64]) -> Result<f64, Gap> {
    head.iter().copied().reduce(f64::max).ok_or(Gap::Nothing("records"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PAPER;

    #[test]
    fn every_quantity_has_a_range() {
        for quantity in QUANTITIES {
            assert!(PAPER.doc(quantity.name).is_some_and(|doc| doc.len() > 10));
        }
        let bounded = ["weak_preferred", "preference_kept", "weak_cosine", "strong_cosine", "head_left"];
        let open = ["weak_over_bound", "strong_growth", "head_peak"];
        let named = bounded.iter().chain(&open).filter(|name| PAPER.quantity(name).is_some());
        assert_eq!(named.count(), QUANTITIES.len());
    }

    #[test]
    fn a_share_is_that_of_what_holds() {
        assert_eq!(share([true, false, false, true].into_iter()), 0.5);
    }
}
