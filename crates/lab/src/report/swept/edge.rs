//! The edge between two phases: where a share passes one half along what was varied, seed by seed.

use super::grid::LEVEL;
use crate::stats::{Estimate, Located};

/// The share that the edge is drawn at.
const HALF: f64 = 0.5;
/// Distance from all and from none within which a share counts as that.
const STEEP: f64 = 0.1;

/// Where a share passes one half, over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Mean over seeds of the place, and its interval; `None` unless every seed passes.
    pub place: Option<Place>,
    /// Seeds that pass.
    pub passing: usize,
    /// Seeds that were looked at.
    pub seeds: usize,
}

/// A place along what was varied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Geometric mean over seeds; of values that are not all positive the arithmetic one.
    pub mean: f64,
    /// Its Student t interval; `None` from a single seed.
    pub interval: Option<[f64; 2]>,
}

impl Edge {
    /// The edge of several seeds, each a list of (value, share) in ascending order of the values.
    pub fn of(seeds: &[Vec<(f64, f64)>]) -> Self {
        let found: Vec<Crossing> = seeds.iter().filter_map(|points| crossing(points, HALF)).collect();
        let is_complete = !seeds.is_empty() && found.len() == seeds.len();
        let place = is_complete.then(|| Place::of(&found));
        Self { place, passing: found.len(), seeds: seeds.len() }
    }

    /// `.81 [.77, .85]`, or why there is no such place.
    pub fn told(&self, show: impl Fn(f64) -> String) -> String {
        match (&self.place, self.passing) {
            (Some(Place { mean, interval: Some([low, high]) }), _) => {
                format!("{} [{}, {}]", show(*mean), show(*low), show(*high))
            }
            (Some(Place { mean, interval: None }), _) => show(*mean),
            (None, 0) => "none within the values tried".to_owned(),
            (None, passing) => format!("in {passing} of {} seeds only", self.seeds),
        }
    }
}

impl Place {
    /// The mean of places, on a logarithmic scale where all are positive. Where a seed falls from nearly all
    /// to nearly none between two values, interpolation says nothing: the interval reaches to both.
    fn of(found: &[Crossing]) -> Self {
        let is_log = found.iter().all(|crossing| crossing.at > 0.0);
        let scaled: Vec<f64> =
            found.iter().map(|crossing| if is_log { crossing.at.ln() } else { crossing.at }).collect();
        let back = |value: f64| if is_log { value.exp() } else { value };
        let mean = scaled.iter().sum::<f64>() / scaled.len() as f64;
        let interval = Located::mean(&scaled).map(|located| located.interval(LEVEL));
        let ends = |Estimate { lower, upper, .. }: Estimate| {
            let steep = found.iter().filter(|crossing| crossing.is_steep);
            steep.fold([back(lower), back(upper)], |[low, high], crossing| {
                [low.min(crossing.between[0]), high.max(crossing.between[1])]
            })
        };
        Self { mean: back(mean), interval: interval.map(ends) }
    }
}

/// Where a share passes a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// By linear interpolation between neighbours; between positive values it is linear in their logarithm.
    pub at: f64,
    /// The neighbours.
    pub between: [f64; 2],
    /// Whether the share is above nine tenths at one of them and below one tenth at the other.
    pub is_steep: bool,
}

/// The first place at which the points pass `level`.
pub fn crossing(points: &[(f64, f64)], level: f64) -> Option<Crossing> {
    points.windows(2).find_map(|pair| {
        let [(left, before), (right, after)] = [pair[0], pair[1]];
        if (before < level) == (after < level) {
            return None;
        }
        let share = (level - before) / (after - before);
        let at = if left > 0.0 { left * (right / left).powf(share) } else { left + share * (right - left) };
        let is_steep = before.max(after) >= 1.0 - STEEP && before.min(after) <= STEEP;
        Some(Crossing { at, between: [left, right], is_steep })
    })
}

