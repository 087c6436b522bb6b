//! What the figures of a diagnosis mean, and what people do about it: sentences that follow from the figures
//! by fixed rules.
//!
//! A remark says no more than its figure. Thresholds are conventions (docs/report.md), and a remedy is what
//! others have reported, with its source; whether it helps here has to be tried.

use super::Finding;
use super::probe::Probe;
use crate::report::diagnostics::{Collapse, Diagnosis, Neighbourhood};
use crate::report::page::{Tone, Verdict, show};

/// Mean squared distance of directions below which views of a sample are said to meet, and above which to be
/// hardly related. Unrelated directions have 2.
const MEETING: f64 = 0.5;
const UNRELATED: f64 = 1.5;
/// Uniformity above which directions are said to be crowded. All at right angles have −4.
const CROWDED: f64 = -1.0;
/// Share of the energy that varies below which the cosines of samples differ by less than a few roundings of
/// single precision, whose relative error is 6·10⁻⁸ for each of their sums.
const LEAST_VARIATION: f64 = 1e-6;
/// An effective rank within this factor of the number of classes less one is said to be about it.
const ABOUT: f64 = 1.5;

/// One remark.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// Which figure it is about.
    pub about: &'static str,
    /// The figure in words.
    pub finding: String,
    /// What that means.
    pub meaning: String,
    /// What people do about it; empty if nothing has to be done.
    pub advice: String,
    /// How it is coloured.
    pub tone: Tone,
}

impl Remark {
    fn new(about: &'static str, finding: String, meaning: &str) -> Self {
        let tone = Tone::Neutral;
        Self { about, finding, meaning: meaning.to_owned(), advice: String::new(), tone }
    }

    fn but(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.advice);
        self.tone = Tone::Bad;
        self
    }

    fn well(mut self) -> Self {
        self.tone = Tone::Good;
        self
    }

    /// Everything in sentences.
    pub fn text(&self) -> String {
        let advice =
            if self.advice.is_empty() { String::new() } else { format!(" What people do: {}", self.advice) };
        format!("{} {}{advice}", self.finding, self.meaning)
    }

    /// As a verdict of a page.
    pub fn verdict(&self, name: &str) -> Verdict {
        Verdict { name: name.to_owned(), word: self.about.to_owned(), text: self.text(), tone: self.tone }
    }
}

/// All remarks on a representation. `is_sampled`: whether its file has more samples.
pub fn remarks(finding: &Finding, is_sampled: bool) -> Vec<Remark> {
    let found = &finding.diagnosis;
    let mut all = vec![directions(found)];
    all.extend(precision(found));
    all.extend(dead(found, is_sampled));
    all.extend(silent(found));
    all.extend(alignment(found));
    all.extend(uniformity(found));
    all.extend(found.neighbours.as_ref().map(neighbours));
    all.extend(finding.probe.as_ref().map(|probe| match probe {
        Ok(probe) => linear(probe),
        Err(why) => Remark::new(
            "linear probe",
            format!("There is no score: {why}."),
            "More labelled samples are needed.",
        ),
    }));
    all
}

