//! The diagnostics panel: does a set of representations collapse, how does it spread, who is dead, what do
//! neighbours share. For a run's arms and for representations of any other network.
//!
//! The rules of the verdict are in docs/report.md. Source: RankMe (Garrido et al., ICML 2023), alignment and
//! uniformity (Wang & Isola, ICML 2020), dimensional collapse (Jing et al., ICLR 2022).

use super::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Points, Shape};
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
/// Share of the available directions that the effective rank has to reach; below it the collapse is
/// dimensional.
pub const LEAST_RANK: f64 = 0.1;
/// Most votes of the k-nearest-neighbour score.
pub const MOST_NEIGHBOURS: usize = 20;
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
    /// k-nearest-neighbour accuracy; `None` without classes.
    pub neighbours: Option<Neighbourhood>,
    /// RankMe of as many of the samples as a run's curve is read on, and how many these are. A rank of fewer
    /// samples is lower.
    pub rank_as_curve: Option<(f64, usize)>,
}

/// What neighbours say about classes.
#[derive(Clone, Debug, PartialEq)]
pub enum Neighbourhood {
    /// Too few samples have a class: why.
    NotJudged(&'static str),
    /// They were judged.
    Judged {
        /// Accuracy with Wilson's interval.
        accuracy: Estimate,
        /// The accuracy of always naming the most frequent class.
        chance: f64,
        /// k: neighbours that voted.
        neighbours: usize,
        /// Classes that were judged.
        classes: usize,
        /// Classes of one sample, which were left out with it.
        left_out: usize,
    },
}

impl Neighbourhood {
    /// In a few words.
    pub fn show(&self) -> String {
        match self {
            Self::NotJudged(why) => format!("not judged: {why}"),
            Self::Judged { accuracy, chance, neighbours, left_out, .. } => {
                let left_out = match left_out {
                    0 => String::new(),
                    1 => ", 1 class of one sample left out".to_owned(),
                    count => format!(", {count} classes of one sample left out"),
                };
                format!(
                    "{} [{}, {}], chance {}, k = {neighbours}{left_out}",
                    show(Some(accuracy.value)),
                    show(Some(accuracy.lower)),
                    show(Some(accuracy.upper)),
                    show(Some(*chance))
                )
            }
        }
    }
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
    /// Reads representations (n × m, finite entries) and pairs of views.
    ///
    /// `learnable` is how many directions there are to be learned, where that is known.
    pub fn new(rows: &Matrix, pairs: Option<(&Matrix, &Matrix)>, learnable: Option<usize>) -> Self {
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
            neighbours: None,
            rank_as_curve: None,
        }
    }

    /// Reads how well neighbours tell the classes of the samples apart; samples without a class are left out.
    ///
    /// # Panics
    /// If there is not one entry per row.
    pub fn judge_neighbours(&mut self, rows: &Matrix, classes: &[Option<i64>]) {
        assert_eq!(rows.rows(), classes.len(), "one entry per sample");
        let kept: Vec<usize> = (0..classes.len()).filter(|&i| classes[i].is_some()).collect();
        let of: Vec<i64> = classes.iter().flatten().copied().collect();
        let rows = Matrix::from_fn(kept.len(), rows.cols(), |i, j| rows[(kept[i], j)]);
        let score = neighbours::leave_one_out(&rows, &of, MOST_NEIGHBOURS);
        let judged = score.and_then(|score| {
            Some(Neighbourhood::Judged {
                accuracy: wilson(score.right, score.samples, LEVEL)?,
                chance: score.most_frequent as f64 / score.samples as f64,
                neighbours: score.neighbours,
                classes: score.classes,
                left_out: score.left_out,
            })
        });
        let too_few = Neighbourhood::NotJudged("fewer than two classes have two samples");
        self.neighbours = Some(judged.unwrap_or(too_few));
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
    let knn = |d: &Diagnosis| d.neighbours.as_ref().map_or("–".to_owned(), Neighbourhood::show);
    let mut rows = vec![
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
        row("k-nearest-neighbour accuracy", &knn),
    ];
    // A rank depends on the number of samples, so the one that the curve ends at gets a row of its own.
    if all.iter().any(|named| named.diagnosis.rank_as_curve.is_some()) {
        let as_curve = row("effective rank of as many samples as its curve", &|d| match d.rank_as_curve {
            Some((rank, count)) => format!("{} of {count}", show(Some(rank))),
            None => "–".to_owned(),
        });
        rows.insert(2, as_curve);
    }
    Table {
        title: "Diagnostics".to_owned(),
        columns: std::iter::once(String::new()).chain(all.iter().map(|named| named.name.clone())).collect(),
        rows,
        note: format!(
            "All figures are of the samples in the first row. k-nearest neighbours by cosine, leave one out, \
             of {classes}; k is at most {MOST_NEIGHBOURS} and one less than the smallest class; interval: \
             Wilson, 95 %; chance: the most frequent class. Alignment and uniformity as in Wang & Isola \
             (2020), effective rank as in Garrido et al. (2023)."
        ),
    }
}

/// Shares of the variance along principal directions.
pub fn spectrum_panel(all: &[Named]) -> Panel {
    let line = |named: &Named| {
        let shares = named.diagnosis.variances.iter().enumerate();
        let points = shares.filter(|(_, v)| **v > 1e-9).map(|(r, &v)| [(r + 1) as f64, v]).collect();
        PlotLayer::Line(Line::new(named.name.clone(), &named.key, named.colour, points))
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
        Some(PlotLayer::Points(Points {
            name: named.name.clone(),
            keys: vec![named.key.clone()],
            colour: named.colour,
            points: vec![[named.diagnosis.uniformity, alignment]],
            labels: vec![named.name.clone()],
            size: 12.0,
            shape: Shape::Dot,
        }))
    };
    let layers: Vec<PlotLayer> = all.iter().filter_map(point).collect();
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
        let pairs = stored.pairs.as_ref().map(|(anchor, positive)| (anchor, positive));
        let mut diagnosis = Diagnosis::new(&stored.features, pairs, Some(stored.latent.cols()));
        diagnosis.judge_neighbours(&stored.features, &classes(run, &stored.latent));
        let count = curve_samples(&arm).min(stored.features.rows());
        let few = stored.features.as_slice()[..count * stored.features.cols()].to_vec();
        let few = Matrix::from_vec(count, stored.features.cols(), few);
        let rank = spectrum::effective_rank(&spectrum::singular_values(&few));
        diagnosis.rank_as_curve = Some((rank, count));
        Some(Named { name: arm.name().to_owned(), key: arm.key.clone(), colour: arm.colour, diagnosis })
    };
    run.subjects().filter_map(one).collect()
}

