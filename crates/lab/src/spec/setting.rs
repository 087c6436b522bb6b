//! What a setting is: its key, what values it takes, when it is used, and what it means.

use std::fmt;
use toml::Value;

/// One setting of a run.
#[derive(Clone, Copy, Debug)]
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

/// The values that a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number, at least this.
    Whole(i64),
    /// A number in a range.
    Number(Range),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// Path of a file; relative to the spec that names it.
    File,
    /// Ascending whole numbers, each at least this.
    WholeList(i64),
}

/// What holds when a setting is not given.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// It must be given.
    Required,
    /// This value, written as in TOML.
    Value(&'static str),
    /// The value of another setting.
    SameAs(&'static str),
    /// Absence has a meaning of its own.
    Absent(&'static str),
}

/// "The setting `key` has one of these values."
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// Key of a [`Kind::Choice`].
    pub key: &'static str,
    /// The values for which the condition holds.
    pub any_of: &'static [&'static str],
}

/// An interval of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
    includes_low: bool,
    includes_high: bool,
}

impl Range {
    /// (0, ∞).
    pub const POSITIVE: Self =
        Self { low: 0.0, high: f64::INFINITY, includes_low: false, includes_high: false };
    /// [0, ∞).
    pub const NON_NEGATIVE: Self = Self { includes_low: true, ..Self::POSITIVE };
    /// (0, 1].
    pub const POSITIVE_FRACTION: Self = Self { high: 1.0, includes_high: true, ..Self::POSITIVE };
    /// (0, 1).
    pub const INNER_FRACTION: Self = Self { high: 1.0, ..Self::POSITIVE };
    /// [0, 1].
    pub const FRACTION: Self = Self { includes_low: true, ..Self::POSITIVE_FRACTION };
    /// [0, 1).
    pub const BELOW_ONE: Self = Self { includes_low: true, ..Self::INNER_FRACTION };
    /// (1, ∞).
    pub const ABOVE_ONE: Self = Self { low: 1.0, ..Self::POSITIVE };
    /// [1, ∞).
    pub const FROM_ONE: Self = Self { includes_low: true, ..Self::ABOVE_ONE };

    /// Whether `value` lies in the interval; NaN never does.
    pub fn contains(&self, value: f64) -> bool {
        let above = value > self.low || (self.includes_low && value == self.low);
        let below = value < self.high || (self.includes_high && value == self.high);
        above && below
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.high.is_infinite() {
            return write!(f, "a number {} {}", if self.includes_low { "≥" } else { ">" }, self.low);
        }
        let (open, close) =
            (if self.includes_low { '[' } else { '(' }, if self.includes_high { ']' } else { ')' });
        write!(f, "a number in {open}{}, {}{close}", self.low, self.high)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(least) => write!(f, "a whole number ≥ {least}"),
            Self::Number(range) => range.fmt(f),
            Self::Choice(words) => write!(f, "{}", words.join(" | ")),
            Self::Text => write!(f, "a text"),
            Self::File => write!(f, "the path of a file"),
            Self::WholeList(least) => write!(f, "a list of ascending whole numbers ≥ {least}"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.any_of.join(" or "))
    }
}

impl Kind {
    /// The value in the form that the typed spec reads, or `None` if it is not of this kind.
    ///
    /// `1e3` is accepted as a whole number, `1` as a number.
    pub fn accept(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Whole(least) => whole(value).filter(|number| number >= least).map(Value::Integer),
            Self::Number(range) => number(value).filter(|&number| range.contains(number)).map(Value::Float),
            Self::Choice(words) => value.as_str().filter(|word| words.contains(word)).map(|_| value.clone()),
            Self::Text | Self::File => value.as_str().map(|_| value.clone()),
            Self::WholeList(least) => {
                let numbers: Option<Vec<i64>> = value.as_array()?.iter().map(whole).collect();
                let numbers = numbers?;
                let ascending = numbers.windows(2).all(|pair| pair[0] < pair[1]);
                let holds = ascending && numbers.iter().all(|number| number >= least);
                holds.then(|| Value::Array(numbers.into_iter().map(Value::Integer).collect()))
            }
        }
    }
}

impl Kind {
    /// Whether `value` is a list of values for this setting, one run each.
    pub fn is_swept(&self, value: &Value) -> bool {
        let Some(items) = value.as_array() else { return false };
        match self {
            Self::WholeList(_) => items.iter().any(Value::is_array),
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
    fn ranges_know_their_ends_and_nan_is_nowhere() {
        assert!(Range::POSITIVE_FRACTION.contains(1.0) && !Range::POSITIVE_FRACTION.contains(0.0));
        assert!(Range::NON_NEGATIVE.contains(0.0) && !Range::POSITIVE.contains(0.0));
        assert!(!Range::POSITIVE.contains(f64::INFINITY));
        for range in [Range::POSITIVE, Range::FRACTION, Range::ABOVE_ONE] {
            assert!(!range.contains(f64::NAN));
        }
    }

    #[test]
    fn values_are_accepted_in_one_form() {
        assert_eq!(Kind::Whole(1).accept(&Value::Float(1e3)), Some(Value::Integer(1000)));
        assert_eq!(Kind::Whole(1).accept(&Value::Float(1.5)), None);
        assert_eq!(Kind::Whole(1).accept(&Value::Integer(0)), None);
        assert_eq!(Kind::Number(Range::POSITIVE).accept(&Value::Integer(2)), Some(Value::Float(2.0)));
        assert_eq!(Kind::Number(Range::POSITIVE).accept(&Value::String("2".into())), None);
        let list = |numbers: &[i64]| Value::Array(numbers.iter().map(|&n| Value::Integer(n)).collect());
        assert!(Kind::WholeList(1).accept(&list(&[1, 5])).is_some());
        assert!(Kind::WholeList(1).accept(&list(&[5, 1])).is_none());
    }
}
