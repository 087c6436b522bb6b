//! The diagnostics panel: does a set of representations collapse, how does it spread, who is dead, what do neighbours
//! share. For a run's arms and for representations of any other network.
//!
//! The rules of the verdict are in docs/report.md. Source: RankMe (Garrido et al., ICML 2023), alignment and uniformity
//! (Wang & Isola, ICML 2020), dimensional collapse (Jing et al., ICLR 2022).

use super::figure::{Axis, Colour, Entry, Figure, Layer, Line, Panel, Points, Shape};
use super::firing::firing_rates;
use super::page::{Table, Tone, Verdict, show};
use super::stored::{ArmView, StoredRun};
use super::story::{entry, single};
use crate::stats::{Estimate, wilson};
use featurescope_sim::math::{Matrix, linalg};
use featurescope_sim::probe::task::{responses, target_vectors};
use featurescope_sim::probe::{neighbours, spectrum, sphere};

/// Share of the energy that has to vary between samples; below it the collapse is complete.
pub const LEAST_VARIATION: f64 = 0.01;
/// Share of the samples that have to get a representation at all.
pub const LEAST_SPEAKING: f64 = 0.01;
/// Share of the available directions that the effective rank has to reach; below it the collapse is dimensional.
pub const LEAST_RANK: f64 = 0.1;
/// Votes of the k-nearest-neighbour score.
pub const NEIGHBOURS: usize = 20;
const LEVEL: f64 = 0.95;

/// What can be said about a set of representations.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// n.
    pub samples: usize,
    /// m.
    pub width: usize,
    /// RankMe of the representations as they are.
    pub rank: f64,
    /// The same after their mean is taken away.
    pub centred_rank: f64,
    /// Directions that could be used: samples − 1, width, or how many there are to be learned.
    pub available: usize,
    /// What these directions are, in words.
    pub available_word: &'static str,
    /// Shares of the variance along the principal directions, descending.
    pub variances: Vec<f64>,
    /// Share of the energy E‖f‖² that varies between samples: 1 − ‖E f‖²/E‖f‖².
    pub variation: f64,
    /// ln E exp(−2‖u − u'‖²).
    pub uniformity: f64,
    /// E‖u(x⁺) − u(x⁺⁺)‖² over pairs.
    pub alignment: Option<sphere::Directional>,
    /// Share of (sample, neuron) pairs that are not zero.
    pub firing_rate: f64,
    /// Neurons that are zero on every sample.
    pub dead: usize,
    /// Share of the samples whose representation is zero.
    pub silent: f64,
    /// k-nearest-neighbour accuracy, and that of the most frequent class.
    pub neighbours: Option<(Estimate, f64)>,
}

/// Where collapse stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collapse {
    /// All samples get nearly the same representation, or none.
    Complete,
    /// Few of the available directions are used.
    Dimensional,
    /// Neither.
    None,
}

impl Diagnosis {
    /// Reads representations (n × m, finite entries), pairs of views and classes.
    ///
    /// `learnable` is how many directions there are to be learned, where that is known.
    pub fn new(
        rows: &Matrix,
        pairs: Option<(&Matrix, &Matrix)>,
        classes: Option<&[i64]>,
        learnable: Option<usize>,
    ) -> Self {
        let (n, m) = (rows.rows(), rows.cols());
        let centred = spectrum::centred(rows);
        let values = spectrum::singular_values(&centred);
        let total: f64 = values.iter().map(|v| v * v).sum();
        let (energy, varying) =
            (linalg::squared_norm(rows.as_slice()), linalg::squared_norm(centred.as_slice()));
        let spread = sphere::uniformity(rows);
        let rates = firing_rates(rows);
        let available = n.saturating_sub(1).min(m).min(learnable.unwrap_or(usize::MAX));
        Self {
            samples: n,
            width: m,
            rank: spectrum::effective_rank(&spectrum::singular_values(rows)),
            centred_rank: spectrum::effective_rank(&values),
            available,
            available_word: if learnable == Some(available) {
                "atoms to be learned"
            } else {
                "directions available"
            },
            variances: values.iter().map(|v| v * v / total).collect(),
            variation: if energy > 0.0 { varying / energy } else { 0.0 },
            uniformity: spread.value,
            alignment: pairs.map(|(anchors, positives)| sphere::alignment(anchors, positives)),
            firing_rate: rates.iter().sum::<f64>() / m as f64,
            dead: rates.iter().filter(|&&rate| rate == 0.0).count(),
            silent: 1.0 - spread.covered,
            neighbours: classes.and_then(|classes| knn(rows, classes)),
        }
    }

