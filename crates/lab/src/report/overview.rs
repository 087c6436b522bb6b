//! What a run found, in words and numbers: a verdict per arm and the table of its last recorded step.

use super::metrics::{METRICS, Metric};
use super::page::{Block, Section, Table, Tone, Verdict, show};
use super::stored::{ArmView, StoredRun};
use crate::status::StopReason;

/// Coverage from which on atoms count as learned, and up to which as not learned.
const MOST_ATOMS: f64 = 0.75;
const FEW_ATOMS: f64 = 0.25;
/// Share of the energy above which features are called dense.
const MOST_ENERGY: f64 = 0.5;

/// The first section of a run.
pub fn section(run: &StoredRun) -> Section {
    Section {
        id: "found".to_owned(),
        title: "What was found".to_owned(),
        lead: setting(run),
        blocks: vec![
            Block::Verdicts(run.subjects().map(|arm| verdict(&arm)).collect()),
            Block::Table(table(run)),
        ],
        ..Section::default()
    }
}

fn setting(run: &StoredRun) -> String {
    let plan = &run.run.plan;
    let width = plan.arms.first().map_or(0, crate::plan::ArmPlan::width);
    let limit = plan.yardstick().linear_r_squared.map_or(String::new(), |limit| {
        format!(" The best linear rule on x reaches R² = {} (theory).", show(Some(limit)))
    });
    format!(
        "Samples x = M z + ξ in {} dimensions, made of {} atoms that are rarely active, hidden in dense noise; {width} neurons learn from \
         them. Decoupled features are single atoms.{limit}",
        plan.shared.ambient_dim(),
        plan.shared.latent_dim()
    )
}

/// What an arm learned, in plain words.
fn verdict(arm: &ArmView<'_>) -> Verdict {
    let learned = Learned {
        covered: arm.last("coverage_90"),
        dense: arm.last("dense_energy_fraction"),
        signal: arm.last("signal_cosine"),
        noise: arm.last("noise_cosine"),
    };
    let stop = arm.subject.arm.end.stop_reason;
    let (word, tone) =
        if stop == StopReason::Finished { learned.word() } else { (stop.word().to_owned(), Tone::Bad) };
    Verdict { name: arm.name().to_owned(), word, text: learned.sentences(), tone }
}

/// The figures behind a verdict; `None`: not recorded.
#[derive(Clone, Copy)]
struct Learned {
    covered: Option<f64>,
    dense: Option<f64>,
    signal: Option<f64>,
    noise: Option<f64>,
}

impl Learned {
    /// The rules of docs/report.md.
    fn word(self) -> (String, Tone) {
        let is_noise = matches!((self.signal, self.noise), (Some(signal), Some(noise)) if noise > signal);
        let is_dense = self.dense.is_some_and(|dense| dense > MOST_ENERGY);
        let (word, tone) = match self.covered {
            None => return ("not recorded".to_owned(), Tone::Neutral),
            Some(covered) if covered >= MOST_ATOMS => ("sparse features", Tone::Good),
            Some(covered) if covered > FEW_ATOMS => ("some sparse features", Tone::Neutral),
            Some(covered) if covered > 0.0 => ("few sparse features", Tone::Bad),
            Some(_) if is_dense => ("dense features", Tone::Bad),
            Some(_) => ("no sparse features", Tone::Bad),
        };
        match (is_noise, tone) {
            (false, tone) => (word.to_owned(), tone),
            (true, Tone::Good) => (format!("{word}, mostly noise"), Tone::Neutral),
            (true, tone) => (format!("{word}, mostly noise"), tone),
        }
    }

    fn sentences(self) -> String {
        let mut sentences = Vec::new();
        if let Some(covered) = self.covered {
            sentences.push(match covered {
                0.0 => "No atom has a neuron of its own (|cos| > .9).".to_owned(),
                1.0 => "Every atom has a neuron of its own (|cos| > .9).".to_owned(),
                covered => {
                    format!("{} of the atoms have a neuron of their own (|cos| > .9).", percent(covered))
                }
            });
        }
        if let Some(dense) = self.dense {
            sentences.push(format!("{} of the energy is dense.", percent(dense)));
        }
        if let (Some(signal), Some(noise)) = (self.signal, self.noise) {
            sentences.push(format!(
                "The representation has cosine {} with the signal's and {} with the noise's.",
                show(Some(signal)),
                show(Some(noise))
            ));
        }
        sentences.join(" ")
    }
}

