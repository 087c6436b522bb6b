//! What a setting is: what values it takes, what holds where none is given, and what it means.

use super::{AnySlot, Given, Value};
use crate::math::{LARGEST_SINGLE, SMALLEST_DRAWN, SMALLEST_SINGLE};
use std::fmt;

/// One setting of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartSetting {
    /// Its name within its slot.
    pub name: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// What holds when it is not given.
    pub fallback: Fallback,
    /// Names of the settings of the part that say the same, its own among them: at most one may be given.
    pub alternatives: &'static [&'static str],
    /// What it means, with the paper's letter and units.
    pub doc: &'static str,
}

impl PartSetting {
    /// A number with a default, written as in TOML.
    pub const fn number(name: &'static str, range: Range, default: &'static str, doc: &'static str) -> Self {
        Self::new(name, Kind::Number(range), Fallback::Value(default), doc)
    }

    /// One of some words, the default among them.
    pub const fn word(
        name: &'static str,
        words: &'static [&'static str],
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self::new(name, Kind::Choice(words), Fallback::Value(default), doc)
    }

    /// A part of another slot, that slot's default where none is given.
    pub const fn part(name: &'static str, slot: &'static dyn AnySlot, doc: &'static str) -> Self {
        Self::new(name, Kind::Part(slot), Fallback::Absent("the default part with its defaults"), doc)
    }

    /// The same with other settings that say the same, itself among them.
    #[must_use]
    pub const fn one_of(self, alternatives: &'static [&'static str]) -> Self {
        Self { alternatives, ..self }
    }

    /// A part of another slot that came to be a setting later than specs that do not name it: where the slot's default
    /// is meant, nothing is written.
    pub const fn later_part(name: &'static str, slot: &'static dyn AnySlot, doc: &'static str) -> Self {
        Self::new(name, Kind::Part(slot), Fallback::Unwritten(""), doc)
    }

    /// A setting without alternatives.
    pub const fn new(name: &'static str, kind: Kind, fallback: Fallback, doc: &'static str) -> Self {
        Self { name, kind, fallback, alternatives: &[], doc }
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
    /// At least one number, each in this range. A spec may name a file that holds them.
    NumberList(Range),
    /// A part of another slot: a part that is made of parts.
    Part(&'static dyn AnySlot),
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
    /// The same for a setting that is younger than stored specs: a spec that is written leaves this value out, so that
    /// it has the same bytes as before the setting was there.
    Unwritten(&'static str),
    /// The value of another setting.
    SameAs(&'static str),
    /// Absence has a meaning of its own.
    Absent(&'static str),
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
    /// The same and 0, for events that may be switched off.
    pub const DRAWN_FRACTION_OR_ZERO: Self = Self { or_zero: true, ..Self::DRAWN_FRACTION };
    /// Such probabilities of events that also fail to happen.
    pub const OPEN_FRACTION: Self = Self { includes_high: false, ..Self::DRAWN_FRACTION };
    /// [0, 1].
    pub const FRACTION: Self = Self { low: 0.0, ..Self::POSITIVE_FRACTION };
    /// [0, 1).
    pub const BELOW_ONE: Self = Self { includes_high: false, ..Self::FRACTION };
    /// Numbers above 1.
    pub const ABOVE_ONE: Self = Self { low: 1.0, includes_low: false, ..Self::POSITIVE };
    /// Numbers above 2.
    pub const ABOVE_TWO: Self = Self { low: 2.0, ..Self::ABOVE_ONE };
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
        let end = |value: f64| {
            if [0.0, 1.0, 2.0].contains(&value) { value.to_string() } else { format!("{value:e}") }
        };
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
            Self::NumberList(range) => {
                write!(f, "a list, each entry {range}, or the path of a file with them")
            }
            Self::Part(slot) => write!(f, "a part of {}", slot.key()),
        }
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

    /// A value that it accepts.
    pub fn example(&self) -> Value {
        match *self {
            Self::Whole(least, _) => Value::Whole(least),
            Self::Number(range) if range.contains(1.0) => Value::Number(1.0),
            Self::Number(range) => Value::Number(0.5 * (range.low + range.high)),
            Self::Choice(words) => Value::from(words.first().copied().unwrap_or_default()),
            Self::Text | Self::File => Value::from("name"),
            Self::WholeList(least, _) => Value::Wholes(vec![least]),
            Self::NumberList(range) => match Self::Number(range).example() {
                Value::Number(number) => Value::Numbers(vec![number]),
                other => other,
            },
            Self::Part(slot) => Value::part(slot, slot.default_kind(), Vec::new())
                .unwrap_or_else(|_| Value::Part(slot.default_kind().to_owned(), Given::default())),
        }
    }

    /// Whether it takes a text as it was typed, whatever else the text might mean.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::File)
    }

    /// Whether `value` is of this kind.
    pub fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Whole(least, most), Value::Whole(number)) => (least..=most).contains(&number),
            (Self::Number(range), Value::Number(number)) => range.contains(*number),
            (Self::Choice(words), Value::Text(word)) => words.contains(&word.as_str()),
            (Self::Text | Self::File, Value::Text(_)) => true,
            (Self::WholeList(least, most), Value::Wholes(numbers)) => {
                let ascending = numbers.windows(2).all(|pair| pair[0] < pair[1]);
                ascending && numbers.iter().all(|number| (least..=most).contains(&number))
            }
            (Self::NumberList(range), Value::Numbers(numbers)) => {
                !numbers.is_empty() && numbers.iter().all(|number| range.contains(*number))
            }
            (Self::Part(slot), Value::Part(kind, _)) => {
                slot.outlines().iter().any(|part| part.kind == kind.as_str())
            }
            _ => false,
        }
    }

    /// The value that a default stands for, as it is written in TOML; `None` if it is not of this kind.
    pub fn read(&self, text: &str) -> Option<Value> {
        let value = match self {
            Self::Whole(..) => Value::Whole(text.parse().ok()?),
            Self::Number(_) => Value::Number(text.parse().ok()?),
            Self::Choice(_) | Self::Text | Self::File => Value::Text(text.trim_matches('"').to_owned()),
            Self::WholeList(..) => Value::Wholes(items(text).map(str::parse).collect::<Result<_, _>>().ok()?),
            Self::NumberList(_) => {
                Value::Numbers(items(text).map(str::parse).collect::<Result<_, _>>().ok()?)
            }
            Self::Part(_) => return None,
        };
        Some(value).filter(|value| self.accepts(value))
    }
}

/// What stands in a list, as it is written in TOML.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.trim_matches(['[', ']']).split(',').map(str::trim).filter(|item| !item.is_empty())
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

    #[test]
    fn every_kind_accepts_its_example() {
        let kinds = [
            Kind::count(3),
            Kind::counts(2),
            Kind::Number(Range::POSITIVE),
            Kind::Number(Range::BELOW_ONE),
            Kind::Number(Range::ABOVE_ONE),
            Kind::Choice(&["a", "b"]),
            Kind::Text,
            Kind::File,
            Kind::NumberList(Range::BELOW_ONE),
        ];
        assert!(kinds.iter().all(|kind| kind.accepts(&kind.example())));
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
            (Range::ABOVE_TWO, "a number in (2, 1e37]"),
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
}
