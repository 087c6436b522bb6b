//! ▶ play: one clock for all matrices of a page, and every picture is whole at every tick.

use super::{READY, browser, page_of};
use featurescope_lab::report::figure::{Axis, Figure, Frame, Heat, Panel, PlotLayer, digit};
use featurescope_lab::report::html::render;
use serde_json::{Value, json};
use std::fs;

/// Neurons and atoms: as many cells as are drawn piece by piece where they are drawn one by one.
const WIDTH: usize = 300;
const ATOMS: usize = 64;

/// A panel with a matrix at these steps, none of which looks like another.
fn panel(name: &str, seed: usize, steps: &[u64]) -> Panel {
    let value =
        |step: u64, cell: usize| ((cell * 7919 + step as usize * 104_729 + seed * 31) % 997) as f32 / 996.0;
    let frame = |&step: &u64| Frame {
        step,
        label: format!("step {step}"),
        moment: None,
        digits: (0..WIDTH * ATOMS).map(|cell| digit(value(step, cell))).collect(),
    };
    let heat = Heat {
        name: "|cos|".to_owned(),
        row_word: "atom".to_owned(),
        rows: (0..ATOMS as u32).collect(),
        column_word: "neuron".to_owned(),
        columns: (0..WIDTH as u32).collect(),
        frames: steps.iter().map(frame).collect(),
    };
    Panel {
        title: name.to_owned(),
        x: Axis::linear("neurons"),
        y: Axis::linear("atom"),
        layers: vec![PlotLayer::Heat(heat)],
        span: 1,
        ..Panel::default()
    }
}

fn figure(id: &str, panels: Vec<Panel>) -> Figure {
    Figure { id: id.to_owned(), panels, columns: 2, is_live: true, ..Figure::default() }
}

/// What the test reads in the page: at every tick, at once, what every panel says and shows.
const WATCH: &str = "
    window.panels = [...document.querySelectorAll('.panel')];
    window.picture = (panel) => panel.querySelector('canvas').toDataURL();
    window.said = (panel) => panel.querySelector('output').textContent;
    window.ticks = [];
    document.addEventListener('clock', ({ detail }) => ticks.push({
        step: detail,
        faces: [...document.querySelectorAll('output.clock')].map((o) => o.textContent),
        said: panels.map(said),
        pictures: panels.map(picture),
    }));
    [...document.querySelectorAll('button.play')].at(-1).click();
";

/// The picture of a panel with a frame set by hand.
const BY_HAND: &str = "window.byHand = (panel, frame) => {
    const slider = panels[panel].querySelector('input');
    slider.value = frame;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    return picture(panels[panel]);
}";

#[test]
fn every_matrix_shows_the_same_step_and_is_whole_at_every_tick() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let steps: [&[u64]; 3] = [&[0, 10, 40, 60], &[0, 20, 40], &[5, 30]];
    let mut contents = page_of(figure("one", vec![panel("a", 1, steps[0]), panel("b", 2, steps[1])]));
    contents.sections.extend(page_of(figure("two", vec![panel("c", 3, steps[2])])).sections);
    let path = folder.path().join("page.html");
    fs::write(&path, render(&contents, None)).expect("written");
    page.open(&path, READY);
    page.evaluate(WATCH);
    page.wait("document.querySelector('button.play').textContent === '▶ play' && ticks.length > 1");

    let ticks = page.evaluate("ticks");
    let ticks: &Vec<Value> = ticks.as_array().expect("ticks");
    let union = [0u64, 5, 10, 20, 30, 40, 60];
    assert_eq!(ticks.iter().map(|tick| tick["step"].as_u64()).collect::<Vec<_>>(), union.map(Some));
    page.evaluate(BY_HAND);
    let mut compared = 0;
    for (tick, step) in ticks.iter().zip(union) {
        assert_eq!(tick["faces"], json!([format!("step {step}"), format!("step {step}")]));
        for (index, own) in steps.iter().enumerate() {
            let said = tick["said"][index].as_str().expect("text");
            let Some(frame) = own.iter().rposition(|&at| at <= step) else {
                assert_eq!(said, format!("step {step} (none stored yet)"));
                continue;
            };
            let stored = own[frame];
            let expected = if stored == step {
                format!("step {step}")
            } else {
                format!("step {step} (stored at {stored})")
            };
            assert_eq!(said, expected, "panel {index}");
            let by_hand = page.evaluate(&format!("byHand({index}, {frame})"));
            assert!(
                tick["pictures"][index] == by_hand,
                "panel {index} at step {step} is not its frame {frame}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 20, "every panel at every tick but one that had nothing yet");
    // Different frames are different pictures, so that the comparison can fail.
    let all = "new Set([0, 1, 2, 3].map((frame) => byHand(0, frame))).size";
    assert_eq!(page.evaluate(all), 4);
    assert_eq!(page.problems(), Vec::<String>::new());
}

#[test]
fn hovering_a_matrix_names_the_cell_under_the_pointer() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut page) = browser(&folder.path().join("profile")) else { return };
    let path = folder.path().join("page.html");
    fs::write(&path, render(&page_of(figure("one", vec![panel("a", 1, &[0, 7])])), None)).expect("written");
    page.open(&path, READY);
    let place = page.evaluate("(() => { const r = document.querySelector('.chart').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()");
    let [x, y, width, height] = [0, 1, 2, 3].map(|i| place[i].as_f64().expect("a number"));
    // The plot without its margins; a neuron and an atom in its lower left.
    let at = (
        x + 50.0 + (width - 60.0) * 30.5 / WIDTH as f64,
        y + 8.0 + (height - 42.0) * (1.0 - 10.5 / ATOMS as f64),
    );
    for shift in [3.0, 0.0] {
        page.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": at.0 + shift, "y": at.1 }));
    }
    page.wait("document.querySelector('.chart').textContent.includes('neuron 30, atom 10')");
}
