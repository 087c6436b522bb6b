//! Filters, units and views as small pictures.

use super::stored::{StoredArm, StoredRun};
use crate::measure::chroma;
use featurescope_lab::report::figure::slug;
use featurescope_lab::report::gallery::{Gallery, GalleryRow, Picture};
use featurescope_lab::report::page::show;

/// Filters of a row.
const MOST_FILTERS: usize = 24;
/// Moments of training that are shown: the first, the last and some between.
const MOST_MOMENTS: usize = 5;
/// Units of a row.
const MOST_UNITS: usize = 24;

/// A filter stretched so that 0 is grey and its largest entry black or white.
fn stretched(filter: &[f32], side: [usize; 2], label: String) -> Picture {
    let largest = filter.iter().fold(0.0f32, |l, &v| l.max(v.abs())).max(f32::MIN_POSITIVE);
    let planes: Vec<f32> = filter.iter().map(|&v| 0.5 + 0.5 * v / largest).collect();
    Picture::from_planes(&planes, side, label)
}

pub(super) fn filters(run: &StoredRun) -> Vec<Gallery> {
    run.arms.iter().filter_map(filters_of).collect()
}

fn filters_of(arm: &StoredArm) -> Option<Gallery> {
    let stored = &arm.seeds.first()?.filters;
    let (_, last) = stored.last()?;
    let side = [last.shape[3], last.shape[2]];
    // The same filters at all moments: those that are largest at the end.
    let energy = |filter: &[f32]| filter.iter().map(|v| v * v).sum::<f32>();
    let mut order: Vec<(usize, f32)> = last.parts().map(energy).enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let chosen: Vec<usize> = order.iter().take(MOST_FILTERS).map(|filter| filter.0).collect();
    let moments = stored.len().min(MOST_MOMENTS);
    let moment = |k: usize| if moments == 1 { 0 } else { k * (stored.len() - 1) / (moments - 1) };
    let rows = (0..moments).map(moment).map(|index| {
        let (epoch, array) = &stored[index];
        let parts: Vec<&[f32]> = array.parts().collect();
        let share = parts.iter().map(|filter| chroma::of_filter(filter)).sum::<f64>() / parts.len() as f64;
        let picture = |&filter: &usize| {
            let label = format!("filter {filter}, chroma {}", show(Some(chroma::of_filter(parts[filter]))));
            stretched(parts[filter], side, label)
        };
        GalleryRow {
            name: format!("epoch {epoch}"),
            note: format!("chroma share {}", show(Some(share))),
            pictures: chosen.iter().map(picture).collect(),
        }
    });
    Some(Gallery {
        id: format!("filters-{}", slug(&arm.name)),
        title: format!("First-layer filters: {}", arm.name),
        caption: "Each stretched on its own: grey is 0. The same filters in all rows, those with the largest norm at the \
                  end first."
            .to_owned(),
        rows: rows.collect(),
    })
}

pub(super) fn units(run: &StoredRun) -> Option<Gallery> {
    let row = |arm: &StoredArm| {
        let seed = arm.seeds.first()?;
        let units = seed.array("units")?;
        let (channels, reached) = (seed.array("unit_channels")?, seed.array("unit_activations")?);
        let side = [units.shape[3], units.shape[2]];
        let pictures = units.parts().zip(channels.values.iter().zip(&reached.values)).take(MOST_UNITS);
        let pictures = pictures.map(|(planes, (unit, reached))| {
            let share = show(Some(chroma::of_picture(planes)));
            Picture::from_planes(planes, side, format!("unit {unit}: reaches {reached:.2}, chroma {share}"))
        });
        Some(GalleryRow {
            name: arm.name.clone(),
            note: format!("{} units, chroma share {}", channels.values.len(), show(seed.unit_chroma())),
            pictures: pictures.collect(),
        })
    };
    let rows: Vec<GalleryRow> = run.arms.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| Gallery {
        id: "units".to_owned(),
        title: "What units of the last layer look for".to_owned(),
        caption: "The units whose activation varies most over test pictures, of the first seed; units that never change are \
                  left out. Pictures found by gradient ascent with random shifts, a decorrelated colour and frequency \
                  parametrisation, bounded contrast and a penalty on total variation. The chroma energy share is the part \
                  of a picture's variation around its mean brightness that is colour."
            .to_owned(),
        rows,
    })
}

pub(super) fn views(run: &StoredRun) -> Option<Gallery> {
    let rows = |arm: &StoredArm| -> Option<Vec<GalleryRow>> {
        let views = arm.seeds.first()?.array("views")?;
        let seen = if arm.arm.objective.is_supervised() { 1 } else { 2 };
        let side = [views.shape[3], views.shape[2]];
        let all: Vec<Picture> = views.parts().map(|planes| Picture::from_planes(planes, side, "")).collect();
        let halves = all.chunks(all.len().div_ceil(2).max(1)).zip(["one view", "the other"]).take(seen);
        Some(
            halves
                .map(|(pictures, note)| GalleryRow {
                    name: arm.name.clone(),
                    note: note.to_owned(),
                    pictures: pictures.to_vec(),
                })
                .collect(),
        )
    };
    let rows: Vec<GalleryRow> = run.arms.iter().filter_map(rows).flatten().collect();
    (!rows.is_empty()).then(|| Gallery {
        id: "views".to_owned(),
        title: "Sample views".to_owned(),
        caption: "Supervised training sees one view of each picture.".to_owned(),
        rows,
    })
}
