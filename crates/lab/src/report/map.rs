//! A map of representations in the plane: t-SNE of their directions, coloured by what the samples are made
//! of.
//!
//! Distances are 1 − cosine; samples with a zero representation have no direction and are left out. The start
//! is the first two principal components, so nothing is drawn at random, and the fit runs on one thread, so
//! that the same representations give the same map. Where t-SNE cannot work (fewer than sixteen samples) the
//! principal components are the map.
//!
//! Source: van der Maaten & Hinton (2008); start as in Kobak & Berens (2019).

use super::figure::{Axis, Colour, Entry, Panel, PlotLayer, Points, Scale, Shape, Stroke};
use super::palette::HUES;
use featurescope_sim::math::{Matrix, linalg};
use featurescope_sim::probe::{spectrum, sphere};

/// Samples on a map.
pub const MOST_SAMPLES: usize = 600;
const EPOCHS: usize = 500;
/// Effective number of neighbours: one in so many samples, between these bounds.
const SAMPLES_PER_NEIGHBOUR: f32 = 40.0;
const PERPLEXITY: (f32, f32) = (5.0, 10.0);
const FEWEST_SAMPLES: usize = 16;
/// Standard deviation of the start.
const START_SPREAD: f64 = 1e-2;
/// Classes that get a colour of their own: as many as the palette keeps apart.
pub const MOST_COLOURED: usize = HUES;

/// Where every sample of the map lies.
pub struct Embedding {
    /// (row of the representations, position).
    pub points: Vec<(usize, [f64; 2])>,
    /// How it was made, in a few words.
    pub method: &'static str,
    /// Samples with a zero representation, among those looked at.
    pub silent: usize,
}

/// What a sample counts as on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its class; `None`: none.
    pub class: Option<i64>,
    /// Whether it is drawn as a diamond.
    pub is_negative: bool,
    /// What hovering says.
    pub label: String,
}

/// The map of these rows, of which at most [`MOST_SAMPLES`] are taken; `None` if fewer than three have a
/// direction.
pub fn embed(rows: &Matrix, candidates: &[usize]) -> Option<Embedding> {
    let count = candidates.len().min(MOST_SAMPLES);
    let speaking: Vec<usize> = (candidates.iter().copied().take(count))
        .filter(|&i| rows.row(i).iter().any(|&h| h != 0.0) && rows.row(i).iter().all(|h| h.is_finite()))
        .collect();
    if speaking.len() < 3 {
        return None;
    }
    let chosen = Matrix::from_fn(speaking.len(), rows.cols(), |i, j| rows[(speaking[i], j)]);
    let units = sphere::unit_rows(&chosen);
    let start = principal_components(&units)?;
    let (positions, method) = if speaking.len() < FEWEST_SAMPLES {
        (start, "principal components")
    } else {
        (tsne(&units, &start)?, "t-SNE")
    };
    let points = speaking.iter().copied().zip(positions).collect();
    Some(Embedding { points, method, silent: count - speaking.len() })
}

/// The first two principal components, scaled to standard deviation 1 of the first.
fn principal_components(rows: &Matrix) -> Option<Vec<[f64; 2]>> {
    let centred = spectrum::centred(rows).to_f64();
    let mut gram = Matrix::zeros(centred.rows(), centred.rows());
    linalg::times_transposed(&mut gram, &centred, &centred);
    let (values, vectors) = linalg::symmetric_eigen(&gram)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let spread = (values[order[0]].max(f64::MIN_POSITIVE) / rows.rows() as f64).sqrt();
    let component = |i: usize, axis: usize| {
        // The sign of an eigenvector is arbitrary: its largest entry is made positive.
        let column = vectors.column(order[axis]);
        let largest = column.iter().fold(0.0f64, |l, &v| if v.abs() > l.abs() { v } else { l });
        column[i] * largest.signum() * values[order[axis]].max(0.0).sqrt() / spread
    };
    Some((0..rows.rows()).map(|i| [component(i, 0), component(i, 1)]).collect())
}

fn tsne(units: &Matrix, start: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let rows: Vec<&[f32]> = units.iter_rows().collect();
    let start: Vec<f32> = start.iter().flatten().map(|&v| (v * START_SPREAD) as f32).collect();
    let count = rows.len() as f32;
    let perplexity =
        (count / SAMPLES_PER_NEIGHBOUR).clamp(PERPLEXITY.0, PERPLEXITY.1).min((count - 1.0) / 4.0);
    let fit = || {
        let mut fit = bhtsne::tSNE::<f32, &[f32], 2>::new(&rows);
        fit.perplexity(perplexity).epochs(EPOCHS).initial_embedding(start);
        fit.exact(|a, b| 1.0 - linalg::dot(a, b)).embedding()
    };
    // Sums over several threads depend on who takes what.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    let flat = pool.install(fit);
    Some(flat.chunks(2).map(|p| [f64::from(p[0]), f64::from(p[1])]).collect())
}

/// A class with a colour of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColouredClass {
    /// What tags call it.
    pub class: i64,
    /// What a person calls it.
    pub name: String,
}

