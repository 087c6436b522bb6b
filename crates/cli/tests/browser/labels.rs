//! No label covers another, legends look like what they name, and hovering loses no curve.

use super::{BLANK, browser, open_page, page_of};
use featurescope_lab::report::figure::{
    Axis, Colour, Entry, Figure, Line, Mark, Panel, PlotLayer, Points, Shape, Stroke,
};
use serde_json::json;

/// Pairs of texts of a chart that cover each other.
pub const COVERED: &str = "[...document.querySelectorAll('.chart svg')].flatMap((svg) => {
    const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim()).map((t) => [t.textContent, t.getBoundingClientRect()]);
    const pairs = texts.flatMap((a, i) => texts.slice(i + 1).map((b) => [a, b]));
    const touch = ([, a], [, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
    return pairs.filter(([a, b]) => touch(a, b)).map(([a, b]) => [a[0], b[0]]);
})";

fn mark(at: f64, label: &str, hue: usize, on_x: bool) -> Mark {
    let keys = vec![format!("arm{hue}")];
    Mark { on_x, at, label: label.to_owned(), colour: Colour::Hue(hue), keys }
}

fn line(hue: usize, points: Vec<[f64; 2]>) -> PlotLayer {
    PlotLayer::Line(Line::new(format!("arm{hue}"), &format!("arm{hue}"), Colour::Hue(hue), points))
}

/// A panel over a thousand steps, with the ends of the stages of three arms so far apart.
fn stages(distance: f64) -> Panel {
    let arms = [(0, 400.0), (1, 400.0 + distance), (2, 400.0 + 2.0 * distance)];
    let marks = arms.iter().flat_map(|&(hue, at)| {
        [
            mark(at, "T1", hue, true),
            mark(at + 0.5 * distance, "T2", hue, true),
            mark(0.5 + distance / 1000.0, ".7", hue, false),
        ]
    });
    Panel {
        title: format!("{distance} apart"),
        x: Axis::linear("step").between(0.0, 1000.0),
        y: Axis::linear("value"),
        layers: (0..3).map(|hue| line(hue, vec![[0.0, 0.0], [1000.0, 1.0 + hue as f64]])).collect(),
        marks: marks.collect(),
        span: 1,
        ..Panel::default()
    }
}

#[test]
fn labels_of_stages_never_cover_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let panels: Vec<Panel> = [0.0, 1.0, 5.0, 12.0, 20.0, 35.0, 50.0, 80.0, 120.0, 200.0].map(stages).into();
    let count = panels.len();
    open_page(&mut page, folder.path(), &page_of(Figure { panels, columns: 3, ..Figure::default() }));
    assert_eq!(page.evaluate(BLANK), json!([]));
    // Narrow panels too.
    for width in [1400, 800, 390] {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", size);
        page.wait(&format!("document.documentElement.clientWidth === {width} && document.querySelector('.chart svg').getBoundingClientRect().width < {width}"));
        assert_eq!(page.evaluate(COVERED), json!([]), "at a width of {width}");
        let named = "[...document.querySelectorAll('.chart svg')].filter((svg) => ['T1', 'T2'].every((word) => [...svg.querySelectorAll('text')].some((t) => t.textContent.includes(word)))).length";
        assert_eq!(page.evaluate(named), json!(count), "every panel names both stages");
    }
    // With room enough every line has its own label again.
    let last = "[...[...document.querySelectorAll('.chart svg')].at(-1).querySelectorAll('text')].filter((t) => ['T1', 'T2'].includes(t.textContent)).length";
    page.call("Emulation.clearDeviceMetricsOverride", json!({}));
    page.wait(&format!("{last} >= 5"));
}

#[test]
fn a_legend_entry_has_the_shape_and_colour_of_what_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let points = |key: &str, shape, at: f64| {
        PlotLayer::Points(Points {
            name: key.to_owned(),
            keys: vec![key.to_owned()],
            colour: Colour::Hue(0),
            points: vec![[at, 1.0]],
            labels: Vec::new(),
            size: 7.0,
            shape,
        })
    };
    let entry = |key: &str, shape: Shape| Entry {
        key: key.to_owned(),
        name: key.to_owned(),
        colour: Colour::Hue(0),
        stroke: shape.into(),
    };
    let panel = Panel {
        x: Axis::linear("x"),
        y: Axis::linear("y"),
        layers: vec![points("one", Shape::Dot, 0.0), points("several", Shape::Diamond, 1.0)],
        span: 1,
        ..Panel::default()
    };
    let figure = Figure {
        legend: vec![entry("one", Shape::Dot), entry("several", Shape::Diamond)],
        panels: vec![panel],
        columns: 1,
        ..Figure::default()
    };
    open_page(&mut page, folder.path(), &page_of(figure));
    // Corners of an outline: a diamond has four straight sides, a dot has none.
    page.evaluate("window.sides = (node) => (node.getAttribute('d') || '').replace(/[^Ll]/g, '').length");
    let legend = "[...document.querySelectorAll('.legend svg')].map((svg) => [svg.dataset.shape, svg.querySelectorAll('circle').length, ...[...svg.querySelectorAll('path')].map(sides)])";
    assert_eq!(page.evaluate(legend), json!([["dot", 1], ["diamond", 0, 3]]));
    let plotted = "[...document.querySelectorAll('.chart svg path')].filter((p) => p.getAttribute('fill') === '#0072b2').map((p) => sides(p) > 2)";
    assert_eq!(page.evaluate(plotted), json!([false, true]));
}

#[test]
fn hovering_at_a_step_of_one_arm_keeps_the_others_with_their_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let theory = Line::new("floor", "theory", Colour::Ink, vec![[0.0, 2.0], [100.0, 4.0]]);
    let panel = Panel {
        x: Axis::linear("step").between(0.0, 100.0),
        y: Axis::linear("loss"),
        layers: vec![
            line(0, vec![[0.0, 1.0], [50.0, 0.5], [100.0, 0.25]]),
            line(1, vec![[0.0, 3.0], [20.0, 2.5], [100.0, 2.0]]),
            line(2, vec![[80.0, 9.0], [100.0, 8.0]]),
            PlotLayer::Line(theory.styled(Stroke::Dashed, "theory")),
        ],
        span: 1,
        ..Panel::default()
    };
    open_page(
        &mut page,
        folder.path(),
        &page_of(Figure { panels: vec![panel], columns: 1, ..Figure::default() }),
    );
    let place = page.evaluate("(() => { const r = document.querySelector('.chart').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()");
    let [x, y, width, height] = [0, 1, 2, 3].map(|i| place[i].as_f64().expect("a number"));
    let at = x + 62.0 + (width - 80.0) * 0.5;
    for shift in [3.0, 0.0] {
        page.call(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": at + shift, "y": y + height / 2.0 }),
        );
    }
    page.wait("document.querySelector('.chart').textContent.includes('step 50')");
    let said = page.evaluate("document.querySelector('.chart > div:last-child').innerText");
    let said = said.as_str().expect("text");
    for expected in ["arm0 0.5", "arm1 2.5 (step 20)", "floor 3"] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(!said.contains("arm2"), "an arm without an earlier value has none: {said}");
}
