//! The page of a diagnosis: what was read, what the figures say, the figures, and pictures.

use super::probe::{Probe, ProbeResult};
use super::remarks::remarks;
use super::{Finding, Labels, Representation, Study, describe_left_out};
use crate::report::diagnostics::{self, Named, Neighbourhood};
use crate::report::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use crate::report::firing::{self, Sample};
use crate::report::map::{self, ColouredClass, Embedding, Tag};
use crate::report::page::{Block, Page, Provenance, Section, Table, show};
use std::collections::BTreeMap;

/// Maps on a page: each takes seconds.
const MOST_MAPS: usize = 6;
/// Title of the table of figures.
const FIGURES: &str = "Diagnostics";

/// What a reader sees first: the figures side by side, and the pictures that are drawn at once.
pub struct Glance {
    /// A row per figure, a column per representation.
    pub table: Table,
    /// Spectrum, course over representations, firing.
    pub pictures: Vec<Figure>,
}

/// The figures and the pictures, without maps, which take seconds.
pub fn glance(study: &Study, findings: &[Finding]) -> Glance {
    let named: Vec<Named> = (study.representations.iter().zip(findings).enumerate())
        .map(|(i, (representation, finding))| Named {
            name: representation.name.clone(),
            key: key(i),
            colour: Colour::Hue(i),
            diagnosis: finding.diagnosis.clone(),
        })
        .collect();
    let mut table = diagnostics::table(&named, "the given labels");
    FIGURES.clone_into(&mut table.title);
    let probes = findings.iter().map(|finding| probe_cell(finding.probe.as_ref()));
    table.rows.push(std::iter::once("linear probe".to_owned()).chain(probes).collect());
    let mut pictures = vec![spread(study, &named)];
    pictures.extend(course(study, findings));
    pictures.push(patterns(study));
    Glance { table, pictures }
}

/// The page. `command`: what was typed, for the provenance.
pub fn page(study: &Study, findings: &[Finding], command: &str) -> Page {
    let section = |id: &str, title: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        blocks,
        ..Section::default()
    };
    let Glance { table, mut pictures } = glance(study, findings);
    let (maps, unmapped) = maps(study);
    pictures.extend(maps);
    let first = &study.representations[0];
    let is_alone = findings.len() == 1;
    let title = if is_alone { first.name.clone() } else { format!("{} representations", findings.len()) };
    Page {
        title: format!("Diagnosis of {title}"),
        subtitle: if is_alone {
            format!("{} samples × {} neurons", first.rows.rows(), first.rows.cols())
        } else {
            format!("the same {} samples in all of them", study.samples.len())
        },
        provenance: Provenance { command: command.to_owned(), source: source(study) },
        sections: vec![
            section("read", "What was read", vec![Block::Table(what_was_read(study))]),
            section("found", "What was found", vec![said(study, findings), Block::Table(table)]),
            section("pictures", "Pictures", pictures.into_iter().map(Block::Figure).collect()),
        ],
        notes: notes(study).into_iter().chain(unmapped).collect(),
    }
}

/// The files with the beginnings of their hashes.
fn source(study: &Study) -> String {
    let mut files: Vec<String> = (study.representations.iter())
        .map(|representation| format!("{}, sha256 {}", representation.file, representation.hash.short()))
        .collect();
    files.dedup();
    files.join("; ")
}

/// What was looked at and what a reader should know about it, in sentences.
pub fn notes(study: &Study) -> Vec<String> {
    let mut notes = Vec::new();
    let looked_at = study.samples.len();
    if study.samples_in_file > looked_at {
        let how = match study.labels {
            Some(Labels::Classes(_)) => "a fixed random choice with every class in its share",
            _ => "a fixed random choice",
        };
        notes.push(format!(
            "{} samples are there; {looked_at} of them, {how}, were looked at. --samples changes their number.",
            study.samples_in_file
        ));
    }
    if let Some(Labels::Classes(classes)) = &study.labels {
        let counts = classes.counts();
        let absent: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] == 0).collect();
        if !absent.is_empty() {
            let text =
                format!("Classes without a sample among those looked at: {}.", classes.listed(&absent));
            notes.push(text);
        }
        if classes.names.first().is_some_and(|name| name == "-1")
            && classes.names.get(1).is_some_and(|name| name == "0")
        {
            notes.push(
                "Class -1 counts as a class; --unlabelled -1 says that it stands for no label.".to_owned(),
            );
        }
    }
    for representation in &study.representations {
        let of = if study.representations.len() == 1 {
            String::new()
        } else {
            format!("{}: ", representation.name)
        };
        notes.extend(representation.notes.iter().map(|note| format!("{of}{note}")));
    }
    notes
}