    /// Where collapse stands, by the rules of docs/report.md.
    pub fn collapse(&self) -> Collapse {
        if 1.0 - self.silent < LEAST_SPEAKING || self.variation < LEAST_VARIATION {
            Collapse::Complete
        } else if self.centred_rank < LEAST_RANK * self.available as f64 {
            Collapse::Dimensional
        } else {
            Collapse::None
        }
    }

    /// The verdict in plain words.
    pub fn verdict(&self, name: &str) -> Verdict {
        let rank = show(Some(self.centred_rank));
        let share = 100.0 * self.centred_rank / self.available as f64;
        let (word, tone, mut text) = match self.collapse() {
            Collapse::Complete if 1.0 - self.silent < LEAST_SPEAKING => (
                "complete collapse",
                Tone::Bad,
                format!("{:.1}\u{a0}% of the samples get the zero representation.", 100.0 * self.silent),
            ),
            Collapse::Complete => (
                "complete collapse",
                Tone::Bad,
                format!(
                    "All samples get nearly the same representation: only {}\u{a0}% of its energy varies between samples \
                     (below 1\u{a0}% counts as collapsed).",
                    show(Some(100.0 * self.variation))
                ),
            ),
            Collapse::Dimensional => (
                "dimensional collapse",
                Tone::Bad,
                format!(
                    "Samples differ, but along few directions: the effective rank is {rank}, {share:.0}\u{a0}% of the {} {} (below 10\u{a0}% counts as \
                     collapsed).",
                    self.available, self.available_word
                ),
            ),
            Collapse::None => (
                "no collapse",
                Tone::Good,
                format!(
                    "Samples differ along an effective {rank} directions; there are {} {}.",
                    self.available, self.available_word
                ),
            ),
        };
        if self.dead > 0 {
            let more = format!(" {} of {} neurons are zero on every sample.", self.dead, self.width);
            text.push_str(&more);
        }
        if self.silent > 0.0 && self.collapse() != Collapse::Complete {
            let more =
                format!(" {:.0}\u{a0}% of the samples get the zero representation.", 100.0 * self.silent);
            text.push_str(&more);
        }
        Verdict { name: name.to_owned(), word: word.to_owned(), text, tone }
    }
}

fn knn(rows: &Matrix, classes: &[i64]) -> Option<(Estimate, f64)> {
    let score = neighbours::leave_one_out(rows, classes, NEIGHBOURS);
    let mut sorted = classes.to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(i64::eq).map(<[i64]>::len).max()?;
    let chance = most as f64 / classes.len() as f64;
    wilson(score.right, score.samples, LEVEL).map(|estimate| (estimate, chance))
}

/// A diagnosis with its place in the legend.
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its legend entry.
    pub key: String,
    /// Its colour.
    pub colour: Colour,
    /// What was found.
    pub diagnosis: Diagnosis,
}