/// Where a value lies among ascending ones, counted in places between neighbours from 0 on: what stands on an
/// axis of words. Beyond the ends it is `None`.
pub fn position(values: &[f64], value: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    if !(values[0]..=values[last]).contains(&value) {
        return None;
    }
    let above = values.iter().position(|&known| known >= value)?;
    if above == 0 {
        return Some(0.0);
    }
    let (left, right) = (values[above - 1], values[above]);
    let share =
        if left > 0.0 { (value / left).ln() / (right / left).ln() } else { (value - left) / (right - left) };
    Some(above as f64 - 1.0 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From .8 at 1 to .2 at 4: halfway in the logarithm, at 2.
    #[test]
    fn an_edge_lies_between_its_neighbours() {
        assert!((crossing(&[(1.0, 0.8), (4.0, 0.2), (9.0, 0.1)], HALF).unwrap().at - 2.0).abs() < 1e-12);
        assert!((crossing(&[(-1.0, 0.0), (1.0, 1.0)], HALF).unwrap().at).abs() < 1e-12, "linear beside zero");
        assert_eq!(crossing(&[(1.0, 0.9), (2.0, 0.6)], HALF), None);
        assert_eq!(crossing(&[(1.0, 0.9)], HALF), None);
        let twice = crossing(&[(1.0, 0.0), (2.0, 1.0), (3.0, 0.0)], HALF).unwrap().at;
        assert!(twice < 2.0, "the first of two");
    }

    /// Seeds that pass at 1, 2 and 4: geometric mean 2, with ln 2·t/√3 = .693·4.303/1.732 to either side.
    #[test]
    fn the_interval_is_of_the_logarithm() {
        let seed = |at: f64| vec![(0.5 * at, 0.8), (2.0 * at, 0.2)];
        let edge = Edge::of(&[seed(1.0), seed(2.0), seed(4.0)]);
        let place = edge.place.unwrap();
        assert!((place.mean - 2.0).abs() < 1e-12);
        let [low, high] = place.interval.unwrap();
        let half = 2f64.ln() * 4.3027 / 3f64.sqrt();
        assert!(((high / 2.0).ln() - half).abs() < 1e-3 && ((2.0 / low).ln() - half).abs() < 1e-3);
        assert_eq!(Edge::of(&[seed(3.0)]).place.unwrap().interval, None);
    }

    /// All atoms at 1 and none at 4 in every seed: the edge is somewhere between, although all seeds agree.
    #[test]
    fn a_steep_edge_is_known_no_better_than_its_neighbours() {
        let seed = vec![(1.0, 1.0), (4.0, 0.0)];
        let place = Edge::of(&[seed.clone(), seed.clone(), seed]).place.unwrap();
        assert!((place.mean - 2.0).abs() < 1e-12);
        assert_eq!(place.interval, Some([1.0, 4.0]));
    }

    #[test]
    fn seeds_that_do_not_pass_are_counted_and_not_averaged_away() {
        let passes = vec![(1.0, 1.0), (2.0, 0.0)];
        let stays = vec![(1.0, 1.0), (2.0, 0.9)];
        let edge = Edge::of(&[passes, stays.clone()]);
        assert_eq!((edge.place, edge.passing, edge.seeds), (None, 1, 2));
        assert_eq!(edge.told(|v| v.to_string()), "in 1 of 2 seeds only");
        assert_eq!(Edge::of(&[stays]).told(|v| v.to_string()), "none within the values tried");
        assert_eq!(Edge::of(&[]).place, None);
    }

    #[test]
    fn positions_are_linear_in_the_logarithm() {
        let values = [1.0, 4.0, 16.0];
        assert_eq!(position(&values, 1.0), Some(0.0));
        assert!((position(&values, 8.0).unwrap() - 1.5).abs() < 1e-12);
        assert_eq!(position(&values, 16.0), Some(2.0));
        assert_eq!((position(&values, 0.5), position(&values, 17.0), position(&[], 1.0)), (None, None, None));
        assert!((position(&[-1.0, 1.0], 0.0).unwrap() - 0.5).abs() < 1e-12);
    }
}