/// A share in per cent, with as many digits as show on which side of the words' boundaries it lies.
pub(super) fn percent(share: f64) -> String {
    const MOST_DIGITS: usize = 6;
    let exact = 100.0 * share;
    let boundaries = [0.0, FEW_ATOMS, MOST_ENERGY, MOST_ATOMS, 1.0].map(|boundary| 100.0 * boundary);
    let is_honest = |digits: &usize| {
        let shown: f64 = format!("{exact:.digits$}").parse().unwrap_or(exact);
        boundaries.iter().all(|&boundary| (shown == boundary) == (exact == boundary))
    };
    let digits = (0..MOST_DIGITS).find(is_honest).unwrap_or(MOST_DIGITS);
    format!("{exact:.digits$}\u{a0}%")
}

fn table(run: &StoredRun) -> Table {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let row = |metric: &Metric| {
        std::iter::once(metric.head()).chain(arms.iter().map(|arm| metric.cell(arm))).collect()
    };
    Table {
        title: "At the last recorded step".to_owned(),
        columns: std::iter::once(String::new()).chain(arms.iter().map(|arm| arm.name().to_owned())).collect(),
        rows: METRICS.iter().map(row).collect(),
        note: "In parentheses: theory's value, or that of a linear map with the same dense energy. Intervals: 95 % over test samples."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(covered: f64) -> Learned {
        Learned { covered: Some(covered), dense: Some(0.1), signal: Some(0.8), noise: Some(0.2) }
    }

    /// The word on both sides of every boundary and on it.
    #[test]
    fn words_follow_the_numbers() {
        let word = |covered| learned(covered).word();
        let step = f64::EPSILON;
        for (covered, expected, tone) in [
            (0.0, "no sparse features", Tone::Bad),
            (1e-9, "few sparse features", Tone::Bad),
            (0.25, "few sparse features", Tone::Bad),
            (0.25 + step, "some sparse features", Tone::Neutral),
            (0.75 - step, "some sparse features", Tone::Neutral),
            (0.75, "sparse features", Tone::Good),
            (1.0, "sparse features", Tone::Good),
        ] {
            assert_eq!(word(covered), (expected.to_owned(), tone), "{covered}");
        }
        let dense = |dense| Learned { dense: Some(dense), ..learned(0.0) }.word().0;
        assert_eq!((dense(0.5), dense(0.5 + step)), ("no sparse features".into(), "dense features".into()));
        let nothing = Learned { covered: None, dense: None, signal: None, noise: None };
        assert_eq!(nothing.word(), ("not recorded".to_owned(), Tone::Neutral));
        assert_eq!(nothing.sentences(), "");
    }

    /// Noise is called that only where both cosines are known, and then at every share of the atoms.
    #[test]
    fn noise_is_called_noise() {
        let with = |covered, signal, noise| Learned { signal, noise, ..learned(covered) }.word();
        assert_eq!(with(0.1, Some(0.5), Some(0.5)).0, "few sparse features");
        assert_eq!(with(0.1, Some(0.5), Some(0.6)).0, "few sparse features, mostly noise");
        assert_eq!(
            with(0.9, Some(0.5), Some(0.6)),
            ("sparse features, mostly noise".to_owned(), Tone::Neutral)
        );
        assert_eq!(with(0.1, None, Some(0.6)).0, "few sparse features");
        let dense = Learned { dense: Some(0.9), signal: Some(0.1), noise: Some(0.6), ..learned(0.0) };
        assert_eq!(dense.word().0, "dense features, mostly noise");
    }

    /// A share that is not at a boundary is never shown as if it were.
    #[test]
    fn shares_are_shown_on_their_side() {
        let shown = |share| percent(share).replace('\u{a0}', " ");
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(shown), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        assert_eq!([0.004, 0.246, 0.2504, 0.749_96].map(shown), ["0.4 %", "24.6 %", "25.04 %", "74.996 %"]);
        assert_eq!([0.996, 0.3125, 0.5001].map(shown), ["99.6 %", "31 %", "50.01 %"]);
        assert!(learned(0.0).sentences().starts_with("No atom has"));
        assert!(learned(0.125).sentences().starts_with("12\u{a0}% of the atoms have"));
        assert!(learned(1.0).sentences().starts_with("Every atom has"));
    }
}
