//! Labels of samples: classes or values, and which samples have none.
//!
//! Text is classes. Whole numbers are classes as long as at least one of them occurs twice, others are values
//! to be predicted; who knows better says so. A missing value is no label.

use super::DiagnoseError;
use crate::array_file::Scalars;

/// Classes that a sentence names.
const MOST_NAMED: usize = 10;

/// What labels are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    /// Each different value is a class.
    Classes,
    /// Values to be predicted.
    Values,
}

/// Labels, one per sample; `None` where a sample has none.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Classes.
    Classes(Classes),
    /// Values to be predicted.
    Values(Vec<Option<f64>>),
}

/// Classes of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// What they are called, in the order of their numbers or of the alphabet.
    pub names: Vec<String>,
    /// Position in `names` per sample.
    pub of: Vec<Option<u32>>,
}

impl Labels {
    /// Labels from what a file holds. `unlabelled`: the value, as it is written, that stands for no label.
    ///
    /// # Errors
    /// If values are infinite or NaN, or text should be predicted.
    pub fn new(
        scalars: &Scalars,
        kind: Option<LabelKind>,
        unlabelled: Option<&str>,
    ) -> Result<Self, DiagnoseError> {
        let labels = match scalars {
            Scalars::Text { .. } if kind == Some(LabelKind::Values) => {
                return Err(DiagnoseError::Labels(
                    "text cannot be predicted as values: --labels-as classes".into(),
                ));
            }
            Scalars::Text { names, codes } => {
                let keep = |code: &u32| Some(names[*code as usize].as_str()) != unlabelled;
                let texts =
                    codes.iter().map(|code| code.filter(keep).map(|code| names[code as usize].as_str()));
                Self::Classes(Classes::new(&texts.collect::<Vec<_>>(), |&text| text.to_owned()))
            }
            Scalars::Whole(values) => {
                // −1.0 is −1, however it is written.
                let none = unlabelled.and_then(|text| text.trim().parse::<f64>().ok());
                let is_none = |value: i64| none.is_some_and(|none| none == value as f64);
                let kept: Vec<Option<i64>> =
                    values.iter().map(|value| value.filter(|&value| !is_none(value))).collect();
                if kind.unwrap_or_else(|| guess(&kept)) == LabelKind::Classes {
                    Self::Classes(Classes::new(&kept, ToString::to_string))
                } else {
                    Self::Values(kept.iter().map(|value| value.map(|value| value as f64)).collect())
                }
            }
            Scalars::Real(values) => Self::from_reals(values, kind, unlabelled)?,
        };
        match unlabelled {
            Some(value) if labels.labelled() == scalars.len() => {
                Err(DiagnoseError::Labels(format!("no label is {value:?}, the value of --unlabelled")))
            }
            _ => Ok(labels),
        }
    }

    fn from_reals(
        values: &[Option<f64>],
        kind: Option<LabelKind>,
        unlabelled: Option<&str>,
    ) -> Result<Self, DiagnoseError> {
        let none = unlabelled.and_then(|text| text.trim().parse::<f64>().ok());
        let is_none = |value: f64| none.is_some_and(|none| none == value || none.is_nan() && value.is_nan());
        let kept: Vec<Option<f64>> =
            values.iter().map(|value| value.filter(|&value| !is_none(value))).collect();
        if let Some(row) = kept.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
            let value = kept[row].unwrap_or(f64::NAN);
            return Err(DiagnoseError::Labels(format!(
                "the label of row {row} is {value}; labels have to be finite, and --unlabelled {value} says \
                 that it stands for no label"
            )));
        }
        let whole = |value: f64| (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64);
        let wholes: Option<Vec<Option<i64>>> =
            kept.iter().map(|value| value.map_or(Some(None), |value| whole(value).map(Some))).collect();
        let guessed = wholes.as_deref().map_or(LabelKind::Values, guess);
        match (kind.unwrap_or(guessed), wholes) {
            (LabelKind::Values, _) => Ok(Self::Values(kept)),
            (LabelKind::Classes, Some(wholes)) => {
                Ok(Self::Classes(Classes::new(&wholes, ToString::to_string)))
            }
            (LabelKind::Classes, None) => {
                // 0 and −0 are one class.
                let numbers: Vec<Option<Ordered>> =
                    kept.iter().map(|value| value.map(|value| Ordered(value + 0.0))).collect();
                Ok(Self::Classes(Classes::new(&numbers, |value| value.0.to_string())))
            }
        }
    }

    /// Samples with a label.
    pub fn labelled(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.of.iter().flatten().count(),
            Self::Values(values) => values.iter().flatten().count(),
        }
    }

    /// The labels of these samples; classes keep their names.
    #[must_use]
    pub fn of_samples(&self, samples: &[usize]) -> Self {
        match self {
            Self::Classes(Classes { names, of }) => {
                Self::Classes(Classes { names: names.clone(), of: samples.iter().map(|&i| of[i]).collect() })
            }
            Self::Values(values) => Self::Values(samples.iter().map(|&i| values[i]).collect()),
        }
    }

    /// The group of every sample that a choice of samples is stratified by: its class, or none.
    pub(super) fn groups(&self) -> Option<Vec<u32>> {
        match self {
            Self::Classes(classes) => {
                let rest = classes.names.len() as u32;
                Some(classes.of.iter().map(|class| class.unwrap_or(rest)).collect())
            }
            Self::Values(_) => None,
        }
    }

    /// What they are, in words: `10 classes, 96 of 100 samples with one`.
    pub fn describe(&self, samples: usize) -> String {
        let kind = match self {
            Self::Classes(classes) => format!("{} classes", classes.names.len()),
            Self::Values(_) => "values to be predicted".to_owned(),
        };
        match samples - self.labelled() {
            0 => kind,
            missing => format!("{kind}; {missing} of {samples} samples have no label"),
        }
    }
}

