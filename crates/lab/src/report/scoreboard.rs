//! What stored runs say about the paper's statements: the scoreboard, and the fits over sizes behind it.

use super::figure::{Axis, Colour, Entry, Figure, Layer, Line, Panel, Stroke, slug};
use super::page::{Block, Section, Table, show};
use crate::claim::judge::{ClaimResult, Finding, TestResult, Verdict};
use crate::claim::{Scale, Scoreboard, Test, claims};
use crate::stats::{Estimate, least_squares_slope};

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

/// The section of the scoreboard; `anchors` are the figures of the page that claims can point at.
pub fn section(scoreboard: &Scoreboard, anchors: &[String]) -> Section {
    let count =
        |word: &str| scoreboard.claims.iter().filter(|claim| self::word(&claim.verdict) == word).count();
    let lead = format!(
        "{} statements of the paper, judged by these runs: {} supported, {} refuted, {} undecided, {} that no finite run can decide. A \
         verdict needs several seeds, and intervals are corrected for the number of tests (Holm, α = {}); docs/claims.md has the rules.",
        scoreboard.claims.len(),
        count("supported"),
        count("refuted"),
        count("undecided"),
        count("no test"),
        scoreboard.alpha
    );
    let mut blocks = vec![Block::Table(table(scoreboard, anchors))];
    blocks.extend(fits(scoreboard).map(Block::Figure));
    Section {
        id: "claims".to_owned(),
        title: "The paper's statements".to_owned(),
        lead,
        blocks,
        ..Section::default()
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Undecided { .. } => "undecided",
        Verdict::NotTestable { .. } => "no test",
    }
}

fn table(scoreboard: &Scoreboard, anchors: &[String]) -> Table {
    let row = |claim: &ClaimResult| {
        vec![
            claim.id.clone(),
            claim.title.clone(),
            word(&claim.verdict).to_owned(),
            findings(claim),
            figure_of(claim, anchors),
        ]
    };
    Table {
        title: "Scoreboard".to_owned(),
        columns: ["statement", "what it says", "verdict", "what was found", "figure"]
            .map(str::to_owned)
            .to_vec(),
        rows: scoreboard.claims.iter().map(row).collect(),
        note: scoreboard.warnings.join(" · "),
    }
}

/// A link to the figure about what the claim's first test reads: `#id|words`, or nothing. On a page of several runs it
/// leads to the first run's.
fn figure_of(claim: &ClaimResult, anchors: &[String]) -> String {
    let anchor =
        |id: &str| anchors.iter().find(|anchor| *anchor == id || anchor.ends_with(&format!("-{id}")));
    let about = |test: &TestResult| {
        let parts = FIGURES.iter().filter(|(part, ..)| test.quantity.contains(part));
        parts.clone().find_map(|(_, id, words)| Some((anchor(id)?, words)))
    };
    let found = claim.tests.iter().find_map(about);
    found.map_or(String::new(), |(id, words)| format!("#figure-{id}|{words}"))
}

fn findings(claim: &ClaimResult) -> String {
    if let Verdict::NotTestable { reason } = &claim.verdict {
        return reason.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let told = |test: &TestResult, finding: &Finding| {
        let alone = || match &finding.values[..] {
            [(_, value)] => Some(format!("{} in one run", show(Some(*value)))),
            _ => None,
        };
        let value = finding.estimate.as_ref().map(interval).or_else(alone);
        let reason = match &finding.verdict {
            Verdict::Undecided { reason } => Some(reason.to_string()),
            _ => None,
        };
        let said = [value, reason].into_iter().flatten().collect::<Vec<_>>().join(", ");
        format!(
            "{} {} ({}): {said}; rule: {}",
            test.quantity,
            test.at.words(),
            finding.setting.arm,
            test.rule
        )
    };
    let all: Vec<String> =
        claim.tests.iter().flat_map(|test| test.findings.iter().map(move |f| told(test, f))).collect();
    match (&claim.verdict, all.is_empty()) {
        (Verdict::Undecided { reason }, true) => reason.to_string(),
        _ => all.join(" · "),
    }
}

fn interval(estimate: &Estimate) -> String {
    let [value, lower, upper] = [estimate.value, estimate.lower, estimate.upper].map(|v| show(Some(v)));
    format!("{value} [{lower}, {upper}]")
}

/// The fits over sizes; nothing if no trend has a value.
fn fits(scoreboard: &Scoreboard) -> Option<Figure> {
    let all = claims().unwrap_or_default();
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
        id: slug("scaling"),
        title: "Scaling fits".to_owned(),
        caption: "Claims about how a quantity changes with size: a dot is a run, the line the least-squares fit whose slope the claim \
                  is about."
            .to_owned(),
        legend: vec![entry("runs", "runs", Stroke::Point), entry("fit", "fit", Stroke::Solid)],
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
    let dots = Layer::Points(super::figure::Points {
        name: finding.setting.arm.clone(),
        keys: vec!["runs".to_owned()],
        colour: Colour::Hue(0),
        labels: Vec::new(),
        points,
        size: 7.0,
        is_diamond: false,
    });
    let line = Layer::Line(Line::new("fit", "fit", Colour::Hue(0), vec![at(low), at(high)]));
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
