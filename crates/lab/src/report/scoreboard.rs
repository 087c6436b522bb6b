//! What stored runs say about the paper's statements: the scoreboard, and the fits over sizes behind it.

use super::figure::{Axis, Colour, Entry, Figure, Line, Panel, PlotLayer, Stroke};
use super::page::{Block, Section, Table};
use crate::claim::judge::{ClaimResult, Finding, TestResult, Verdict};
use crate::claim::wording::{count, count_of_kind, has_sizes, interval, measured, question, word};
use crate::claim::{About, FEWEST_SEEDS, Scale, Scoreboard, Test, claims};
use crate::paper;
use crate::stats::least_squares_slope;

/// Name of the figure of fits in links.
const FITS: &str = "scaling";

/// Which figure of a run shows what a quantity is about.
const FIGURES: &[(&str, &str, &str)] = &[
    ("cosine", "story", "the story"),
    ("loss", "story", "the story"),
    ("energy", "story", "the story"),
    ("growth", "story", "the story"),
    ("dense", "story", "the story"),
    ("bias", "story", "the story"),
    ("threshold", "story", "the story"),
    ("firing", "firing", "firing patterns"),
    ("singleton", "alignment", "neurons × atoms"),
    ("coverage", "alignment", "neurons × atoms"),
    ("alignment", "alignment", "neurons × atoms"),
    ("atoms", "alignment", "neurons × atoms"),
    ("collision", "ownership", "who won which atom"),
    ("own", "ownership", "who won which atom"),
    ("luck", "destiny", "destiny"),
    ("potential", "destiny", "destiny"),
    ("probe", "probes", "probe ladders"),
    ("accuracy", "probes", "probe ladders"),
    ("r_squared", "probes", "probe ladders"),
];

/// The section of the scoreboard, one of several on the page or the only one; `anchors` are the figures of the page
/// that claims can point at.
pub fn section(scoreboard: &Scoreboard, is_one_of_several: bool, anchors: &[String]) -> Section {
    let paper = scoreboard.paper.and_then(|name| paper::find(name.text())).filter(|_| is_one_of_several);
    let named = |id: &str| paper.map_or(id.to_owned(), |paper| format!("{id}-{}", paper.name));
    let fits_id = named(FITS);
    let lead = format!(
        "{}. Each line: the {}, the mean over seeds and its interval, corrected for the number of tests (Holm, α = {}); ✓ inside \
         the prediction, ✗ outside, ? neither. Settings with fewer than {FEWEST_SEEDS} seeds decide nothing and are \
         left out where others do. docs/claims.md has the rules.",
        count(&scoreboard.claims),
        if has_sizes(&scoreboard.claims) { "size d/d1" } else { "experiment" },
        scoreboard.alpha
    );
    let mut blocks = vec![Block::Table(table(scoreboard, &fits_id, anchors))];
    blocks.extend(fits(scoreboard, fits_id).map(Block::Figure));
    Section {
        id: named("claims"),
        title: paper.map_or("The paper's statements", |paper| paper.title).to_owned(),
        lead,
        blocks,
        ..Section::default()
    }
}

fn table(scoreboard: &Scoreboard, fits: &str, anchors: &[String]) -> Table {
    let row = |claim: &ClaimResult| {
        vec![
            claim.id.clone(),
            claim.title.clone(),
            claim.about.map_or("–", About::words).to_owned(),
            word(&claim.verdict).to_owned(),
            findings(claim),
            figure_of(claim, fits, anchors),
        ]
    };
    Table {
        title: "Scoreboard".to_owned(),
        columns: ["statement", "what it says", "about", "verdict", "what was found", "figure"]
            .map(str::to_owned)
            .to_vec(),
        rows: scoreboard.claims.iter().map(row).collect(),
        note: note(scoreboard),
    }
}

/// Counts by kind, what judged, and warnings.
fn note(scoreboard: &Scoreboard) -> String {
    let kinds = scoreboard.counts.iter().map(|count| format!("about {}", count_of_kind(count)));
    let digest = scoreboard.claims_digest.map(|digest| format!("claims {}", digest.short()));
    kinds.chain(digest).chain(scoreboard.warnings.iter().cloned()).collect::<Vec<_>>().join(" · ")
}

