//! Intervals against worked examples, and their cover by simulation.

use super::*;

fn normals(n: usize, row: u32) -> Vec<f64> {
    let stream = Stream::new(77, Purpose::MONTE_CARLO, 5);
    let mut reader = stream.reader(Part::Dense, row);
    (0..n).map(|_| reader.normal()).collect()
}

/// Tabulated t quantiles: 97.5 % at 1, 4 and 9 degrees of freedom, 99.5 % at 4.
#[test]
fn t_quantiles_at_tabulated_points() {
    for (freedom, level, expected) in
        [(1.0, 0.95, 12.706), (4.0, 0.95, 2.776), (9.0, 0.95, 2.262), (4.0, 0.99, 4.604)]
    {
        assert!((t_quantile(freedom, level) - expected).abs() < 6e-4, "{freedom}, {level}");
    }
}

/// 1, 2, 3, 4, 5: mean 3, s = 1.5811, half width 2.776·s/√5 = 1.963.
#[test]
fn mean_of_a_worked_example() {
    let located = Located::mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let interval = located.interval(0.95);
    assert!((interval.value - 3.0).abs() < 1e-15 && (interval.upper - 4.963).abs() < 1e-3);
    assert!((interval.lower - 1.037).abs() < 1e-3 && interval.count == 5);
    assert!((located.p_value(interval.upper) - 0.05).abs() < 1e-9, "an interval ends where p = α");
    assert_eq!(Located::mean(&[1.0]), None);
    assert_eq!(Located::mean(&[1.0, f64::NAN]), None);
}

/// Share of 2000 t intervals of 5 normal numbers that hold the truth: .95 to 3 standard errors (.0146).
#[test]
fn t_intervals_cover_as_often_as_they_say() {
    let covers = |row| {
        let interval = Located::mean(&normals(5, row)).unwrap().interval(0.95);
        interval.lower <= 0.0 && 0.0 <= interval.upper
    };
    let share = (0..2000).filter(|&row| covers(row)).count() as f64 / 2000.0;
    assert!((share - 0.95).abs() < 0.0146, "{share}");
}

/// Three sizes at equal distances of a logarithm, five seeds each, slope 2, deviations of one seed at each
/// size.
fn ladder(deviations: [f64; 3], row: u32) -> Vec<(f64, Vec<f64>)> {
    let y = normals(15, row);
    let at = |g: usize| {
        let x = (64.0 * 2f64.powi(g as i32)).ln();
        (x, (0..5).map(|i| 2.0 * x + deviations[g] * y[5 * g + i]).collect())
    };
    (0..3).map(at).collect()
}

#[test]
fn slopes_of_exact_lines_and_of_too_little() {
    for slope in [Located::slope, Located::slope_per_seed] {
        let exact = slope(&ladder([0.0; 3], 0)).unwrap().interval(0.999);
        assert!((exact.lower - 2.0).abs() < 1e-9 && (exact.upper - 2.0).abs() < 1e-9, "{exact:?}");
        assert_eq!(slope(&ladder([1.0; 3], 0)[..1]), None, "one size has no slope");
        assert_eq!(slope(&[(0.0, vec![1.0]), (1.0, vec![2.0])]), None, "one seed each");
        assert_eq!(slope(&[(0.0, vec![1.0, f64::NAN]), (1.0, vec![2.0, 1.0])]), None);
    }
    assert_eq!(Located::slope_per_seed(&[(0.0, vec![1.0, 2.0]), (1.0, vec![2.0; 3])]), None);
}

/// The middle size of an evenly spaced ladder has weight 0: neither its seeds nor their spread count.
#[test]
fn a_size_without_weight_contributes_nothing() {
    let mut groups = ladder([1.0; 3], 0);
    let before = Located::slope(&groups).unwrap();
    assert_eq!(before.freedom, 4.0, "five seeds at either end");
    let mean = groups[1].1.iter().sum::<f64>() / 5.0;
    groups[1].1.iter_mut().for_each(|y| *y = mean + 100.0 * (*y - mean));
    let after = Located::slope(&groups).unwrap();
    assert!((before.standard_error / after.standard_error - 1.0).abs() < 1e-9);
}

/// Intervals of level .9998 miss as rarely as they say whatever the spread at each size: of 40 000 ladders 8
/// may miss on average, and 8 + 4√8 = 19 at most. Points minus sizes for degrees of freedom would miss 86 to
/// 1070 times, Satterthwaite's up to 28 times.
#[test]
fn slopes_miss_no_more_often_than_they_say() {
    const LADDERS: u32 = 40_000;
    for deviations in [[1.0, 1.0, 1.0], [1.0, 1.0, 3.0], [1.0, 3.0, 5.0], [1.0, 1.0, 10.0]] {
        for slope in [Located::slope, Located::slope_per_seed] {
            let misses = |row: &u32| {
                let located = slope(&ladder(deviations, *row)).unwrap();
                located.p_value(2.0) < 2e-4
            };
            let count = (0..LADDERS).filter(misses).count();
            assert!(count <= 19, "{deviations:?}: {count} of {LADDERS}");
        }
    }
}