fn directions(found: &Diagnosis) -> Remark {
    let about = "directions";
    let rank = format!(
        "The effective rank of {} samples is {}, with {} {}.",
        found.samples,
        show(Some(found.centred_rank)),
        found.available,
        found.available_word
    );
    match found.collapse() {
        Collapse::Complete if found.silent > 0.5 => Remark::new(
            about,
            format!("{:.1}\u{a0}% of the samples get the zero representation.", 100.0 * found.silent),
            "Nothing about these samples can be read off.",
        )
        .but(
            "check that the right layer was saved and that inputs are normalised as in training; lower the \
             learning rate or raise the biases until units answer.",
        ),
        Collapse::Complete => Remark::new(
            about,
            format!("Only {}\u{a0}% of the energy varies between samples.", show(Some(100.0 * found.variation))),
            "All samples get nearly the same representation; below 1 % this is called complete collapse here.",
        )
        .but(
            "if a constant part is all there is to it, subtract the mean before cosines are taken. \
             Contrastive losses prevent collapse by negatives (Wang & Isola 2020), others by a stopped \
             gradient (SimSiam, Chen & He 2021) or a variance term (VICReg, Bardes et al. 2022).",
        ),
        Collapse::Dimensional => {
            let mut remark = Remark::new(
                about,
                rank,
                "Samples differ, but along few directions; below a tenth of those available this is called \
                 dimensional collapse here (Jing et al. 2022).",
            )
            .but(
                "weaker augmentation, a projection head between the representation and the loss (both after \
                 Jing et al. 2022), or a loss that decorrelates (Barlow Twins, Zbontar et al. 2021; VICReg).",
            );
            if let Some(Neighbourhood::Judged { classes, .. }) = found.neighbours
                && found.centred_rank < ABOUT * (classes - 1) as f64
            {
                let more = format!(
                    " {classes} classes that are told apart and nothing else take {} directions (neural \
                     collapse, Papyan et al. 2020): a low rank may be all that the labels need.",
                    classes - 1
                );
                remark.meaning = [remark.meaning, more].concat();
            }
            remark
        }
        Collapse::None => Remark::new(
            about,
            rank,
            "Directions are in use. This is no praise: noise uses many directions too, and a garbage \
             representation may pass.",
        ),
    }
}

/// Cosines are computed in single precision: of samples that differ by too little beside what they share,
/// they tell nothing.
fn precision(found: &Diagnosis) -> Option<Remark> {
    let is_lost = found.variation > 0.0 && found.variation < LEAST_VARIATION && found.silent < 0.5;
    is_lost.then(|| {
        Remark::new(
            "precision",
            format!("Of the energy only {:.0e} varies between samples.", found.variation),
            "Figures are computed in single precision, which cannot tell such directions apart: neighbours, \
             uniformity and alignment below say nothing about these samples, and a probe may say too little.",
        )
        .but("subtract the mean of every neuron, in double precision, and diagnose again.")
    })
}

fn dead(found: &Diagnosis, is_sampled: bool) -> Option<Remark> {
    let more = if is_sampled { "look at more samples (--samples) first; then " } else { "" };
    (found.dead > 0).then(|| {
        Remark::new(
            "dead neurons",
            format!("{} of {} neurons are zero on all {} samples.", found.dead, found.width, found.samples),
            "They carry nothing about these samples. A neuron for something rare looks the same as a dead one.",
        )
        .but(&format!(
            "{more}lower the learning rate, warm it up, use a leaky activation, or start dead neurons anew."
        ))
    })
}

fn silent(found: &Diagnosis) -> Option<Remark> {
    (found.silent > 0.0 && found.collapse() != Collapse::Complete).then(|| {
        Remark::new(
            "silent samples",
            format!("{:.1}\u{a0}% of the samples get the zero representation.", 100.0 * found.silent),
            "They have no direction, and figures of directions leave them out.",
        )
        .but("look at what these samples have in common; lower thresholds or biases if they should be seen.")
    })
}

fn alignment(found: &Diagnosis) -> Option<Remark> {
    let distance = found.alignment?.value;
    let finding = format!("The mean squared distance of a sample's two views is {}.", show(Some(distance)));
    let about = "alignment";
    Some(if distance == 0.0 {
        Remark::new(
            about,
            finding,
            "Both views have the same direction exactly: check that they are two views and not one file twice.",
        )
    } else if distance < MEETING {
        Remark::new(
            about,
            finding,
            "Views of a sample lie much closer together than unrelated samples, which have about 2.",
        )
        .well()
    } else if distance <= UNRELATED {
        Remark::new(
            about,
            finding,
            "Views of a sample lie closer together than unrelated samples, which have about 2, but do not \
             meet.",
        )
    } else {
        Remark::new(
            about,
            finding,
            "Views of a sample are hardly closer than unrelated samples, which have \
             about 2.",
        )
        .but(
            "check that row i of both files is the same sample; weaken the augmentation, or train longer on \
             positives (Wang & Isola 2020).",
        )
    })
}

