//! A setting of a spec: its key, what values it takes, when it is used, and what it means.

pub use featurescope_sim::part::{Fallback, Kind, Range};

use featurescope_sim::part;
use std::fmt;
use toml::Value;

/// One setting of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Dotted key, for example `training.learning_rate`.
    pub key: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// What holds when it is not given.
    pub fallback: Fallback,
    /// The setting is used when all of these hold.
    pub used_when: &'static [Condition],
    /// Other ways of saying the same: at most one of them may be given.
    pub alternatives: &'static [&'static str],
    /// What it means, with the paper's letter and units.
    pub doc: &'static str,
}

impl Setting {
    /// The values it takes, in words.
    pub fn values_in_words(&self) -> String {
        match self.kind {
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            kind => kind.to_string(),
        }
    }

    /// What holds when it is not given, in words.
    pub fn default_in_words(&self) -> String {
        match self.fallback {
            Fallback::Required => "none, it must be given".to_owned(),
            Fallback::Value(value) | Fallback::Unwritten(value) => value.trim_matches('"').to_owned(),
            Fallback::SameAs(key) => format!("the value of {key}"),
            Fallback::Absent(meaning) => format!("not given; then {meaning}"),
        }
    }
}

/// "The setting `key` has one of these values."
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Key of a [`Kind::Choice`].
    pub key: &'static str,
    /// The values for which the condition holds.
    pub any_of: &'static [&'static str],
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.any_of.join(" or "))
    }
}

/// How values of a kind are written in TOML.
pub trait InToml {
    /// What would be accepted where `value` is not.
    fn expected_instead_of(&self, value: &Value) -> String;

    /// The value in the form that the typed spec reads, or `None` if it is not of this kind.
    ///
    /// `1e3` is accepted as a whole number, `1` as a number.
    fn accept(&self, value: &Value) -> Option<Value> {
        let read = self.read_toml(value)?;
        Some(match read {
            part::Value::Whole(number) => Value::Integer(number),
            part::Value::Number(number) => Value::Float(number),
            part::Value::Text(text) => Value::String(text),
            part::Value::Wholes(numbers) => Value::Array(numbers.into_iter().map(Value::Integer).collect()),
            part::Value::Numbers(numbers) => Value::Array(numbers.into_iter().map(Value::Float).collect()),
            // No setting of the list holds a part: the list holds the settings of the part's slot.
            part::Value::Part(..) => return None,
        })
    }

    /// The value as a part gets it, or `None` if it is not of this kind.
    fn read_toml(&self, value: &Value) -> Option<part::Value>;

    /// Whether `value` is a list of values for this setting, one run each.
    fn is_swept(&self, value: &Value) -> bool;
}

impl InToml for Kind {
    fn expected_instead_of(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Whole(..), Value::Float(number))
                if number.fract() == 0.0 && number.abs() >= LARGEST_EXACT =>
            {
                format!("{self}, written out: 2^53 and more is not read from a point or an exponent")
            }
            (Self::Text | Self::File, Value::Array(_)) => self.to_string(),
            (Self::Text | Self::File, _) => format!("{self}, in quotes"),
            _ => self.to_string(),
        }
    }

    fn read_toml(&self, value: &Value) -> Option<part::Value> {
        let read = match self {
            Self::Whole(..) => part::Value::Whole(whole(value)?),
            // −0 is 0, and equal settings have to look equal.
            Self::Number(_) => part::Value::Number(number(value)? + 0.0),
            Self::Choice(_) | Self::Text | Self::File => part::Value::Text(value.as_str()?.to_owned()),
            Self::WholeList(..) => {
                part::Value::Wholes(value.as_array()?.iter().map(whole).collect::<Option<_>>()?)
            }
            Self::NumberList(_) => {
                let items = value.as_array()?.iter().map(|item| Some(number(item)? + 0.0));
                part::Value::Numbers(items.collect::<Option<_>>()?)
            }
            Self::Part(_) => return None,
        };
        Some(read).filter(|read| self.accepts(read))
    }

    fn is_swept(&self, value: &Value) -> bool {
        let Some(items) = value.as_array() else { return false };
        match self {
            Self::WholeList(..) => items.iter().any(Value::is_array),
            // A text in a list names a file of numbers.
            Self::NumberList(_) => items.iter().any(|item| item.is_array() || item.is_str()),
            _ => true,
        }
    }
}
/// Beyond this a double no longer tells neighbouring whole numbers apart.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(value: &Value) -> Option<i64> {
    match *value {
        Value::Integer(number) => Some(number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < LARGEST_EXACT => Some(number as i64),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match *value {
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_accepted_in_one_form() {
        let count = Kind::count(1);
        assert_eq!(count.accept(&Value::Float(1e3)), Some(Value::Integer(1000)));
        for refused in [Value::Float(1.5), Value::Integer(0), Value::Integer(1 << 32), Value::Boolean(true)] {
            assert_eq!(count.accept(&refused), None, "{refused}");
        }
        assert_eq!(Kind::Number(Range::POSITIVE).accept(&Value::Integer(2)), Some(Value::Float(2.0)));
        assert_eq!(Kind::Number(Range::POSITIVE).accept(&Value::String("2".into())), None);
        let zero = Kind::Number(Range::NON_NEGATIVE).accept(&Value::Float(-0.0)).unwrap();
        assert_eq!(zero.to_string(), "0.0");
        let list = |numbers: &[i64]| Value::Array(numbers.iter().map(|&n| Value::Integer(n)).collect());
        assert!(Kind::counts(1).accept(&list(&[1, 5])).is_some());
        assert!(Kind::counts(1).accept(&list(&[5, 1])).is_none());
    }
}
