//! Firing patterns and maps of the representations of test pictures.

use super::curves::entry;
use super::stored::{StoredArm, StoredRun};
use crate::arrays::Array;
use featurescope_lab::report::figure::{Colour, Figure};
use featurescope_lab::report::firing::{self, Sample};
use featurescope_lab::report::map::{self, Tag};
use featurescope_sim::math::Matrix;

fn matrix(array: &Array) -> Matrix {
    let cols = array.shape.iter().skip(1).product();
    Matrix::from_vec(array.shape[0], cols, array.values.clone())
}

/// An array of the end of an arm's first seed.
fn first<'a>(arm: &'a StoredArm, name: &str) -> Option<&'a Array> {
    arm.seeds.first()?.array(name)
}

pub(super) fn firing(run: &StoredRun) -> Option<Figure> {
    let stored: Vec<(&StoredArm, Matrix)> =
        run.arms.iter().filter_map(|arm| Some((arm, matrix(first(arm, "firing")?)))).collect();
    if stored.is_empty() {
        return None;
    }
    let samples: Vec<Sample<'_>> = (stored.iter())
        .map(|(arm, rows)| Sample {
            name: arm.name.clone(),
            key: arm.name.clone(),
            colour: Colour::Hue(arm.place),
            rows,
        })
        .collect();
    Some(Figure {
        id: "firing".to_owned(),
        title: "Firing patterns".to_owned(),
        caption: "Activations of the last rectified layer on test pictures, of the first seed.".to_owned(),
        legend: run.arms.iter().map(entry).collect(),
        panels: firing::panels(&samples),
        columns: 3,
        ..Figure::default()
    })
}

pub(super) fn maps(run: &StoredRun) -> Option<Figure> {
    let name = |class: i64| run.classes.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
    let mut panels = Vec::new();
    let mut classes = Vec::new();
    for arm in &run.arms {
        let (Some(features), Some(labels)) = (first(arm, "features"), first(arm, "labels")) else { continue };
        let tag = |label: &f32| {
            let class = *label as i64;
            Tag { class: Some(class), is_negative: false, label: name(class) }
        };
        let tags: Vec<Tag> = labels.values.iter().map(tag).collect();
        let rows = matrix(features);
        let candidates: Vec<usize> = (0..rows.rows()).collect();
        classes = map::coloured_classes(&tags, name);
        if let Some(embedding) = map::embed(&rows, &candidates) {
            panels.push(map::panel(&arm.name, &embedding, &tags, &classes));
        }
    }
    if panels.is_empty() {
        return None;
    }
    Some(Figure {
        id: "maps".to_owned(),
        title: "Representations of test pictures in the plane".to_owned(),
        caption:
            "Distances are 1 − cosine; the start is the first two principal components. Closeness means \
                  something, axes and the size of gaps do not."
                .to_owned(),
        legend: map::legend(&classes, run.classes.len() > classes.len()),
        panels,
        columns: 3,
        ..Figure::default()
    })
}