fn uniformity(found: &Diagnosis) -> Option<Remark> {
    let value = found.uniformity;
    (value > CROWDED && found.collapse() != Collapse::Complete).then(|| {
        Remark::new(
            "uniformity",
            format!(
                "Uniformity is {}, where one point has 0 and directions at right angles have −4.",
                show(Some(value))
            ),
            "Directions are crowded, often around a common mean, so cosines between unrelated samples are \
             large.",
        )
        .but(
            "subtract the mean before cosines are taken; lower the temperature of the loss or add negatives \
             (Wang & Isola 2020).",
        )
    })
}

fn neighbours(found: &Neighbourhood) -> Remark {
    let about = "neighbours";
    match found {
        Neighbourhood::NotJudged(why) => Remark::new(
            about,
            format!("Neighbours are not judged: {why}."),
            "More samples of each class are needed.",
        ),
        Neighbourhood::Judged { accuracy, chance, neighbours, .. } => {
            let finding = format!(
                "The {neighbours} nearest {} the class of {:.1}\u{a0}% of the samples; always naming the \
                 most frequent class has {:.1}\u{a0}%.",
                if *neighbours == 1 { "neighbour names" } else { "neighbours name" },
                100.0 * accuracy.value,
                100.0 * chance
            );
            if accuracy.upper < *chance {
                // Votes of strangers name each class as often as it occurs, which is right less often than
                // that.
                return Remark::new(
                    about,
                    finding,
                    "That is what unrelated samples give: their votes are right less often than always \
                     naming the most frequent class.",
                );
            }
            above_chance(about, finding, accuracy.lower > *chance, false)
        }
    }
}

fn linear(probe: &Probe) -> Remark {
    let about = "linear probe";
    let finding = match probe.lower {
        Some(_) => format!(
            "A linear rule names the class of {:.1}\u{a0}% of {} held-out samples; always naming the most \
             frequent class has {:.1}\u{a0}%.",
            100.0 * probe.score,
            probe.test_samples,
            100.0 * probe.chance
        ),
        None => format!(
            "A linear rule explains {:.1}\u{a0}% of the values' variance on {} held-out samples (R²).",
            100.0 * probe.score,
            probe.test_samples
        ),
    };
    match (probe.lower, probe.upper) {
        (Some(lower), Some(upper)) => {
            above_chance(about, finding, lower > probe.chance, upper < probe.chance)
        }
        _ if probe.score > 0.0 => {
            Remark::new(about, finding, "Values can be predicted to this extent by a linear rule.").well()
        }
        _ => Remark::new(about, finding, "The rule is no better than the mean of the values."),
    }
}