/// Where one seed does the same at every size, the slope over seeds knows that and is exact: .95 of 2000
/// intervals hold the slope, to 3 standard errors (.0146). Points taken apart see a spread that is not there.
#[test]
fn slopes_per_seed_know_what_seeds_share() {
    let shared = |row: u32| {
        let (mut groups, offsets) = (ladder([1.0, 2.0, 3.0], row), normals(5, 50_000 + row));
        for (_, y) in &mut groups {
            y.iter_mut().zip(&offsets).for_each(|(y, offset)| *y += 20.0 * offset);
        }
        groups
    };
    let covers = |row: &u32| Located::slope_per_seed(&shared(*row)).unwrap().p_value(2.0) >= 0.05;
    let share = (0..2000).filter(covers).count() as f64 / 2000.0;
    assert!((share - 0.95).abs() < 0.0146, "{share}");
    let width = |located: Located| located.interval(0.95).upper - located.interval(0.95).lower;
    let (paired, apart) = (Located::slope_per_seed(&shared(0)), Located::slope(&shared(0)));
    assert!(width(paired.unwrap()) < 0.5 * width(apart.unwrap()));
}

/// A share of 64 things, in each of five seeds around a share of its own: 2000 intervals of level .95 hold
/// the mean share at least as often as they say, to 3 standard errors (.0146), with and without spread over
/// seeds.
#[test]
fn counted_shares_are_covered() {
    const THINGS: u32 = 64;
    for (share, spread) in [(0.5, 0.0), (0.5, 0.1), (0.9, 0.05), (0.98, 0.0), (0.05, 0.02)] {
        let covers = |row: &u32| {
            let stream = Stream::new(78, Purpose::MONTE_CARLO, 6);
            let mut reader = stream.reader(Part::Dense, *row);
            let mut seed = || {
                // Either side of the mean with equal odds.
                let side = if reader.below(2) == 0 { -spread } else { spread };
                let hits = (0..THINGS)
                    .filter(|_| f64::from(reader.below(1 << 30)) < (share + side) * f64::from(1 << 30));
                hits.count() as f64 / f64::from(THINGS)
            };
            let seeds: Vec<f64> = (0..5).map(|_| seed()).collect();
            let interval =
                Located::mean_within(&seeds, Range::ShareOf(THINGS.into())).unwrap().interval(0.95);
            assert!(0.0 <= interval.lower && interval.upper <= 1.0 && interval.lower < interval.upper);
            interval.lower <= share && share <= interval.upper
        };
        let covered = (0..2000).filter(covers).count() as f64 / 2000.0;
        assert!(covered > 0.95 - 0.0146, "{share} ± {spread}: {covered}");
    }
}

/// All of 64 atoms in five of five seeds: by the binomial law alone a share of .95 is excluded at level
/// .9998, .99 is not (.99^320 = .04). An interval ends where p = α.
#[test]
fn shares_of_which_all_seeds_agree_have_width() {
    let located = Located::mean_within(&[1.0; 5], Range::ShareOf(64.0)).unwrap();
    let interval = located.interval(0.9998);
    assert!(0.95 < interval.lower && interval.lower < 0.99 && interval.upper == 1.0, "{interval:?}");
    assert!((located.p_value(interval.lower) - 2e-4).abs() < 1e-9);
    let wide = Located::mean_within(&[0.2, 0.4, 0.9], Range::Within(0.0, 1.0)).unwrap().interval(0.999);
    assert_eq!((wide.lower, wide.upper), (0.0, 1.0));
}

/// The percentile interval of a mean of 200 normal numbers: within 10 % of ±1.96/√200 around it.
#[test]
fn percentile_interval_of_a_mean() {
    let y = normals(200, 1);
    let mean = |indices: &[usize]| indices.iter().map(|&i| y[i]).sum::<f64>() / indices.len() as f64;
    let interval = bootstrap_percentile(200, 0.95, mean).unwrap();
    let (_, variance) = mean_and_variance(&y).unwrap();
    let half = 1.96 * (variance / 200.0).sqrt();
    assert!(((interval.upper - interval.value) / half - 1.0).abs() < 0.1);
    assert!(((interval.value - interval.lower) / half - 1.0).abs() < 0.1);
    assert_eq!(Some(interval), bootstrap_percentile(200, 0.95, mean), "equal data, equal bits");
    assert_eq!(bootstrap_percentile(1, 0.95, mean), None);
}

/// Newcombe (1998), table I: 81 of 263 gives (.2553, .3662), 0 of 20 gives (0, .1611).
#[test]
fn wilson_at_published_points() {
    let interval = wilson(81, 263, 0.95).unwrap();
    assert!((interval.lower - 0.2553).abs() < 1e-4 && (interval.upper - 0.3662).abs() < 1e-4);
    let none = wilson(0, 20, 0.95).unwrap();
    assert!(none.lower < 1e-12 && (none.upper - 0.1611).abs() < 1e-4);
    assert_eq!(wilson(0, 0, 0.95), None);
}

/// p = .01, .04, .03, .005 at α = .05: .005 < .0125 and .01 < .0167 pass, .03 ≥ .025 fails, and with it .04.
#[test]
fn holm_steps_down_and_stops() {
    let levels = holm_levels(&[0.01, 0.04, 0.03, 0.005, f64::NAN], 0.05);
    let alphas: Vec<f64> = levels.iter().map(|level| 1.0 - level).collect();
    for (alpha, expected) in alphas.iter().zip([0.05 / 3.0, 0.025, 0.025, 0.0125, 0.05]) {
        assert!((alpha - expected).abs() < 1e-12, "{alphas:?}");
    }
    assert_eq!(holm_levels(&[], 0.05), Vec::<f64>::new());
}

#[test]
fn equal_observations_leave_no_doubt() {
    let located = Located::mean(&[0.1 + 0.2; 3]).unwrap();
    let interval = located.interval(0.999);
    assert!(interval.lower == interval.upper && located.p_value(0.5) == 0.0);
}
