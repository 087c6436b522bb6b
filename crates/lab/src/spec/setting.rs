//! What a setting is: its key, what values it takes, when it is used, and what it means.

use featurescope_sim::math::{LARGEST_SINGLE, SMALLEST_DRAWN, SMALLEST_SINGLE};
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
            Fallback::Value(value) => value.trim_matches('"').to_owned(),
            Fallback::SameAs(key) => format!("the value of {key}"),
            Fallback::Absent(meaning) => format!("not given; then {meaning}"),
        }
    }
}

/// The values that a setting takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number in this range, both ends included.
    Whole(i64, i64),
    /// A number in a range.
    Number(Range),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// Path of a file; relative to the spec that names it.
    File,
    /// Ascending whole numbers, each in this range, both ends included.
    WholeList(i64, i64),
}

/// Steps, samples, neurons and atoms are numbered by 32 bits in the random streams.
const LARGEST_COUNT: i64 = u32::MAX as i64;

/// What holds when a setting is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Key of a [`Kind::Choice`].
    pub key: &'static str,
    /// The values for which the condition holds.
    pub any_of: &'static [&'static str],
}

/// An interval of numbers, and zero where zero switches something off.
///
/// Training computes in single precision, so a number that enters it lies where that number and its inverse
/// are normal numbers there ([`SMALLEST_SINGLE`], [`LARGEST_SINGLE`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
    includes_low: bool,
    includes_high: bool,
    or_zero: bool,
}

impl Range {
    /// Positive numbers of single precision.
    pub const POSITIVE: Self = Self {
        low: SMALLEST_SINGLE,
        high: LARGEST_SINGLE,
        includes_low: true,
        includes_high: true,
        or_zero: false,
    };
    /// The same and 0.
    pub const NON_NEGATIVE: Self = Self { or_zero: true, ..Self::POSITIVE };
    /// Positive numbers whose squares are numbers of single precision.
    pub const SQUARABLE: Self = Self { low: 1e-18, high: 1e18, ..Self::POSITIVE };
    /// Positive numbers up to 1.
    pub const POSITIVE_FRACTION: Self = Self { high: 1.0, ..Self::POSITIVE };
    /// Probabilities of events that are drawn from 32 random bits: the smallest is exact to 0.03 %.
    pub const DRAWN_FRACTION: Self = Self { low: SMALLEST_DRAWN, ..Self::POSITIVE_FRACTION };
    /// [0, 1].
    pub const FRACTION: Self = Self { low: 0.0, ..Self::POSITIVE_FRACTION };
    /// [0, 1).
    pub const BELOW_ONE: Self = Self { includes_high: false, ..Self::FRACTION };
    /// Numbers above 1.
    pub const ABOVE_ONE: Self = Self { low: 1.0, includes_low: false, ..Self::POSITIVE };
    /// Numbers from 1 on.
    pub const FROM_ONE: Self = Self { includes_low: true, ..Self::ABOVE_ONE };

    /// Whether `value` lies in the interval; NaN never does.
    pub fn contains(&self, value: f64) -> bool {
        let above = value > self.low || (self.includes_low && value == self.low);
        let below = value < self.high || (self.includes_high && value == self.high);
        (above && below) || (self.or_zero && value == 0.0)
    }

    /// The lower and the upper end.
    pub fn ends(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zero = if self.or_zero { "0 or " } else { "" };
        let open = if self.includes_low { '[' } else { '(' };
        let close = if self.includes_high { ']' } else { ')' };
        let end =
            |value: f64| if value == 0.0 || value == 1.0 { value.to_string() } else { format!("{value:e}") };
        write!(f, "{zero}a number in {open}{}, {}{close}", end(self.low), end(self.high))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
            Self::Number(range) => range.fmt(f),
            Self::Choice(words) => write!(f, "{}", words.join(" | ")),
            Self::Text => write!(f, "a text"),
            Self::File => write!(f, "the path of a file"),
            Self::WholeList(least, most) => {
                write!(f, "a list of ascending whole numbers from {least} to {most}")
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.any_of.join(" or "))
    }
}

impl Kind {
    /// A number of steps, samples, neurons or the like, at least `least`.
    pub const fn count(least: i64) -> Self {
        Self::Whole(least, LARGEST_COUNT)
    }

    /// An ascending list of such numbers.
    pub const fn counts(least: i64) -> Self {
        Self::WholeList(least, LARGEST_COUNT)
    }

    /// Whether it takes a text as it was typed, whatever else the text might mean.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::File)
    }

    /// What would be accepted where `value` is not.
    pub fn expected_instead_of(&self, value: &Value) -> String {
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

    /// The value in the form that the typed spec reads, or `None` if it is not of this kind.
    ///
    /// `1e3` is accepted as a whole number, `1` as a number.
    pub fn accept(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Whole(least, most) => {
                whole(value).filter(|number| (least..=most).contains(&number)).map(Value::Integer)
            }
            // −0 is 0, and equal settings have to look equal.
            Self::Number(range) => number(value)
                .filter(|&number| range.contains(number))
                .map(|number| Value::Float(number + 0.0)),
            Self::Choice(words) => value.as_str().filter(|word| words.contains(word)).map(|_| value.clone()),
            Self::Text | Self::File => value.as_str().map(|_| value.clone()),
            Self::WholeList(least, most) => {
                let numbers: Option<Vec<i64>> = value.as_array()?.iter().map(whole).collect();
                let numbers = numbers?;
                let ascending = numbers.windows(2).all(|pair| pair[0] < pair[1]);
                let holds = ascending && numbers.iter().all(|number| (least..=most).contains(&number));
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
            Self::WholeList(..) => items.iter().any(Value::is_array),
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
        for range in [Range::POSITIVE, Range::FRACTION, Range::ABOVE_ONE, Range::NON_NEGATIVE] {
            assert!(!range.contains(f64::NAN));
        }
    }

    /// What a message calls the ends is what is accepted there.
    #[test]
    fn ranges_read_as_they_are() {
        for (range, text) in [
            (Range::POSITIVE, "a number in [1e-37, 1e37]"),
            (Range::NON_NEGATIVE, "0 or a number in [1e-37, 1e37]"),
            (Range::DRAWN_FRACTION, "a number in [1e-6, 1]"),
            (Range::BELOW_ONE, "a number in [0, 1)"),
            (Range::ABOVE_ONE, "a number in (1, 1e37]"),
        ] {
            assert_eq!(range.to_string(), text);
            let ends = text.split(['[', '(', ',', ']', ')']).filter_map(|word| word.trim().parse().ok());
            let accepted: Vec<bool> = ends.map(|end: f64| range.contains(end)).collect();
            assert_eq!(accepted, [text.contains('['), text.contains(']')], "{text}");
        }
    }

    /// Numbers and inverses at the ends are what single precision holds in full.
    #[test]
    fn the_ends_are_numbers_of_single_precision() {
        for end in Range::POSITIVE.ends().into_iter().chain(Range::SQUARABLE.ends()) {
            assert!((end as f32).is_normal() && (1.0 / end as f32).is_normal(), "{end}");
        }
        assert!(Range::SQUARABLE.ends().iter().all(|&end| ((end * end) as f32).is_normal()));
    }

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