fn above_chance(about: &'static str, finding: String, is_above: bool, is_below: bool) -> Remark {
    if is_above {
        Remark::new(about, finding, "The interval lies above chance: something about the classes is there.")
            .well()
    } else if is_below {
        Remark::new(about, finding, "The interval lies below chance.").but(
            "check that row i of labels and representations is the same sample; compare with labels in \
             another order.",
        )
    } else {
        Remark::new(
            about,
            finding,
            "The interval holds chance: with these samples nothing about the classes can be shown.",
        )
        .but("look at more samples, or at another layer; check that row i of both files is the same sample.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::probe;
    use crate::diagnose::{Classes, Labels};
    use featurescope_sim::math::random::Part;
    use featurescope_sim::math::{Matrix, Purpose, Stream};

    fn noise(i: usize, j: usize) -> f32 {
        Stream::new(3, Purpose::MONTE_CARLO, j as u32).reader(Part::Dense, i as u32).normal() as f32
    }

    fn of(rows: &Matrix, pairs: Option<&Matrix>, classes: Option<Vec<u32>>) -> Vec<Remark> {
        let mut diagnosis = Diagnosis::new(rows, pairs.map(|pairs| (rows, pairs)), None);
        let classes = classes.map(|of| {
            let known: Vec<Option<i64>> = of.iter().map(|&class| Some(i64::from(class))).collect();
            diagnosis.judge_neighbours(rows, &known);
            let names = (0..=of.iter().copied().max().unwrap_or(0)).map(|c| c.to_string()).collect();
            Labels::Classes(Classes { names, of: of.into_iter().map(Some).collect() })
        });
        let probe = classes.map(|labels| probe::fit(rows, &labels));
        remarks(&Finding { diagnosis, probe }, false)
    }

    fn about<'a>(all: &'a [Remark], about: &str) -> Option<&'a Remark> {
        all.iter().find(|remark| remark.about == about)
    }

    #[test]
    fn noise_is_not_praised() {
        let rows = Matrix::from_fn(400, 16, noise);
        let classes = (0..400).map(|i| u32::from(noise(i, 77) > 0.0)).collect();
        let all = of(&rows, None, Some(classes));
        assert!(all.iter().all(|remark| remark.tone != Tone::Good), "{all:?}");
        assert!(about(&all, "linear probe").unwrap().meaning.contains("holds chance"));
        assert!(about(&all, "dead neurons").is_none() && about(&all, "alignment").is_none());
    }

    #[test]
    fn every_fault_has_its_remark_and_a_remedy() {
        let two = Matrix::from_fn(200, 40, |i, j| 4.0 * (noise(i % 2, j)) + 0.01 * noise(i + 9, j));
        let all = of(&two, None, Some((0..200).map(|i| i % 2).collect()));
        let directions = about(&all, "directions").unwrap();
        assert!(
            directions.meaning.contains("dimensional collapse")
                && directions.meaning.contains("neural collapse")
        );
        assert!(!directions.advice.is_empty() && about(&all, "neighbours").unwrap().tone == Tone::Good);
        let constant = Matrix::from_fn(50, 8, |i, j| 3.0 + 0.01 * noise(i, j));
        assert!(
            about(&of(&constant, None, None), "directions").unwrap().meaning.contains("complete collapse")
        );
        let rows = Matrix::from_fn(60, 8, |i, j| if i == 7 || j == 2 { 0.0 } else { noise(i, j) });
        let other = Matrix::from_fn(60, 8, |i, j| noise(i + 500, j));
        let all = of(&rows, Some(&other), None);
        assert!(
            about(&all, "dead neurons")
                .unwrap()
                .finding
                .contains("1 of 8 neurons are zero on all 60 samples")
        );
        assert!(about(&all, "silent samples").is_some());
        assert!(about(&all, "alignment").unwrap().advice.contains("row i of both files"));
        let crowded = Matrix::from_fn(60, 8, |i, j| 2.0 + noise(i, j));
        assert!(about(&of(&crowded, Some(&crowded), None), "uniformity").unwrap().advice.contains("mean"));
        assert!(
            about(&of(&crowded, Some(&crowded), None), "alignment")
                .unwrap()
                .meaning
                .contains("one file twice")
        );
    }

    /// Noise beside a large constant: its cosines are rounding. Without the constant they are not.
    #[test]
    fn what_single_precision_cannot_tell_apart_is_told() {
        for (shift, is_told) in [(0.0f32, false), (100.0, false), (5000.0, true), (1e5, true)] {
            let rows = Matrix::from_fn(200, 8, |i, j| shift + noise(i, j));
            let all = of(&rows, None, None);
            assert_eq!(about(&all, "precision").is_some(), is_told, "{shift}");
        }
    }

    /// A class of two samples leaves one vote, and one vote of noise names the right one of two classes less
    /// often than the larger class occurs: .6² + .4² against .6. That is no sign of rows in another order.
    #[test]
    fn votes_of_noise_below_the_largest_share_are_no_alarm() {
        let rows = Matrix::from_fn(600, 16, noise);
        let classes = (0..600u32).map(|i| if i < 2 { 2 } else { u32::from(i % 5 < 2) }).collect();
        let all = of(&rows, None, Some(classes));
        let found = about(&all, "neighbours").unwrap();
        assert!(found.meaning.starts_with("That is what unrelated samples give"), "{found:?}");
        assert!(found.advice.is_empty(), "{found:?}");
    }
}