/// The classes with most samples, which get a colour each.
pub fn coloured_classes(tags: &[Tag], name: impl Fn(i64) -> String) -> Vec<ColouredClass> {
    let mut classes: Vec<i64> = tags.iter().filter_map(|tag| tag.class).collect();
    classes.sort_unstable();
    let mut groups: Vec<(usize, i64)> = classes.chunk_by(i64::eq).map(|g| (g.len(), g[0])).collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<i64> = groups.iter().take(MOST_COLOURED).map(|group| group.1).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|class| ColouredClass { class, name: name(class) }).collect()
}

/// Legend entries of coloured classes and of the rest.
pub fn legend(classes: &[ColouredClass], has_others: bool) -> Vec<Entry> {
    let entry = |key: String, name: String, colour| Entry { key, name, colour, stroke: Stroke::Dot };
    let coloured = classes.iter().enumerate().map(|(place, ColouredClass { class, name })| {
        entry(format!("class{class}"), name.clone(), Colour::Hue(place))
    });
    let rest = has_others.then(|| entry("others".to_owned(), "others".to_owned(), Colour::Pale));
    coloured.chain(rest).collect()
}

/// One map.
pub fn panel(title: &str, embedding: &Embedding, tags: &[Tag], classes: &[ColouredClass]) -> Panel {
    let mut layers = Vec::new();
    let class_of =
        |row: usize| tags[row].class.and_then(|class| classes.iter().position(|known| known.class == class));
    for group in std::iter::once(None).chain((0..classes.len()).map(Some)) {
        for is_diamond in [false, true] {
            let chosen: Vec<&(usize, [f64; 2])> = (embedding.points.iter())
                .filter(|(row, _)| class_of(*row) == group && tags[*row].is_negative == is_diamond)
                .collect();
            if chosen.is_empty() {
                continue;
            }
            layers.push(PlotLayer::Points(Points {
                name: group.map_or("others".to_owned(), |c| classes[c].name.clone()),
                keys: vec![group.map_or("others".to_owned(), |c| format!("class{}", classes[c].class))],
                colour: group.map_or(Colour::Pale, Colour::Hue),
                points: chosen.iter().map(|(_, position)| *position).collect(),
                labels: chosen.iter().map(|(row, _)| tags[*row].label.clone()).collect(),
                size: if group.is_some() { 7.0 } else { 4.0 },
                shape: if is_diamond { Shape::Diamond } else { Shape::Dot },
            }));
        }
    }
    let silent = match embedding.silent {
        0 => String::new(),
        silent => format!("; {silent} with a zero representation are left out"),
    };
    let hidden = || Axis { scale: Scale::Hidden, ..Axis::default() };
    Panel {
        title: title.to_owned(),
        note: format!("{} of {} samples{silent}", embedding.method, embedding.points.len()),
        x: hidden(),
        y: hidden(),
        layers,
        span: 1,
        ..Panel::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three directions with small deviations, and a silent sample.
    fn clusters() -> Matrix {
        Matrix::from_fn(61, 12, |i, j| match i {
            60 => 0.0,
            i if j == i % 3 => 5.0,
            i => ((i * 7 + j * 13) % 11) as f32 / 30.0,
        })
    }

    #[test]
    fn clusters_stay_together_and_the_map_is_the_same_every_time() {
        let all: Vec<usize> = (0..61).collect();
        let map = embed(&clusters(), &all).unwrap();
        assert_eq!((map.silent, map.points.len(), map.method), (1, 60, "t-SNE"));
        let distance = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
        let right = map.points.iter().filter(|(i, p)| {
            let nearest = map.points.iter().filter(|(j, _)| j != i);
            let nearest = nearest.min_by(|a, b| distance(a.1, *p).total_cmp(&distance(b.1, *p))).unwrap();
            nearest.0 % 3 == i % 3
        });
        assert_eq!(right.count(), 60);
        assert_eq!(embed(&clusters(), &all).unwrap().points, map.points);
    }

    #[test]
    fn few_samples_are_shown_by_their_principal_components() {
        let rows = Matrix::from_vec(4, 2, vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(embed(&rows, &[0, 1, 2, 3]).unwrap().method, "principal components");
        assert!(embed(&Matrix::zeros(30, 4), &[3, 4, 5, 6]).is_none());
    }

    #[test]
    fn the_largest_classes_are_coloured() {
        let tag = |class| Tag { class, is_negative: false, label: String::new() };
        let last = MOST_COLOURED as i64;
        // One more class than there are colours; the last one is the rarest.
        let mut tags: Vec<Tag> = (0..10 * last).map(|i| tag(Some(i % last))).collect();
        tags.extend([tag(Some(last)), tag(None)]);
        let classes = coloured_classes(&tags, |class| format!("class {class}"));
        assert_eq!(
            classes.iter().map(|known| known.class).collect::<Vec<_>>(),
            (0..last).collect::<Vec<_>>()
        );
        let entries = legend(&classes, true);
        assert_eq!((entries.len(), entries[3].name.as_str()), (MOST_COLOURED + 1, "class 3"));
        assert_eq!(entries.last().unwrap().colour, Colour::Pale);
    }
}
