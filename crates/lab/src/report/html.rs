//! The page as one file: text from Rust, figures as JSON, and the script that draws them. Nothing is loaded from
//! anywhere.
//!
//! Everything that comes from a run, a file name or a label is escaped: in text by `escape`, in JSON by writing every
//! `<`, `>` and `&` as `\u00…`, so that no string can end the script element it stands in.

#![allow(
    clippy::format_push_string,
    reason = "a page is put together from such pieces, and writing to a string cannot fail"
)]

use super::csv::{self, FigureData};
use super::figure::{DIGITS, Figure};
use super::gallery::{Gallery, csv_rows};
use super::markup::escape;
use super::page::{Block, Fold, Page, Provenance, Section, Table, Tone, Verdict};
use super::palette::PALETTE;
use super::terms::Terms;
use super::{REPORT_FILE, links};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

const STYLE: &str = include_str!("../../assets/report.css");
/// The script of the page, in the order in which its parts use each other.
const SCRIPT: [&str; 6] = [
    include_str!("../../assets/script/base.js"),
    include_str!("../../assets/script/marks.js"),
    include_str!("../../assets/script/panel.js"),
    include_str!("../../assets/script/heat.js"),
    include_str!("../../assets/script/tiles.js"),
    include_str!("../../assets/script/page.js"),
];
/// Apache ECharts, whole and minified; assets/README.md has version and hash.
const ECHARTS: &[u8] = include_bytes!("../../assets/echarts.min.js.gz");
/// Digits that a number on the page keeps.
const DIGITS_KEPT: usize = 5;

/// What lies beside a page.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The folder of the page, with figures/ in it.
    pub folder: &'a Path,
    /// Which figures have data there.
    pub data: FigureData,
}

/// The page. `beside`: what lies beside it; `None`: it stands alone.
pub fn render(page: &Page, beside: Option<Beside<'_>>) -> String {
    let mut html = String::with_capacity(2 << 20);
    let frame = Frame { page, beside };
    let title = escape(&page.title);
    html.push_str(
        "<!doctype html>\n<html lang=\"en\" data-theme=\"light\">\n<head>\n<meta charset=\"utf-8\">\n",
    );
    html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // Whatever should slip through could still load nothing and reach nobody.
    html.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:\">\n",
    );
    html.push_str(&format!("<title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n"));
    html.push_str(&format!(
        "<header>\n<h1>{title}</h1>\n<p class=\"subtitle\">{}</p>\n</header>\n",
        escape(&page.subtitle)
    ));
    html.push_str("<nav aria-label=\"Sections\"><div>\n");
    for section in &page.sections {
        html.push_str(&format!("<a href=\"#{}\">{}</a>\n", escape(&section.id), escape(&section.title)));
    }
    html.push_str("<button type=\"button\" id=\"theme\">☾ dark</button>\n</div></nav>\n<main>\n");
    html.push_str("<noscript><p>The figures of this page are drawn by a script that it carries with it. Without scripts, see the folder figures/.</p></noscript>\n");
    let mut body = Body { figures: Vec::new(), terms: Terms::new() };
    for section in &page.sections {
        push_section(&mut html, section, &mut body, frame);
    }
    html.push_str("</main>\n<footer>\n");
    for note in &page.notes {
        html.push_str(&format!("<p>Note: {}</p>\n", escape(note)));
    }
    html.push_str(&format!("<p>{}</p>\n</footer>\n", provenance(&page.provenance)));
    let data = json!({
        "figures": body.figures,
        "palette": PALETTE,
        "digits": std::str::from_utf8(DIGITS).unwrap_or_default(),
    });
    html.push_str(&format!("<script type=\"application/json\" id=\"figures\">{}</script>\n", embed(&data)));
    html.push_str(&format!(
        "<script>{}</script>\n<script>\n(() => {{\n\"use strict\";\n{}}})();\n</script>\n</body>\n</html>\n",
        echarts(),
        SCRIPT.concat()
    ));
    html
}

