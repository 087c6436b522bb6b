//! What one reading of a layer leaves: a row of `records.parquet`.

use crate::diagnose::Finding;
use crate::report::diagnostics::{Collapse, Neighbourhood};
use featurescope_sim::measure::{AxisKind, Column, Place};

/// A recorded figure.
struct Figure {
    column: Column,
    read: fn(&Finding) -> Option<f64>,
}

const fn figure(column: Column, read: fn(&Finding) -> Option<f64>) -> Figure {
    Figure { column, read }
}

const FIGURES: [Figure; 12] = [
    figure(
        Column::new(
            "effective_rank_centred",
            "directions",
            "Effective rank (RankMe, Garrido et al. 2023) after the mean is taken away.",
        )
        .shown(Place::Curve, "Effective rank", "directions", AxisKind::Count),
        |found| Some(found.diagnosis.centred_rank),
    ),
    figure(
        Column::new("dead_neurons", "neurons", "Neurons that are zero on every sample.").shown(
            Place::Curve,
            "Dead neurons",
            "neurons",
            AxisKind::Count,
        ),
        |found| Some(found.diagnosis.dead as f64),
    ),
    figure(
        Column::new("firing_rate", "fraction", "Share of (sample, neuron) pairs that are not zero.").shown(
            Place::Curve,
            "Firing",
            "share of the pairs",
            AxisKind::Share,
        ),
        |found| Some(found.diagnosis.firing_rate),
    ),
    figure(
        Column::new(
            "alignment",
            "squared distance",
            "Mean squared distance of two views' directions (Wang & Isola 2020); not defined without views.",
        )
        .shown(Place::Curve, "Alignment", "squared distance", AxisKind::Free),
        |found| Some(found.diagnosis.alignment?.value),
    ),
    figure(
        Column::new(
            "uniformity",
            "1",
            "ln E exp(−2‖u − u′‖²) over pairs of samples' directions (Wang & Isola 2020).",
        )
        .shown(Place::Curve, "Uniformity", "ln E exp(−2‖u − u′‖²)", AxisKind::Free),
        |found| Some(found.diagnosis.uniformity),
    ),
    figure(
        Column::new(
            "nearest_neighbours",
            "accuracy",
            "k-nearest-neighbour accuracy by cosine, leave one out; not defined without classes.",
        )
        .shown(Place::Curve, "Nearest neighbours", "accuracy", AxisKind::Share),
        |found| match found.diagnosis.neighbours.as_ref()? {
            Neighbourhood::Judged { accuracy, .. } => Some(accuracy.value),
            Neighbourhood::NotJudged(_) => None,
        },
    ),
    figure(
        Column::new(
            "probe",
            "accuracy or R²",
            "Score of a linear rule on held-out samples; not defined without labels.",
        )
        .shown(Place::Curve, "Linear probe", "accuracy or R²", AxisKind::Free),
        |found| Some(found.probe.as_ref()?.as_ref().ok()?.score),
    ),
    figure(
        Column::new("effective_rank", "directions", "Effective rank of the features as they are."),
        |found| Some(found.diagnosis.rank),
    ),
    figure(
        Column::new(
            "available_directions",
            "directions",
            "Directions that could be used: the smaller of samples less one and neurons.",
        ),
        |found| Some(found.diagnosis.available as f64),
    ),
    figure(
        Column::new(
            "varying_energy_fraction",
            "fraction",
            "Share of the energy that varies between samples: 1 − ‖E f‖²/E‖f‖².",
        ),
        |found| Some(found.diagnosis.variation),
    ),
    figure(
        Column::new("silent_fraction", "fraction", "Share of the samples with the zero representation."),
        |found| Some(found.diagnosis.silent),
    ),
    figure(
        Column::new(
            "collapse",
            "1",
            "0: none, 1: dimensional, 2: complete, by the rules of the diagnostics panel.",
        ),
        |found| {
            Some(match found.diagnosis.collapse() {
                Collapse::None => 0.0,
                Collapse::Dimensional => 1.0,
                Collapse::Complete => 2.0,
            })
        },
    ),
];

const SECONDS: Column =
    Column::new("seconds", "seconds", "Wall time that this reading of all layers took from the training.");

/// The columns of `records.parquet`, after `step`.
pub fn columns() -> Vec<Column> {
    FIGURES.iter().map(|figure| figure.column).chain([SECONDS]).collect()
}

/// The row of a layer, in the order of the columns; what is not defined is NaN.
pub(super) fn row(finding: &Finding, seconds: f64) -> Vec<f64> {
    let figures = FIGURES.iter().map(|figure| (figure.read)(finding).unwrap_or(f64::NAN));
    figures.chain([seconds]).collect()
}