/// A link to the figure about the claim: that of its fit, or that of what its first test reads. `#id|words`, or nothing. On
/// a page of several runs it leads to the first run's.
fn figure_of(claim: &ClaimResult, fits: &str, anchors: &[String]) -> String {
    let is_fitted = |test: &TestResult| {
        test.against.is_some() && test.findings.iter().any(|finding| finding.estimate.is_some())
    };
    if claim.tests.iter().any(is_fitted) {
        return format!("#figure-{fits}|scaling fits");
    }
    let anchor =
        |id: &str| anchors.iter().find(|anchor| *anchor == id || anchor.ends_with(&format!("-{id}")));
    let about = |test: &TestResult| {
        let parts = FIGURES.iter().filter(|(part, ..)| test.quantity.contains(part));
        parts.clone().find_map(|(_, id, words)| Some((anchor(id)?, words)))
    };
    let found = claim.tests.iter().find_map(about);
    found.map_or(String::new(), |(id, words)| format!("#figure-{id}|{words}"))
}

/// A line per test, and one per setting below it.
fn findings(claim: &ClaimResult) -> String {
    if let Verdict::NotTestable { reason } = &claim.verdict {
        return reason.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let told = |test: &TestResult| [vec![question(test)], measured(test)].concat();
    let mut lines: Vec<String> = claim.tests.iter().flat_map(told).collect();
    if let Verdict::Undecided { reason } = &claim.verdict {
        lines.push(format!("undecided: {reason}"));
    }
    lines.join("\n")
}

/// The fits over sizes; nothing if no trend has a value.
fn fits(scoreboard: &Scoreboard, id: String) -> Option<Figure> {
    let paper = scoreboard.paper.and_then(|name| paper::find(name.text()));
    let all = paper.and_then(|paper| claims(paper).ok()).unwrap_or_default();
    let mut panels = Vec::new();
    for result in &scoreboard.claims {
        let claim = all.iter().find(|claim| claim.id == result.id);
        for (index, test) in result.tests.iter().enumerate() {
            let scale = claim.and_then(|claim| match claim.tests.get(index) {
                Some(Test::Scaling(scaling)) => Some(scaling.scale),
                _ => None,
            });
            if let Some(scale) = scale {
                panels.extend(test.findings.iter().filter_map(|finding| fit(result, test, finding, scale)));
            }
        }
    }
    let entry = |key: &str, name: &str, stroke| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour: Colour::Hue(0),
        stroke,
    };
    (!panels.is_empty()).then(|| Figure {
        id,
        title: "Scaling fits".to_owned(),
        caption: "Claims about how a quantity changes with size: a dot is a run, the line the least-squares fit whose slope the claim \
                  is about."
            .to_owned(),
        legend: vec![entry("runs", "runs", Stroke::Dot), entry("fit", "fit", Stroke::Solid)],
        panels,
        columns: 3,
        ..Figure::default()
    })
}

fn fit(claim: &ClaimResult, test: &TestResult, finding: &Finding, scale: Scale) -> Option<Panel> {
    let axis = test.against?;
    let estimate = finding.estimate.as_ref()?;
    let is_log = scale == Scale::LogLog;
    let points: Vec<[f64; 2]> = finding.values.iter().map(|&(size, value)| [size, value]).collect();
    let transformed = |&[size, value]: &[f64; 2]| (size.ln(), if is_log { value.ln() } else { value });
    let slope = least_squares_slope(points.iter().map(transformed))?;
    let n = points.len() as f64;
    let (x, y) = points.iter().map(transformed).fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let at = |size: f64| {
        let value = y + slope * (size.ln() - x);
        [size, if is_log { value.exp() } else { value }]
    };
    let low = points.iter().map(|p| p[0]).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|p| p[0]).fold(0.0, f64::max);
    let dots = PlotLayer::Points(super::figure::Points {
        name: finding.setting.arm.clone(),
        keys: vec!["runs".to_owned()],
        colour: Colour::Hue(0),
        labels: Vec::new(),
        points,
        size: 7.0,
        shape: super::figure::Shape::Dot,
    });
    let line = PlotLayer::Line(Line::new("fit", "fit", Colour::Hue(0), vec![at(low), at(high)]));
    Some(Panel {
        title: format!("{}: {}", claim.id, finding.setting.arm),
        note: format!(
            "{}: {}, {}; rule: {}",
            if is_log { "exponent" } else { "slope" },
            interval(estimate),
            word(&finding.verdict),
            test.rule
        ),
        x: Axis::log(axis.words()),
        y: if is_log { Axis::log(&test.quantity) } else { Axis::linear(&test.quantity) },
        layers: vec![line, dots],
        span: 1,
        ..Panel::default()
    })
}