/// JSON as it may stand in a script element. Angle brackets and ampersands occur inside strings alone.
fn embed(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn echarts() -> String {
    let mut script = String::new();
    // The archive is part of the program: a test reads it.
    let read = GzDecoder::new(ECHARTS).read_to_string(&mut script);
    if read.is_ok() { script } else { String::new() }
}

/// What the parts of a page gather, from top to bottom.
struct Body {
    /// The figures that the script draws.
    figures: Vec<Value>,
    /// The terms that have been explained.
    terms: Terms,
}

/// What every part of a page may ask for.
#[derive(Clone, Copy)]
struct Frame<'a> {
    page: &'a Page,
    beside: Option<Beside<'a>>,
}

impl Frame<'_> {
    /// The line under a figure: what made it, and its files, given as (what it is of, id, rows of its data).
    fn foot(self, section: &Section, files: &[(String, &str, usize)]) -> String {
        let made = provenance(section.provenance.as_ref().unwrap_or(&self.page.provenance));
        let mut html = format!("<p class=\"provenance\"><span>{made}</span>");
        if let Some(beside) = self.beside {
            html.push_str("<span>");
            for (name, id, rows) in files {
                html.push_str(&escape(name));
                push_links(&mut html, id, beside.data.includes(*rows));
            }
            html.push_str("</span>");
        }
        html + "</p>\n</figure>\n"
    }
}

/// Links to the files of a figure; data that was left out says how it is had.
fn push_links(html: &mut String, id: &str, has_data: bool) {
    let id = escape(id);
    for kind in ["svg", "png"].into_iter().chain(has_data.then_some("csv")) {
        html.push_str(&format!("<a href=\"figures/{id}.{kind}\">{}</a> ", kind.to_uppercase()));
    }
    if !has_data {
        html.push_str("CSV with <code>--figure-data</code> ");
    }
}

fn push_section(html: &mut String, section: &Section, body: &mut Body, frame: Frame<'_>) {
    let id = if section.id.is_empty() { String::new() } else { format!(" id=\"{}\"", escape(&section.id)) };
    html.push_str(&format!("<section{id}>\n"));
    if !section.title.is_empty() {
        html.push_str(&format!("<h2>{}</h2>\n", escape(&section.title)));
    }
    if !section.lead.is_empty() {
        html.push_str(&format!("<p class=\"lead\">{}</p>\n", body.terms.explained(&section.lead)));
    }
    for block in &section.blocks {
        match block {
            Block::Figure(figure) if figure.is_still => {}
            Block::Figure(figure) => {
                push_figure(html, figure, body, section, frame);
                body.figures.push(rounded(serde_json::to_value(figure).unwrap_or_default()));
            }
            Block::Gallery(gallery) => push_gallery(html, gallery, section, frame),
            Block::Table(table) => push_table(html, table),
            Block::Verdicts(verdicts) => push_verdicts(html, verdicts),
            Block::Fold(fold) => push_fold(html, fold, body, frame),
        }
    }
    html.push_str("</section>\n");
}

fn push_fold(html: &mut String, fold: &Fold, body: &mut Body, frame: Frame<'_>) {
    html.push_str(&format!(
        "<details id=\"{}\">\n<summary><b>{}</b> <small>{}</small></summary>\n",
        escape(&fold.id),
        escape(&fold.title),
        escape(&fold.note)
    ));
    if let (Some(run), Some(beside)) = (&fold.run, frame.beside) {
        let link = match links::address(beside.folder, &run.join(REPORT_FILE)) {
            Some(address) => format!("<a href=\"{}\">The report of this run alone</a>", escape(&address)),
            None => format!(
                "<code>featurescope report {}</code> makes its own report.",
                escape(&run.display().to_string())
            ),
        };
        html.push_str(&format!("<p>{link}</p>\n"));
    }
    for section in &fold.sections {
        push_section(html, section, body, frame);
    }
    html.push_str("</details>\n");
}