/// Fresh samples behind each point of a run's curves of rank and uniformity.
fn curve_samples(arm: &ArmView<'_>) -> usize {
    arm.subject.spec().measure.samples
}

/// The classes sign⟨w*, z⟩ of samples under the run's first target; none where that is 0.
fn classes(run: &StoredRun, latent: &Matrix) -> Vec<Option<i64>> {
    let spread = run.run.plan.shared.probe.target_spread;
    let targets = target_vectors(run.run.plan.seed, 1, spread, latent.cols());
    let responses = responses(&targets, latent);
    let class = |response: &f64| (*response != 0.0).then_some(if *response > 0.0 { 1 } else { -1 });
    responses.row(0).iter().map(class).collect()
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
        let mut counts: Vec<usize> = arms.iter().map(curve_samples).collect();
        counts.sort_unstable();
        counts.dedup();
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        let counts = counts.join(" or ");
        let of_samples =
            |panel: Panel| Panel { title: format!("{} of {counts} fresh samples", panel.title), ..panel };
        let columns = ["effective_rank", "uniformity"];
        panels.extend(columns.iter().filter_map(|column| single(&arms, column)).map(of_samples));
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
        Diagnosis::new(rows, None, None).collapse()
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
        let classes: Vec<Option<i64>> = (0..40).map(|i| Some(i % 2)).collect();
        let mut found = Diagnosis::new(&rows, Some((&rows, &rows)), None);
        found.judge_neighbours(&rows, &classes);
        assert_eq!((found.dead, found.silent, found.firing_rate), (2, 0.0, 0.25));
        assert!((found.rank - 2.0).abs() < 1e-9 && (found.variation - 0.5).abs() < 1e-6);
        assert_eq!(found.alignment.unwrap().value, 0.0);
        // The nineteen others of the same class vote.
        let Some(Neighbourhood::Judged { accuracy, chance, neighbours, classes, left_out }) =
            &found.neighbours
        else {
            panic!()
        };
        assert_eq!((accuracy.value, *chance, *neighbours, *classes, *left_out), (1.0, 0.5, 19, 2, 0));
        assert!(found.verdict("a").text.contains("2 of 4 neurons"));
        // Samples without a class are left out, and what cannot be judged says why.
        let some: Vec<Option<i64>> = (0..40).map(|i| (i < 6).then_some(i % 2)).collect();
        found.judge_neighbours(&rows, &some);
        assert!(found.neighbours.as_ref().unwrap().show().ends_with("k = 2"));
        found.judge_neighbours(&rows, &[None; 40]);
        assert!(found.neighbours.unwrap().show().contains("not judged: fewer than two classes"));
    }
}
