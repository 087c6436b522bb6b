//! Two-sample tests: equal means (Welch), equal spreads (Brown and Forsythe), Bonferroni over a family.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Chance that a family of tests rejects anything although all laws are equal. Seeds are fixed, so a test that passes
/// passes for ever.
pub const FAMILY_LEVEL: f64 = 0.01;

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// (mean, squared standard error).
fn summary(values: &[f64]) -> (f64, f64) {
    let (n, centre) = (values.len() as f64, mean(values));
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    (centre, squares / (n - 1.0) / n)
}

/// Two-sided p-value of Welch's test for equal means; also the difference and its standard error.
pub fn welch(a: &[f64], b: &[f64]) -> (f64, f64, f64) {
    let ((mean_a, error_a), (mean_b, error_b)) = (summary(a), summary(b));
    let error = error_a + error_b;
    let difference = mean_a - mean_b;
    if error == 0.0 {
        return (if difference == 0.0 { 1.0 } else { 0.0 }, difference, 0.0);
    }
    let [n, m] = [a.len() as f64, b.len() as f64];
    let freedom = error * error / (error_a * error_a / (n - 1.0) + error_b * error_b / (m - 1.0));
    let law = StudentsT::new(0.0, 1.0, freedom).unwrap();
    let t = difference / error.sqrt();
    (2.0 * law.cdf(-t.abs()), difference, error.sqrt())
}

/// p-value for equal spreads: Welch's test on distances from the median.
pub fn equal_spread(a: &[f64], b: &[f64]) -> f64 {
    let distances = |values: &[f64]| -> Vec<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        let median = 0.5 * (sorted[half] + sorted[(sorted.len() - 1) / 2]);
        values.iter().map(|v| (v - median).abs()).collect()
    };
    welch(&distances(a), &distances(b)).0
}

/// What a family of comparisons found.
#[derive(Default)]
pub struct Family {
    /// p-value and description of every test.
    tests: Vec<(f64, String)>,
}

impl Family {
    /// Compares the mean of one figure over seeds.
    pub fn compare_means(&mut self, what: &str, sampled: &[f64], reduced: &[f64]) {
        let (p, difference, error) = welch(sampled, reduced);
        let told = format!(
            "{what}: means {:.5} and {:.5}, difference {difference:.2e} ± {error:.1e}",
            mean(sampled),
            mean(reduced)
        );
        self.tests.push((p, told));
    }

    /// Compares its spread.
    pub fn compare_spreads(&mut self, what: &str, sampled: &[f64], reduced: &[f64]) {
        let spread = equal_spread(sampled, reduced);
        self.tests.push((spread, format!("{what}: spreads differ")));
    }

    /// The smallest p-value times the number of tests, with its description.
    pub fn worst(&self) -> (f64, &str) {
        let worst = self.tests.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        (worst.0 * self.tests.len() as f64, &worst.1)
    }

    pub fn assert_equal(&self, name: &str) {
        let (p, what) = self.worst();
        assert!(p > FAMILY_LEVEL, "{name}: corrected p-value {p:.2e}: {what}");
    }

    pub fn assert_different(&self, name: &str) {
        let (p, what) = self.worst();
        assert!(p < FAMILY_LEVEL, "{name} is not told apart: corrected p-value {p:.2e}: {what}");
    }
}

#[test]
fn the_tests_keep_equal_laws_and_reject_different_ones() {
    let sample = |seed: f64, scale: f64, shift: f64| -> Vec<f64> {
        (0..40)
            .map(|i| ((f64::from(i) * 12.9898 + seed).sin() * 43758.5453).fract() * scale + shift)
            .collect()
    };
    let base = sample(0.0, 1.0, 0.0);
    assert!(
        welch(&base, &sample(1.0, 1.0, 0.0)).0 > 0.05 && equal_spread(&base, &sample(1.0, 1.0, 0.0)) > 0.05
    );
    assert!(welch(&base, &sample(1.0, 1.0, 0.8)).0 < 1e-4);
    assert!(equal_spread(&base, &sample(1.0, 0.3, 0.0)) < 1e-4);
    // t = −3 at 4 and 4: Welch's statistic of two shifted copies, p from tables.
    let (p, difference, error) = welch(&[1.0, 2.0, 3.0, 4.0], &[4.0, 5.0, 6.0, 7.0]);
    assert!((difference + 3.0).abs() < 1e-12 && (error - (5.0f64 / 6.0).sqrt()).abs() < 1e-12);
    assert!((p - 0.01685).abs() < 2e-4, "{p}");
}