fn push_figure(html: &mut String, figure: &Figure, body: &mut Body, section: &Section, frame: Frame<'_>) {
    let takeaway = match figure.takeaway.as_str() {
        "" => String::new(),
        takeaway => format!("<p class=\"takeaway\">{}</p>", body.terms.explained(takeaway)),
    };
    html.push_str(&format!(
        "<figure id=\"figure-{}\" data-figure=\"{}\">\n<figcaption><h3>{}</h3>{takeaway}<p>{}</p></figcaption>\n",
        escape(&figure.id),
        body.figures.len(),
        escape(&figure.title),
        body.terms.explained(&figure.caption)
    ));
    html.push_str(
        "<div class=\"legend\" role=\"group\" aria-label=\"Legend\"></div>\n<div class=\"panels\"></div>\n",
    );
    let is_still_of_it = |still: &&Figure| still.is_still && still.id.starts_with(&figure.id);
    let files: Vec<(String, &str, usize)> = if figure.is_live {
        let stills = frame.page.figures().map(|found| found.0).filter(is_still_of_it);
        stills
            .map(|still| (format!("{} ", still.panels_name()), still.id.as_str(), csv::rows(still)))
            .collect()
    } else {
        vec![(String::new(), figure.id.as_str(), csv::rows(figure))]
    };
    html.push_str(&frame.foot(section, &files));
}

fn push_gallery(html: &mut String, gallery: &Gallery, section: &Section, frame: Frame<'_>) {
    let id = escape(&gallery.id);
    html.push_str(&format!(
        "<figure id=\"figure-{id}\">\n<figcaption><h3>{}</h3><p>{}</p></figcaption>\n<div class=\"gallery\">\n",
        escape(&gallery.title),
        escape(&gallery.caption)
    ));
    for row in &gallery.rows {
        html.push_str(&format!(
            "<h4>{}<small>{}</small></h4>\n<div class=\"tiles\">",
            escape(&row.name),
            escape(&row.note)
        ));
        for picture in &row.pictures {
            let label = escape(&picture.label);
            html.push_str(&format!("<img src=\"{}\" alt=\"{label}\" title=\"{label}\">", picture.address()));
        }
        html.push_str("</div>\n");
    }
    html.push_str("</div>\n");
    html.push_str(&frame.foot(section, &[(String::new(), &gallery.id, csv_rows(gallery))]));
}

impl Figure {
    /// What a still says it is of: the part of its title after the colon.
    fn panels_name(&self) -> &str {
        self.title.split_once(": ").map_or("", |(_, name)| name)
    }
}

fn provenance(provenance: &Provenance) -> String {
    format!(
        "<code>{}</code> · {} · featurescope {}",
        escape(&provenance.command),
        escape(&provenance.source),
        env!("CARGO_PKG_VERSION")
    )
}

