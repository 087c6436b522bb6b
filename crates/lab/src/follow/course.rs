//! The columns that an arm has recorded so far, and the few that are shown of every arm.

use super::view::{Course, Figure};
use crate::store::{JournalNews, Records};

/// The figures that tell how features are learned.
const FIGURES: [&str; 2] = ["dense_energy_fraction", "coverage_90"];
/// Values of a figure that are shown at a glance.
const GLANCE: usize = 32;

impl From<Records> for Course {
    fn from(records: Records) -> Self {
        Self { steps: records.steps, columns: records.columns }
    }
}

impl Course {
    /// Adds what a journal holds anew.
    pub fn add(&mut self, news: &JournalNews) {
        if news.begins_anew {
            let column = |name: &String| (name.clone(), Vec::new());
            *self = Self { steps: Vec::new(), columns: news.shape.scalars.iter().map(column).collect() };
        }
        for record in &news.records {
            self.steps.push(record.step);
            for ((_, column), value) in self.columns.iter_mut().zip(&record.scalars) {
                column.push(*value);
            }
        }
    }

    /// The figures that are shown at a glance.
    pub fn figures(&self) -> Vec<Figure> {
        let named = |name: &&str| self.columns.iter().find(|(known, _)| known == name);
        let mut chosen: Vec<_> = FIGURES.iter().filter_map(named).collect();
        if chosen.is_empty() {
            chosen = self.columns.iter().take(FIGURES.len()).collect();
        }
        let figure = |(name, values): &(String, Vec<f64>)| Figure {
            name: name.clone(),
            last: values.last().copied().unwrap_or(f64::NAN),
            course: spaced(values),
        };
        chosen.into_iter().map(figure).collect()
    }
}

/// At most [`GLANCE`] of the values, the first and the last among them.
fn spaced(values: &[f64]) -> Vec<f64> {
    if values.len() <= GLANCE {
        return values.to_vec();
    }
    (0..GLANCE).map(|i| values[i * (values.len() - 1) / (GLANCE - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_has_both_ends_and_no_more_values_than_there_are() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let glance = spaced(&values);
        assert_eq!((glance.len(), glance[0], glance[GLANCE - 1]), (GLANCE, 0.0, 999.0));
        assert!(glance.is_sorted_by(|a, b| a < b));
        assert_eq!(spaced(&values[..3]), [0.0, 1.0, 2.0]);
        assert!(spaced(&[]).is_empty());
    }

    #[test]
    fn without_the_usual_figures_the_first_columns_are_shown() {
        let column = |name: &str| (name.to_owned(), vec![0.5]);
        let names = |columns: &[&str]| {
            let course =
                Course { steps: vec![1], columns: columns.iter().map(|name| column(name)).collect() };
            course.figures().into_iter().map(|figure| figure.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["loss", "coverage_90", "dense_energy_fraction"]), FIGURES);
        assert_eq!(names(&["loss", "accuracy", "rank"]), ["loss", "accuracy"]);
        assert_eq!(names(&[]), [""; 0]);
    }
}
