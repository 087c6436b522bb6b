//! One sample of a run and its two views, drawn as the first training step drew them: x = M z + ξ, x⁺ and x⁺⁺.

use super::figure::{Axis, Bars, Colour, Figure, Panel, PlotLayer};
use super::stored::{ArmView, StoredRun};
use featurescope_sim::augment::Origin;
use featurescope_sim::data::DataModel;
use featurescope_sim::math::linalg::squared_norm;
use featurescope_sim::math::random::{Purpose, Stream};

/// Coordinates that are drawn at most.
const MOST_COORDINATES: usize = 256;
/// Entries of M that are loaded for a drawing at most.
const MOST_ENTRIES: usize = 1 << 24;
/// Rows that are looked through for a sample with two active atoms.
const ROWS: u32 = 64;

/// A sample, what it is made of, and what an arm makes of it.
#[derive(Debug)]
struct Drawn {
    code: Vec<f32>,
    noise: Vec<f32>,
    sample: Vec<f32>,
    views: [Vec<f32>; 2],
}

/// The figure; `None` where no arm has views in the space of the samples.
pub fn figure(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let shared = &run.run.plan.shared;
    if shared.ambient_dim().saturating_mul(shared.latent_dim()) > MOST_ENTRIES {
        return None;
    }
    // Two equal views show nothing, so an arm that has others comes first.
    let differs = |arm: &&ArmView<'_>| !arm.subject.spec().has_equal_views();
    let arm = arms.iter().find(differs).or_else(|| arms.first())?;
    let drawn = draw(arm, run.run.plan.seed)?;
    Some(Figure {
        id: "sample".to_owned(),
        title: "One sample and its views".to_owned(),
        caption: caption(arm.name(), shared.ambient_dim()),
        takeaway: takeaway(&drawn),
        panels: panels(&drawn),
        columns: 3,
        ..Figure::default()
    })
}

fn draw(arm: &ArmView<'_>, seed: u64) -> Option<Drawn> {
    let augmentation = arm.subject.spec().built_augmentation()?;
    if arm.subject.plan.is_reduced() || augmentation.whole_batches().is_some() {
        return None;
    }
    let model: &dyn DataModel = arm.subject.space().ok()?.as_ref();
    if model.training_samples().is_some() || model.whole_batches().is_some() {
        return None;
    }
    let [samples, masks] = [Purpose::POSITIVES, Purpose::MASKS].map(|purpose| Stream::new(seed, purpose, 0));
    let mut code = vec![0.0; model.latent_dim()];
    let row = chosen(model, &samples, &mut code);
    let mut noise = vec![0.0; model.ambient_dim()];
    model.draw_noise(&samples, row, &mut noise);
    let mut sample = noise.clone();
    model.dictionary().add_combination(&code, &mut sample);
    let (mut anchor, mut positive) = (sample.clone(), sample.clone());
    let atoms = model.dictionary().atoms();
    augmentation.views(&Origin { stream: &masks, row, atoms, code: &code }, &mut anchor, &mut positive);
    if augmentation.positive_is_anchor() {
        positive.clone_from(&anchor);
    }
    Some(Drawn { code, noise, sample, views: [anchor, positive] })
}

/// The first row with two active atoms or more, with its code; without one, the first row.
fn chosen(model: &dyn DataModel, stream: &Stream, code: &mut [f32]) -> u32 {
    for row in 0..ROWS {
        model.draw_latent(stream, row, code);
        if active(code) > 1 {
            return row;
        }
    }
    model.draw_latent(stream, 0, code);
    0
}

fn active(code: &[f32]) -> usize {
    code.iter().filter(|&&z| z != 0.0).count()
}

fn caption(arm: &str, ambient_dim: usize) -> String {
    let shown = if ambient_dim > MOST_COORDINATES {
        format!(" The first {MOST_COORDINATES} of {ambient_dim} coordinates are drawn.")
    } else {
        String::new()
    };
    format!(
        "A sample of the first training step. Its code z says which atoms are active. Signal M z and noise ξ add up to \
         the sample x. The two views are what arm {arm} compares.{shown}"
    )
}

/// What the drawing shows, in numbers.
fn takeaway(drawn: &Drawn) -> String {
    let signal: Vec<f32> = drawn.sample.iter().zip(&drawn.noise).map(|(x, noise)| x - noise).collect();
    let (signal, noise) = (squared_norm(&signal), squared_norm(&drawn.noise));
    let (count, atoms) = (active(&drawn.code), drawn.code.len());
    let first = match (count, noise / signal) {
        (0, _) => "No atom is active, so the sample is noise alone".to_owned(),
        (_, ratio) if !ratio.is_finite() || noise == 0.0 => format!("{count} of {atoms} atoms are active"),
        (_, ratio) => format!(
            "{count} of {atoms} atoms are active, and the noise has {ratio:.1} times the energy of their signal"
        ),
    };
    format!("{first}; {}.", overlap(&drawn.views))
}