fn what_was_read(study: &Study) -> Table {
    let row = |representation: &Representation| {
        vec![
            representation.name.clone(),
            representation.file.clone(),
            representation.taken.clone(),
            if representation.left_out.is_empty() {
                "nothing".to_owned()
            } else {
                describe_left_out(&representation.left_out)
            },
        ]
    };
    let words = ["", "file", "taken as neurons", "left out"];
    Table {
        title: "Columns and arrays".to_owned(),
        columns: words.map(ToOwned::to_owned).to_vec(),
        rows: study.representations.iter().map(row).collect(),
        note: match &study.labels_taken {
            Some(taken) => format!("Labels are {taken}."),
            None => "No labels were given.".to_owned(),
        },
    }
}

/// What the figures say and what people do about it.
fn said(study: &Study, findings: &[Finding]) -> Block {
    let is_sampled = study.samples_in_file > study.samples.len();
    let of = |(representation, finding): (&Representation, &Finding)| {
        let name = if findings.len() == 1 { String::new() } else { representation.name.clone() };
        remarks(finding, is_sampled).into_iter().map(move |remark| remark.verdict(&name))
    };
    Block::Verdicts(study.representations.iter().zip(findings).flat_map(of).collect())
}

fn probe_cell(probe: Option<&ProbeResult>) -> String {
    match probe {
        Some(Ok(probe)) => {
            let left_out = match probe.left_out.len() {
                0 => String::new(),
                1 => format!(", class {} left out: fewer than three samples", probe.left_out[0]),
                count => format!(", {count} classes of fewer than three samples left out"),
            };
            let interval = match (probe.lower, probe.upper) {
                (Some(lower), Some(upper)) => format!(" [{}, {}]", show(Some(lower)), show(Some(upper))),
                _ => String::new(),
            };
            format!(
                "{} {}{interval} on {} held-out samples, {} {}, {}{left_out}",
                probe.unit,
                show(Some(probe.score)),
                probe.test_samples,
                probe.chance_word,
                show(Some(probe.chance)),
                probe.rule
            )
        }
        Some(Err(why)) => format!("no score: {why}"),
        None => "–".to_owned(),
    }
}

fn key(i: usize) -> String {
    format!("representation{i}")
}

fn legend(study: &Study) -> Vec<Entry> {
    let entry = |(i, representation): (usize, &Representation)| Entry {
        key: key(i),
        name: representation.name.clone(),
        colour: Colour::Hue(i),
        stroke: Stroke::Solid,
    };
    study.representations.iter().enumerate().map(entry).collect()
}

fn spread(study: &Study, named: &[Named]) -> Figure {
    let mut panels = vec![diagnostics::spectrum_panel(named)];
    panels.extend(diagnostics::plane(named));
    Figure {
        id: "diagnostics".to_owned(),
        title: "Do representations collapse?".to_owned(),
        caption: "How the variance is spread over principal directions, the mean taken away; with pairs, \
                  whether views of a sample meet (alignment) while samples spread (uniformity)."
            .to_owned(),
        legend: legend(study),
        columns: panels.len(),
        panels,
        ..Figure::default()
    }
}

/// A value of a representation with its interval, where there is one.
type Reading = (f64, Option<[f64; 2]>);

/// A figure over layers or epochs.
struct Curve<'a> {
    name: &'a str,
    colour: Colour,
    stroke: Stroke,
    read: &'a dyn Fn(&Finding) -> Option<Reading>,
}

impl<'a> Curve<'a> {
    fn solid(name: &'a str, place: usize, read: &'a dyn Fn(&Finding) -> Option<Reading>) -> Self {
        Self { name, colour: Colour::Hue(place), stroke: Stroke::Solid, read }
    }

    fn layer(&self, findings: &[Finding]) -> Option<PlotLayer> {
        let readings: Vec<(f64, Reading)> = (1..)
            .zip(findings)
            .filter_map(|(x, finding)| Some((f64::from(x), (self.read)(finding)?)))
            .collect();
        let points = readings.iter().map(|(x, (y, _))| [*x, *y]).collect();
        let mut line = Line::new(self.name, self.name, self.colour, points);
        line.stroke = self.stroke;
        line.has_dots = true;
        line.intervals = readings.iter().filter_map(|(_, (_, interval))| *interval).collect();
        (!readings.is_empty()).then_some(PlotLayer::Line(line))
    }
}