fn push_table(html: &mut String, table: &Table) {
    html.push_str(&format!(
        "<div class=\"table\"><table>\n<caption>{}</caption>\n<thead><tr>",
        escape(&table.title)
    ));
    for column in &table.columns {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escape(column)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (c, cell) in row.iter().enumerate() {
            let link = cell.strip_prefix('#').and_then(|link| link.split_once('|'));
            match (c, link) {
                (0, _) => html.push_str(&format!("<th scope=\"row\">{}</th>", escape(cell))),
                (_, Some((id, words))) => {
                    html.push_str(&format!("<td><a href=\"#{}\">{}</a></td>", escape(id), escape(words)));
                }
                _ => {
                    let class = match cell.as_str() {
                        "supported" | "refuted" | "undecided" => format!(" class=\"word-{cell}\""),
                        "no test" => " class=\"word-no-test\"".to_owned(),
                        _ => String::new(),
                    };
                    html.push_str(&format!("<td{class}>{}</td>", escape(cell).replace('\n', "<br>")));
                }
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>");
    if !table.note.is_empty() {
        html.push_str(&format!("<p>{}</p>", escape(&table.note)));
    }
    html.push_str("</div>\n");
}

fn push_verdicts(html: &mut String, verdicts: &[Verdict]) {
    html.push_str("<div class=\"verdicts\">\n");
    for verdict in verdicts {
        let tone = match verdict.tone {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Neutral => "neutral",
        };
        html.push_str(&format!(
            "<div class=\"verdict {tone}\"><b>{}</b><em>{}</em><p>{}</p></div>\n",
            escape(&verdict.name),
            escape(&verdict.word),
            escape(&verdict.text)
        ));
    }
    html.push_str("</div>\n");
}

/// Numbers with no more digits than a picture can show.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = number.as_f64().unwrap_or(f64::NAN);
            let short: f64 = format!("{exact:.*e}", DIGITS_KEPT - 1).parse().unwrap_or(exact);
            if short == short.trunc() && short.abs() < 1e15 {
                Value::from(short as i64)
            } else {
                Value::from(short)
            }
        }
        Value::Array(items) => Value::Array(items.into_iter().map(rounded).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, rounded(value))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{
        Axis, Colour, Entry, Frame, Heat, Line, Mark, Panel, PlotLayer, Points, Shape, Stroke,
    };

    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=\"alert('2')\"><!--";

    /// A page with something hostile in every string.
    fn hostile() -> Page {
        let text = || HOSTILE.to_owned();
        let layers = vec![
            PlotLayer::Line(Line {
                keys: vec![text()],
                ..Line::new(text(), HOSTILE, Colour::Ink, vec![[0.0, 1.0]])
            }),
            PlotLayer::Points(Points {
                name: text(),
                keys: vec![text()],
                colour: Colour::Hue(3),
                points: vec![[0.0, 1.0]],
                labels: vec![text()],
                size: 3.0,
                shape: Shape::Diamond,
            }),
            PlotLayer::Heat(Heat {
                name: text(),
                row_word: text(),
                rows: vec![0],
                column_word: text(),
                columns: vec![0],
                frames: vec![Frame { step: 0, label: text(), moment: Some("end"), digits: "_".to_owned() }],
            }),
        ];
        let mark = Mark { on_x: true, at: 0.0, label: text(), colour: Colour::Ink, keys: vec![text()] };
        let panel = Panel {
            title: text(),
            note: text(),
            x: Axis::linear(HOSTILE),
            y: Axis::log(HOSTILE),
            layers,
            marks: vec![mark],
            span: 1,
        };
        let entry = Entry { key: text(), name: text(), colour: Colour::Ink, stroke: Stroke::Solid };
        let figure = Figure {
            id: text(),
            title: text(),
            caption: text(),
            takeaway: text(),
            legend: vec![entry],
            panels: vec![panel],
            columns: 1,
            ..Figure::default()
        };
        let table = Table {
            title: text(),
            columns: vec![text()],
            rows: vec![vec![text(), text(), format!("#{HOSTILE}|{HOSTILE}")]],
            note: text(),
        };
        let fold =
            Fold { id: text(), title: text(), note: text(), run: Some(HOSTILE.into()), sections: Vec::new() };
        let verdict = Verdict { name: text(), word: text(), text: text(), tone: Tone::Good };
        Page {
            title: text(),
            subtitle: text(),
            provenance: Provenance { command: text(), source: text() },
            sections: vec![Section {
                id: text(),
                title: text(),
                lead: text(),
                provenance: None,
                blocks: vec![
                    Block::Figure(figure),
                    Block::Table(table),
                    Block::Verdicts(vec![verdict]),
                    Block::Fold(fold),
                ],
            }],
            notes: vec![text()],
        }
    }

    #[test]
    fn no_string_of_a_page_becomes_markup() {
        let html = render(&hostile(), Some(Beside { folder: Path::new("."), data: FigureData::All }));
        assert!(
            !html.contains("<script>alert") && !html.contains("<img src=x") && !html.contains("onerror=\"")
        );
        // Three scripts of our own, no more.
        assert_eq!(html.matches("<script").count() - echarts().matches("<script").count(), 3);
        assert_eq!(html.matches("</script").count(), 3);
        assert!(
            !echarts().contains("</script") && !echarts().contains("<!--") && echarts().len() > 1_000_000
        );
        // The JSON still holds what was written.
        let start = html.find("id=\"figures\">").unwrap() + "id=\"figures\">".len();
        let json = &html[start..start + html[start..].find("</script").unwrap()];
        let data: Value = serde_json::from_str(json).unwrap();
        assert_eq!(data["figures"][0]["panels"][0]["layers"][1]["labels"][0], HOSTILE);
    }

    #[test]
    fn numbers_keep_five_digits() {
        let value = rounded(json!([0.123_456_789, 3.0, 1.0e-9, f64::NAN, 1_234_567.8, "a"]));
        assert_eq!(value.to_string(), "[0.12346,3,1e-9,null,1234600,\"a\"]");
    }
}