/// What the views have in common.
fn overlap([anchor, positive]: &[Vec<f32>; 2]) -> String {
    if anchor == positive {
        return "both views are equal".to_owned();
    }
    let shared = anchor.iter().zip(positive).filter(|(a, b)| **a != 0.0 && **b != 0.0).count();
    match shared {
        0 => "no coordinate is in both views".to_owned(),
        1 => "one coordinate is in both views".to_owned(),
        all if all == anchor.len() => "all coordinates are in both views".to_owned(),
        shared => format!("{shared} of {} coordinates are in both views", anchor.len()),
    }
}

fn panels(drawn: &Drawn) -> Vec<Panel> {
    let shown = |values: &[f32]| -> Vec<f64> {
        values.iter().take(MOST_COORDINATES).map(|&value| f64::from(value)).collect()
    };
    let signal: Vec<f32> = drawn.sample.iter().zip(&drawn.noise).map(|(x, noise)| x - noise).collect();
    let strips = [
        ("Signal M z", Colour::Hue(2), &signal),
        ("Noise ξ", Colour::Grey, &drawn.noise),
        ("Sample x = M z + ξ", Colour::Ink, &drawn.sample),
        ("View x⁺", Colour::Hue(0), &drawn.views[0]),
        ("View x⁺⁺", Colour::Hue(1), &drawn.views[1]),
    ]
    .map(|(title, colour, values)| (title, colour, shown(values)));
    // One scale for everything that has the coordinates of a sample, so that sizes can be compared.
    let size = |values: &[f64]| values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let reach = strips.iter().map(|(_, _, values)| size(values)).fold(f64::MIN_POSITIVE, f64::max);
    let code = shown(&drawn.code);
    let reach_of_code = size(&code).max(1.0);
    let panel = |title: &str, word: &str, colour, heights: Vec<f64>, reach: f64| Panel {
        title: title.to_owned(),
        x: Axis::linear(word).between(-0.5, heights.len() as f64 - 0.5),
        y: Axis::linear("value").between(-reach, reach),
        layers: vec![PlotLayer::Bars(Bars {
            name: title.to_owned(),
            keys: Vec::new(),
            colour,
            start: -0.5,
            width: 1.0,
            heights,
        })],
        span: 1,
        ..Panel::default()
    };
    std::iter::once(panel("Code z", "atom", Colour::Hue(2), code, reach_of_code))
        .chain(
            strips
                .into_iter()
                .map(|(title, colour, values)| panel(title, "coordinate", colour, values, reach)),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(code: &[f32], noise: &[f32], sample: &[f32], views: [&[f32]; 2]) -> Drawn {
        let views = views.map(<[f32]>::to_vec);
        Drawn { code: code.to_vec(), noise: noise.to_vec(), sample: sample.to_vec(), views }
    }

    #[test]
    fn the_sentence_is_counted_from_the_sample() {
        let masked = drawn(&[1.0, 0.0, -1.0], &[2.0, 1.0], &[2.0, 2.0], [&[2.0, 0.0], &[0.0, 2.0]]);
        assert_eq!(
            takeaway(&masked),
            "2 of 3 atoms are active, and the noise has 5.0 times the energy of their signal; no coordinate is in both \
             views."
        );
        let equal = drawn(&[0.0], &[1.0, 1.0], &[1.0, 1.0], [&[1.0, 1.0], &[1.0, 1.0]]);
        assert_eq!(
            takeaway(&equal),
            "No atom is active, so the sample is noise alone; both views are equal."
        );
        let clean = drawn(&[1.0], &[0.0, 0.0], &[1.0, 1.0], [&[1.0, 1.0], &[1.0, 2.0]]);
        assert_eq!(takeaway(&clean), "1 of 1 atoms are active; all coordinates are in both views.");
        let half = drawn(&[1.0], &[0.0; 3], &[1.0; 3], [&[1.0, 0.0, 1.0], &[2.0, 1.0, 0.0]]);
        assert!(takeaway(&half).ends_with("; one coordinate is in both views."));
    }

    #[test]
    fn every_strip_of_coordinates_has_the_same_scale() {
        let panels = panels(&drawn(&[1.0, 0.0], &[3.0, -4.0], &[3.0, -3.0], [&[3.0, 0.0], &[0.0, -3.0]]));
        assert_eq!(panels.len(), 6);
        assert!(panels[1..].iter().all(|panel| (panel.y.min, panel.y.max) == (Some(-4.0), Some(4.0))));
        assert_eq!((panels[0].x.max, panels[1].x.max), (Some(1.5), Some(1.5)));
    }
}