/// A finite number other than −0, to be sorted.
#[derive(Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Whole numbers of which none occurs twice say nothing as classes.
fn guess(values: &[Option<i64>]) -> LabelKind {
    let mut sorted: Vec<i64> = values.iter().flatten().copied().collect();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) { LabelKind::Classes } else { LabelKind::Values }
}

impl Classes {
    /// The classes of these values, in their order.
    fn new<T: Clone + Ord>(values: &[Option<T>], name: impl Fn(&T) -> String) -> Self {
        let mut known: Vec<T> = values.iter().flatten().cloned().collect();
        known.sort_unstable();
        known.dedup();
        let place = |value: &T| known.binary_search(value).ok().map(|place| place as u32);
        let of = values.iter().map(|value| value.as_ref().and_then(place)).collect();
        Self { names: known.iter().map(name).collect(), of }
    }

    /// Samples of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        self.of.iter().flatten().for_each(|&class| counts[class as usize] += 1);
        counts
    }

    /// Names of these classes in a sentence, the first of them if there are many.
    pub fn listed(&self, classes: &[usize]) -> String {
        let named: Vec<&str> =
            classes.iter().take(MOST_NAMED).map(|&class| self.names[class].as_str()).collect();
        match classes.len() - named.len() {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(
        scalars: &Scalars,
        kind: Option<LabelKind>,
        unlabelled: Option<&str>,
    ) -> (Vec<String>, Vec<Option<u32>>) {
        match Labels::new(scalars, kind, unlabelled).unwrap() {
            Labels::Classes(classes) => (classes.names, classes.of),
            Labels::Values(values) => panic!("{values:?}"),
        }
    }

    #[test]
    fn whole_numbers_and_texts_are_classes_in_their_order() {
        let whole = Scalars::Whole([10, 9, -1, 10].map(Some).to_vec());
        let expected = (vec!["-1".into(), "9".into(), "10".into()], vec![Some(2), Some(1), Some(0), Some(2)]);
        assert_eq!(classes(&whole, None, None), expected);
        let real = Scalars::Real([10.0, 9.0, -1.0, 10.0].map(Some).to_vec());
        assert_eq!(classes(&real, None, None), expected);
        let (names, of) = classes(&whole, None, Some("-1"));
        assert_eq!((names.len(), of), (2, vec![Some(1), Some(0), None, Some(1)]));
        let text = Scalars::Text {
            names: vec!["b".into(), "a".into(), String::new()],
            codes: vec![Some(0), Some(1), Some(2), None],
        };
        assert_eq!(classes(&text, None, None).0, ["", "a", "b"]);
        assert_eq!(classes(&text, None, Some("")).1, [Some(1), Some(0), None, None]);
        let halves = Scalars::Real([0.5, -0.5, 0.5, -0.0, 0.0].map(Some).to_vec());
        assert_eq!(classes(&halves, Some(LabelKind::Classes), None).0, ["-0.5", "0", "0.5"]);
    }

    #[test]
    fn other_numbers_are_values_and_what_is_neither_is_refused() {
        let values = |scalars: &Scalars, kind| match Labels::new(scalars, kind, None).unwrap() {
            Labels::Values(values) => values,
            Labels::Classes(classes) => panic!("{classes:?}"),
        };
        let halves = Scalars::Real(vec![Some(0.5), None, Some(2.0)]);
        assert_eq!(values(&halves, None), [Some(0.5), None, Some(2.0)]);
        assert_eq!(
            values(&Scalars::Whole([3, 1, 2].map(Some).to_vec()), None),
            [Some(3.0), Some(1.0), Some(2.0)]
        );
        let twice = Scalars::Whole([3, 3].map(Some).to_vec());
        assert_eq!(values(&twice, Some(LabelKind::Values)), [Some(3.0), Some(3.0)]);
        let broken = Scalars::Real(vec![Some(1.0), Some(f64::NAN), Some(1.0)]);
        let error = |scalars: &Scalars, kind, none| Labels::new(scalars, kind, none).unwrap_err().to_string();
        assert!(
            error(&broken, None, None).contains("row 1 is NaN")
                && error(&broken, None, None).contains("--unlabelled")
        );
        assert_eq!(Labels::new(&broken, None, Some("nan")).unwrap().labelled(), 2);
        assert!(error(&twice, None, Some("-1")).contains("no label is \"-1\""));
        let text = Scalars::Text { names: vec!["a".into()], codes: vec![Some(0)] };
        assert!(error(&text, Some(LabelKind::Values), None).contains("--labels-as classes"));
    }
}