/// Curves over the representations, numbered from 1; `None` if nothing was measured.
fn course_panel(title: &str, unit: &str, curves: &[Curve<'_>], findings: &[Finding]) -> Option<Panel> {
    let layers: Vec<PlotLayer> = curves.iter().filter_map(|curve| curve.layer(findings)).collect();
    (!layers.is_empty()).then(|| Panel {
        title: title.to_owned(),
        x: Axis::linear("representation").between(1.0, findings.len() as f64),
        y: Axis::linear(unit),
        layers,
        span: 1,
        ..Panel::default()
    })
}

/// The figures over layers or epochs, in the order in which they were named; `None` for one representation.
fn course(study: &Study, findings: &[Finding]) -> Option<Figure> {
    let rank = |finding: &Finding| -> Option<Reading> {
        Some((finding.diagnosis.centred_rank / finding.diagnosis.available as f64, None))
    };
    let alignment =
        |finding: &Finding| -> Option<Reading> { Some((finding.diagnosis.alignment?.value, None)) };
    let uniformity = |finding: &Finding| -> Option<Reading> { Some((finding.diagnosis.uniformity, None)) };
    let neighbours = |finding: &Finding| -> Option<Reading> {
        match &finding.diagnosis.neighbours {
            Some(Neighbourhood::Judged { accuracy, .. }) => {
                Some((accuracy.value, Some([accuracy.lower, accuracy.upper])))
            }
            _ => None,
        }
    };
    let fitted = |finding: &Finding| -> Option<Probe> { finding.probe.clone()?.ok() };
    let probe = |finding: &Finding| -> Option<Reading> {
        let probe = fitted(finding)?;
        Some((probe.score, probe.lower.zip(probe.upper).map(|(lower, upper)| [lower, upper])))
    };
    let chance = |finding: &Finding| -> Option<Reading> { Some((fitted(finding)?.chance, None)) };
    let guess = Curve { name: "chance", colour: Colour::Grey, stroke: Stroke::Dashed, read: &chance };
    let rank_curve = [Curve::solid("rank", 0, &rank)];
    let scores = [Curve::solid("linear probe", 0, &probe), Curve::solid("neighbours", 1, &neighbours), guess];
    let panels: Vec<Panel> = [
        course_panel(
            "Share of the available directions in use",
            "effective rank over directions",
            &rank_curve,
            findings,
        ),
        course_panel("What can be read off", "score", &scores, findings),
        course_panel(
            "Alignment",
            "mean squared distance of views",
            &[Curve::solid("alignment", 2, &alignment)],
            findings,
        ),
        course_panel(
            "Uniformity",
            "ln E exp(−2‖u − u′‖²)",
            &[Curve::solid("uniformity", 3, &uniformity)],
            findings,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    let lines = panels.iter().flat_map(|panel| &panel.layers);
    let entry = |layer: &PlotLayer| match layer {
        PlotLayer::Line(line) => Some(Entry {
            key: line.name.clone(),
            name: line.name.clone(),
            colour: line.colour,
            stroke: line.stroke,
        }),
        _ => None,
    };
    let legend: Vec<Entry> = lines.filter_map(entry).collect();
    let order = study.representations.iter().enumerate();
    let order: Vec<String> =
        order.map(|(i, representation)| format!("{} {}", i + 1, representation.name)).collect();
    (findings.len() > 1).then(|| Figure {
        id: "course".to_owned(),
        title: "From one representation to the next".to_owned(),
        caption: format!("The same samples in all of them: {}.", order.join(", ")),
        legend,
        columns: 2,
        panels,
        ..Figure::default()
    })
}

fn patterns(study: &Study) -> Figure {
    let samples: Vec<Sample<'_>> = (study.representations.iter().enumerate())
        .map(|(i, representation)| Sample {
            name: representation.name.clone(),
            key: key(i),
            colour: Colour::Hue(i),
            rows: &representation.rows,
        })
        .collect();
    Figure {
        id: "firing".to_owned(),
        title: "Firing patterns".to_owned(),
        caption: "How large activations are where they are not zero, how many neurons answer to a sample, \
                  and how often a neuron answers. A neuron answers where its entry is not exactly zero."
            .to_owned(),
        legend: legend(study),
        panels: firing::panels(&samples),
        columns: 3,
        ..Figure::default()
    }
}

/// The maps, and what is said if there are not as many as representations.
fn maps(study: &Study) -> (Option<Figure>, Option<String>) {
    let tags: Vec<Tag> = (0..study.samples.len()).map(|i| tag(study, i)).collect();
    let name = |class: i64| match &study.labels {
        Some(Labels::Classes(classes)) => {
            classes.names.get(class as usize).cloned().unwrap_or_else(|| class.to_string())
        }
        _ => String::new(),
    };
    let classes = map::coloured_classes(&tags, name);
    let has_others = tags.iter().any(|tag| !is_coloured(tag, &classes));
    let count = study.representations.len();
    let shown: Vec<usize> = if count <= MOST_MAPS {
        (0..count).collect()
    } else {
        (0..MOST_MAPS).map(|i| i * (count - 1) / (MOST_MAPS - 1)).collect()
    };
    let panels: Vec<Panel> = (shown.iter().zip(embeddings(study, &shown)))
        .filter_map(|(&i, embedding)| {
            Some(map::panel(&study.representations[i].name, &embedding?, &tags, &classes))
        })
        .collect();
    let unmapped = (count > MOST_MAPS).then(|| {
        format!(
            "{MOST_MAPS} of the {count} representations have a map: the first, the last and some between."
        )
    });
    let is_labelled = matches!(study.labels, Some(Labels::Classes(_)));
    let figure = (!panels.is_empty()).then(|| Figure {
        id: "map".to_owned(),
        title: "A map of the representations".to_owned(),
        caption: format!(
            "Each dot is a sample, placed by t-SNE of the directions of its representation.{} Neighbours are \
             to be trusted, distances and sizes of groups are not.",
            if is_labelled { colours(&tags, &classes, &name) } else { String::new() }
        ),
        legend: if is_labelled { map::legend(&classes, has_others) } else { Vec::new() },
        columns: panels.len().min(2),
        panels,
        ..Figure::default()
    });
    (figure, unmapped)
}

fn is_coloured(tag: &Tag, classes: &[ColouredClass]) -> bool {
    tag.class.is_some_and(|class| classes.iter().any(|known| known.class == class))
}

/// Which classes have colours and which are grey, in a sentence that begins with a space.
fn colours(tags: &[Tag], classes: &[ColouredClass], name: &impl Fn(i64) -> String) -> String {
    let mut grey: BTreeMap<i64, usize> = BTreeMap::new();
    for class in tags.iter().filter(|tag| !is_coloured(tag, classes)).filter_map(|tag| tag.class) {
        *grey.entry(class).or_default() += 1;
    }
    let unlabelled =
        if tags.iter().any(|tag| tag.class.is_none()) { " Samples without a class are grey." } else { "" };
    let listed: Vec<String> = grey.keys().take(10).map(|&class| name(class)).collect();
    let more = if grey.len() > listed.len() {
        format!(" and {} more", grey.len() - listed.len())
    } else {
        String::new()
    };
    match grey.len() {
        0 => format!(" Every class has a colour.{unlabelled}"),
        count => format!(
            " The {} most frequent classes have a colour; the other {count} are grey: {}{more}.{unlabelled}",
            classes.len(),
            listed.join(", ")
        ),
    }
}

fn tag(study: &Study, i: usize) -> Tag {
    let row = study.samples[i];
    let (class, label) = match &study.labels {
        Some(Labels::Classes(classes)) => match classes.of[i] {
            Some(class) => {
                (Some(i64::from(class)), format!("sample {row}, class {}", classes.names[class as usize]))
            }
            None => (None, format!("sample {row}, no class")),
        },
        Some(Labels::Values(values)) => (None, format!("sample {row}, value {}", show(values[i]))),
        None => (Some(0), format!("sample {row}")),
    };
    Tag { class, is_negative: false, label }
}

/// One thread per map; each map is made on one thread.
fn embeddings(study: &Study, shown: &[usize]) -> Vec<Option<Embedding>> {
    // The map takes the first samples, which in a file are often of one class: it gets a choice of them.
    let groups = study.labels.as_ref().and_then(Labels::groups);
    let chosen = super::sampling::choose(study.samples.len(), map::MOST_SAMPLES, groups.as_deref());
    let chosen = &chosen;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (shown.iter())
            .map(|&i| scope.spawn(move || map::embed(&study.representations[i].rows, chosen)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(None)).collect()
    })
}

/// The figures as a table of plain text.
pub fn table_of(page: &Page) -> Option<&Table> {
    page.sections.iter().flat_map(|section| &section.blocks).find_map(|block| match block {
        Block::Table(table) if table.title == FIGURES => Some(table),
        _ => None,
    })
}