/// The figures side by side.
pub fn table(all: &[Named], classes: &str) -> Table {
    let row = |name: &str, cell: &dyn Fn(&Diagnosis) -> String| {
        std::iter::once(name.to_owned()).chain(all.iter().map(|named| cell(&named.diagnosis))).collect()
    };
    let knn = |d: &Diagnosis| match &d.neighbours {
        None => "–".to_owned(),
        Some((score, chance)) => format!(
            "{} [{}, {}], chance {}",
            show(Some(score.value)),
            show(Some(score.lower)),
            show(Some(score.upper)),
            show(Some(*chance))
        ),
    };
    Table {
        title: "Diagnostics".to_owned(),
        columns: std::iter::once(String::new()).chain(all.iter().map(|named| named.name.clone())).collect(),
        rows: vec![
            row("samples × neurons", &|d| format!("{} × {}", d.samples, d.width)),
            row("effective rank (RankMe)", &|d| show(Some(d.rank))),
            row("effective rank, mean removed", &|d| {
                format!("{} ({} {})", show(Some(d.centred_rank)), d.available, d.available_word)
            }),
            row("energy that varies between samples", &|d| show(Some(d.variation))),
            row("largest share of the variance in one direction", &|d| show(d.variances.first().copied())),
            row("alignment of pairs (0 best, 2 unrelated)", &|d| show(d.alignment.map(|a| a.value))),
            row("uniformity (0 one point, −4 right angles)", &|d| show(Some(d.uniformity))),
            row("firing rate", &|d| show(Some(d.firing_rate))),
            row("dead neurons", &|d| d.dead.to_string()),
            row("silent samples", &|d| show(Some(d.silent))),
            row(&format!("{NEIGHBOURS}-nearest-neighbour accuracy"), &knn),
        ],
        note: format!(
            "k-nearest neighbours by cosine, leave one out, of {classes}; interval: Wilson, 95 %; chance: the most frequent class. \
             Alignment and uniformity as in Wang & Isola (2020), effective rank as in Garrido et al. (2023)."
        ),
    }
}

/// Shares of the variance along principal directions.
pub fn spectrum_panel(all: &[Named]) -> Panel {
    let line = |named: &Named| {
        let shares = named.diagnosis.variances.iter().enumerate();
        let points = shares.filter(|(_, v)| **v > 1e-9).map(|(r, &v)| [(r + 1) as f64, v]).collect();
        Layer::Line(Line::new(named.name.clone(), &named.key, named.colour, points))
    };
    Panel {
        title: "Spectrum".to_owned(),
        x: Axis::log("principal direction"),
        y: Axis::log("share of the variance"),
        layers: all.iter().map(line).collect(),
        span: 1,
        ..Panel::default()
    }
}

/// Alignment against uniformity.
pub fn plane(all: &[Named]) -> Option<Panel> {
    let point = |named: &Named| {
        let alignment = named.diagnosis.alignment?.value;
        Some(Layer::Points(Points {
            name: named.name.clone(),
            keys: vec![named.key.clone()],
            colour: named.colour,
            points: vec![[named.diagnosis.uniformity, alignment]],
            labels: vec![named.name.clone()],
            size: 12.0,
            shape: Shape::Dot,
        }))
    };
    let layers: Vec<Layer> = all.iter().filter_map(point).collect();
    (!layers.is_empty()).then(|| Panel {
        title: "Alignment and uniformity".to_owned(),
        note: "better is down (views of a sample meet) and left (samples spread)".to_owned(),
        x: Axis::linear("uniformity").between(-4.0, 0.0),
        y: Axis::linear("alignment").between(0.0, 2.0),
        layers,
        span: 1,
        ..Panel::default()
    })
}

/// The diagnoses of a run's arms.
pub fn of_run(run: &StoredRun) -> Vec<Named> {
    let one = |arm: ArmView<'_>| {
        let stored = arm.stored.representation.as_ref()?;
        if stored.features.rows() == 0 || stored.features.as_slice().iter().any(|h| !h.is_finite()) {
            return None;
        }
        let (rows, classes) = with_classes(run, &stored.features, &stored.latent);
        let pairs = stored.pairs.as_ref().map(|(anchor, positive)| (anchor, positive));
        let mut diagnosis = Diagnosis::new(&stored.features, pairs, None, Some(stored.latent.cols()));
        diagnosis.neighbours = knn(&rows, &classes);
        Some(Named { name: arm.name().to_owned(), key: arm.key.clone(), colour: arm.colour, diagnosis })
    };
    run.subjects().filter_map(one).collect()
}

