//! Firing patterns and maps of a run's representations, per arm. The paper's Figures 3 and 4 on synthetic data.

use super::figure::Figure;
use super::firing::{self, Sample};
use super::map::{self, Embedding, Tag};
use super::stored::{ArmView, StoredRun};
use super::story::entry;
use featurescope_sim::math::Matrix;

/// Atoms named by hovering over a sample.
const NAMED_ATOMS: usize = 6;

/// Firing patterns of all arms in the same axes.
pub fn firing_patterns(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().filter(|arm| arm.stored.representation.is_some()).collect();
    let samples: Vec<Sample<'_>> = (arms.iter())
        .filter_map(|arm| {
            let rows = &arm.stored.representation.as_ref()?.features;
            let all_finite = rows.as_slice().iter().all(|h| h.is_finite());
            let (key, colour) = (arm.key.clone(), arm.colour);
            (all_finite && rows.rows() > 0).then(|| Sample { name: arm.name().to_owned(), key, colour, rows })
        })
        .collect();
    (!samples.is_empty()).then(|| Figure {
        id: "firing".to_owned(),
        title: "Firing patterns".to_owned(),
        caption: "Representations of 2048 fresh samples at the end of every arm: how large activations are where they are not zero, \
                  how many neurons answer to a sample, and how often a neuron answers. Sparse features are silent on most samples \
                  and loud on a few; dense ones look like a Gaussian and answer to everything."
            .to_owned(),
        legend: arms.iter().map(entry).collect(),
        panels: firing::panels(&samples),
        columns: 3,
        ..Figure::default()
    })
}

/// A map per arm, all of the same samples.
pub fn maps(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().filter(|arm| arm.stored.representation.is_some()).collect();
    let first = arms.first()?.stored.representation.as_ref()?;
    let tags = tags(&first.latent);
    let shown: Vec<usize> = (0..tags.len()).filter(|&i| tags[i].class.is_some()).collect();
    let classes = map::coloured_classes(&tags, |atom| format!("atom {atom}"));
    let embeddings = in_parallel(&arms, &shown);
    let panels: Vec<_> = (arms.iter().zip(embeddings))
        .filter_map(|(arm, embedding)| Some(map::panel(arm.name(), &embedding?, &tags, &classes)))
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: "map".to_owned(),
        title: "A map of the representations".to_owned(),
        caption: "Fresh samples that contain one of eight atoms, and often others besides, placed by t-SNE of the directions of their \
                  representations: samples with similar representations lie together. Dots contain the atom of their colour with a \
                  plus sign, diamonds with a minus sign. Features that are atoms gather the samples of an atom and a sign; dense \
                  features scatter them. Hover for the code of a sample."
            .to_owned(),
        legend: map::legend(&classes, false),
        columns: if panels.len() > 4 { 3 } else { 2 },
        panels,
        ..Figure::default()
    })
}

/// One thread per map; each map is made on one thread.
fn in_parallel(arms: &[ArmView<'_>], shown: &[usize]) -> Vec<Option<Embedding>> {
    let features: Vec<&Matrix> =
        arms.iter().filter_map(|arm| Some(&arm.stored.representation.as_ref()?.features)).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            features.into_iter().map(|rows| scope.spawn(|| map::embed(rows, shown))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(None)).collect()
    })
}

/// What every sample contains. Its class is its first active atom among the most frequent ones.
fn tags(latent: &Matrix) -> Vec<Tag> {
    let mut counts: Vec<(usize, usize)> =
        (0..latent.cols()).map(|j| (latent.iter_rows().filter(|z| z[j] != 0.0).count(), j)).collect();
    counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let frequent: Vec<usize> = counts.iter().take(8).map(|count| count.1).collect();
    let tag = |z: &[f32]| {
        let active: Vec<usize> = (0..z.len()).filter(|&j| z[j] != 0.0).collect();
        let class = active.iter().copied().find(|j| frequent.contains(j));
        let word = |&j: &usize| format!("{}{j}", if z[j] > 0.0 { '+' } else { '−' });
        let named: Vec<String> = active.iter().take(NAMED_ATOMS).map(word).collect();
        let more = if active.len() > NAMED_ATOMS { " …" } else { "" };
        Tag {
            class: class.map(|j| j as i64),
            is_negative: class.is_some_and(|j| z[j] < 0.0),
            label: if active.is_empty() {
                "no atom".to_owned()
            } else {
                format!("atoms {}{more}", named.join(", "))
            },
        }
    };
    latent.iter_rows().map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_tagged_with_its_atoms_and_their_signs() {
        let latent = Matrix::from_vec(3, 3, vec![0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let tags = tags(&latent);
        assert_eq!(
            (tags[0].class, tags[0].is_negative, tags[0].label.as_str()),
            (Some(1), false, "atoms +1")
        );
        assert_eq!(
            (tags[1].class, tags[1].is_negative, tags[1].label.as_str()),
            (Some(0), true, "atoms −0, +2")
        );
        assert_eq!((tags[2].class, tags[2].label.as_str()), (None, "no atom"));
    }
}