/// The samples that have a class sign⟨w*, z⟩ under the run's first target, and these classes.
fn with_classes(run: &StoredRun, features: &Matrix, latent: &Matrix) -> (Matrix, Vec<i64>) {
    let spread = run.run.plan.shared.probe.target_spread;
    let targets = target_vectors(run.run.plan.seed, 1, spread, latent.cols());
    let responses = responses(&targets, latent);
    let kept: Vec<usize> = (0..latent.rows()).filter(|&i| responses[(0, i)] != 0.0).collect();
    let rows = Matrix::from_fn(kept.len(), features.cols(), |i, j| features[(kept[i], j)]);
    (rows, kept.iter().map(|&i| if responses[(0, i)] > 0.0 { 1 } else { -1 }).collect())
}

/// The figure of a run.
pub fn figure(run: &StoredRun, all: &[Named]) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let is_recorded = |column: &str| arms.iter().any(|arm| !arm.curve(column).is_empty());
    let mut panels = Vec::new();
    if !all.is_empty() {
        panels.push(spectrum_panel(all));
        panels.extend(plane(all));
    }
    if is_recorded("effective_rank") {
        panels.push(single(&arms, "Effective rank", "effective_rank", "directions (RankMe)"));
        panels.push(single(&arms, "Uniformity", "uniformity", "ln E exp(−2‖u − u′‖²)"));
    }
    let legend: Vec<Entry> = arms.iter().map(entry).collect();
    (!panels.is_empty()).then(|| Figure {
        id: "diagnostics".to_owned(),
        title: "Do representations collapse?".to_owned(),
        caption: "How the variance of the representations is spread over directions, whether views of a sample meet while samples \
                  spread, and how both came about. Without augmentation both views are the same and alignment is 0 by construction. A \
                  representation can be rich and still be noise: compare with the cosines of the story."
            .to_owned(),
        legend,
        panels,
        columns: 2,
        ..Figure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(i: usize, j: usize) -> f32 {
        (((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f32 - 504.0) / 504.0
    }

    fn collapse(rows: &Matrix) -> Collapse {
        Diagnosis::new(rows, None, None, None).collapse()
    }

    #[test]
    fn each_kind_of_collapse_is_told_apart() {
        let healthy = Matrix::from_fn(200, 40, random);
        assert_eq!(collapse(&healthy), Collapse::None);
        let constant = Matrix::from_fn(200, 40, |i, j| 1.0 + j as f32 + 1e-3 * random(i, j));
        assert_eq!(collapse(&constant), Collapse::Complete);
        assert_eq!(collapse(&Matrix::zeros(200, 40)), Collapse::Complete);
        let line = Matrix::from_fn(200, 40, |i, j| random(i, 3) * random(7, j) + 1e-4 * random(i, j));
        assert_eq!(collapse(&line), Collapse::Dimensional);
        // A large common mean alone is no collapse.
        let shifted = Matrix::from_fn(200, 40, |i, j| 3.0 + random(i, j));
        assert_eq!(collapse(&shifted), Collapse::None);
    }

    #[test]
    fn figures_are_those_of_the_samples() {
        let rows = Matrix::from_fn(40, 4, |i, j| if i % 2 == j { 1.0 } else { 0.0 });
        let classes: Vec<i64> = (0..40).map(|i| i % 2).collect();
        let found = Diagnosis::new(&rows, Some((&rows, &rows)), Some(&classes), None);
        assert_eq!((found.dead, found.silent, found.firing_rate), (2, 0.0, 0.25));
        assert!((found.rank - 2.0).abs() < 1e-9 && (found.variation - 0.5).abs() < 1e-6);
        assert_eq!(found.alignment.unwrap().value, 0.0);
        // Nineteen others of the same class and one of the other vote.
        let (score, chance) = found.neighbours.unwrap();
        assert_eq!((score.value, chance), (1.0, 0.5));
        assert!(found.verdict("a").text.contains("2 of 4 neurons"));
    }
}
