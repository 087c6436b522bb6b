//! What an entry of an array is, and its exact value.

use super::Content;
use half::{bf16, f16};
use std::collections::HashMap;

/// Whole numbers up to this size are exact in double precision.
const LARGEST_EXACT: i128 = 1 << 53;
/// The largest entry of a representation has to reach this: below, single precision loses digits.
const SMALLEST_SCALE: f32 = 1e-30;

/// The kind of an array's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// IEEE half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Signed, of so many bytes.
    Signed(usize),
    /// Unsigned, of so many bytes; a truth value is one byte.
    Unsigned(usize),
    /// Text of so many characters of four bytes each, filled up with zeros.
    Unicode(usize),
    /// Text of so many bytes, filled up with zeros.
    Bytes(usize),
}

/// One entry, exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A floating-point number.
    Real(f64),
    /// A whole number.
    Whole(i128),
    /// Text.
    Text(String),
}

impl Element {
    /// Bytes of an entry.
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Signed(size) | Self::Unsigned(size) | Self::Bytes(size) => size,
            Self::Unicode(characters) => characters.saturating_mul(4),
        }
    }

    /// What its entries are.
    pub fn content(self) -> Content {
        match self {
            Self::F16 | Self::Bf16 | Self::F32 | Self::F64 => Content::Reals,
            Self::Signed(_) | Self::Unsigned(_) => Content::Wholes,
            Self::Unicode(_) | Self::Bytes(_) => Content::Text,
        }
    }

    /// The entry in these bytes.
    pub(super) fn decode(self, bytes: &[u8], is_big_endian: bool) -> Entry {
        let word = |bytes: &[u8]| {
            let byte = |word: u64, &byte: &u8| word << 8 | u64::from(byte);
            if is_big_endian { bytes.iter().fold(0, byte) } else { bytes.iter().rev().fold(0, byte) }
        };
        match self {
            Self::F16 => Entry::Real(f16::from_bits(word(bytes) as u16).to_f64()),
            Self::Bf16 => Entry::Real(bf16::from_bits(word(bytes) as u16).to_f64()),
            Self::F32 => Entry::Real(f64::from(f32::from_bits(word(bytes) as u32))),
            Self::F64 => Entry::Real(f64::from_bits(word(bytes))),
            Self::Unsigned(_) => Entry::Whole(i128::from(word(bytes))),
            Self::Signed(size) => {
                let unused = 64 - 8 * size as u32;
                Entry::Whole(i128::from((word(bytes) << unused).cast_signed() >> unused))
            }
            Self::Unicode(_) => {
                let characters = bytes.chunks_exact(4).map(|four| word(four) as u32);
                let text: String = characters
                    .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect();
                Entry::Text(text.trim_end_matches('\0').to_owned())
            }
            Self::Bytes(_) => Entry::Text(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()),
        }
    }
}

impl Entry {
    /// The entry as part of a representation, in single precision.
    ///
    /// # Errors
    /// What is wrong with it: it is no number, not finite, or out of range.
    pub fn activation(&self) -> Result<f32, String> {
        let value = match self {
            Self::Text(text) => return Err(format!("the text {text:?}, not a number")),
            Self::Whole(whole) if whole.abs() > LARGEST_EXACT => {
                return Err(format!(
                    "{whole}, a whole number beyond 2⁵³, which no floating-point number holds exactly"
                ));
            }
            Self::Whole(whole) => *whole as f64,
            Self::Real(value) => *value,
        };
        let single = value as f32;
        if single.is_finite() {
            // A neuron that answers very weakly still answers: only an exact 0 is silence.
            Ok(if single == 0.0 && value != 0.0 { f32::MIN_POSITIVE.copysign(single) } else { single })
        } else if value.is_finite() {
            Err(format!("{value:e}, beyond single precision (±{:.1e})", f32::MAX))
        } else {
            Err(format!("{value}, not a finite number"))
        }
    }
}

/// What is wrong with the scale of a representation, if something is.
pub(crate) fn scale_problem(values: &[f32]) -> Option<String> {
    let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    (largest > 0.0 && largest < SMALLEST_SCALE).then(|| {
        format!(
            "its largest entry is {largest:.1e}, too small for single precision: multiply all entries by \
             a constant"
        )
    })
}

/// One value per sample, each missing or there.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalars {
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Floating-point numbers, finite or not.
    Real(Vec<Option<f64>>),
    /// Texts: the different ones, in the order in which they come, and which one a sample has.
    Text {
        /// The different texts.
        names: Vec<String>,
        /// Positions in `names`.
        codes: Vec<Option<u32>>,
    },
}

impl Scalars {
    /// Something that equal values of different rows share; `None` where there is none.
    pub fn key(&self, row: usize) -> Option<u64> {
        match self {
            Self::Whole(values) => values[row].map(i64::cast_unsigned),
            // −0 is 0.
            Self::Real(values) => values[row].map(|value| (value + 0.0).to_bits()),
            Self::Text { codes, .. } => codes[row].map(u64::from),
        }
    }

    /// Samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Text { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of sample `row`, where it is one.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Whole(values) => values[row].map(|whole| whole as f64),
            Self::Real(values) => values[row],
            Self::Text { .. } => None,
        }
    }
}

/// Collects one value per sample. Of which kind they are shows with the first that is there.
#[derive(Default)]
pub(super) struct Gather {
    rows: usize,
    scalars: Option<Scalars>,
    known: HashMap<String, u32>,
}

impl Gather {
    pub fn put(&mut self, entry: Option<Entry>) -> Result<(), String> {
        let row = self.rows;
        self.rows += 1;
        let Some(entry) = entry else {
            match &mut self.scalars {
                None => {}
                Some(Scalars::Whole(values)) => values.push(None),
                Some(Scalars::Real(values)) => values.push(None),
                Some(Scalars::Text { codes, .. }) => codes.push(None),
            }
            return Ok(());
        };
        let scalars = self.scalars.get_or_insert_with(|| match entry {
            Entry::Whole(_) => Scalars::Whole(vec![None; row]),
            Entry::Real(_) => Scalars::Real(vec![None; row]),
            Entry::Text(_) => Scalars::Text { names: Vec::new(), codes: vec![None; row] },
        });
        match (scalars, entry) {
            (Scalars::Whole(values), Entry::Whole(whole)) => {
                let whole = i64::try_from(whole);
                values.push(Some(whole.map_err(|_| format!("the value of row {row} is beyond ±2⁶³"))?));
            }
            (Scalars::Real(values), Entry::Real(value)) => values.push(Some(value)),
            (Scalars::Text { names, codes }, Entry::Text(text)) => {
                let code = *self.known.entry(text).or_insert_with_key(|text| {
                    names.push(text.clone());
                    names.len() as u32 - 1
                });
                codes.push(Some(code));
            }
            _ => return Err(format!("the value of row {row} is of another kind than those before")),
        }
        Ok(())
    }

    pub fn scalars(self) -> Result<Scalars, String> {
        self.scalars.ok_or_else(|| format!("all of its {} values are missing", self.rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_entry_has_its_exact_value_in_either_byte_order() {
        let cases: [(Element, Vec<u8>, Entry); 12] = [
            (Element::F16, f16::from_f32(-1.5).to_le_bytes().to_vec(), Entry::Real(-1.5)),
            (Element::Bf16, bf16::from_f32(3.0).to_le_bytes().to_vec(), Entry::Real(3.0)),
            (Element::F32, 0.1f32.to_le_bytes().to_vec(), Entry::Real(f64::from(0.1f32))),
            (Element::F64, 0.1f64.to_le_bytes().to_vec(), Entry::Real(0.1)),
            (Element::Signed(1), vec![0xff], Entry::Whole(-1)),
            (Element::Signed(2), (-300i16).to_le_bytes().to_vec(), Entry::Whole(-300)),
            (Element::Signed(8), i64::MIN.to_le_bytes().to_vec(), Entry::Whole(i128::from(i64::MIN))),
            (Element::Unsigned(1), vec![0xff], Entry::Whole(255)),
            (Element::Unsigned(4), u32::MAX.to_le_bytes().to_vec(), Entry::Whole(i128::from(u32::MAX))),
            (Element::Unsigned(8), u64::MAX.to_le_bytes().to_vec(), Entry::Whole(i128::from(u64::MAX))),
            (Element::Bytes(4), b"cat\0".to_vec(), Entry::Text("cat".into())),
            (Element::Unicode(1), u32::from('é').to_le_bytes().to_vec(), Entry::Text("é".into())),
        ];
        for (element, bytes, expected) in cases {
            assert_eq!(element.size(), bytes.len());
            assert_eq!(element.decode(&bytes, false), expected);
            let turned: Vec<u8> = bytes.iter().rev().copied().collect();
            if !matches!(element, Element::Bytes(_)) {
                assert_eq!(element.decode(&turned, true), expected);
            }
        }
    }

    #[test]
    fn an_activation_is_exact_or_refused() {
        let fails = |entry: Entry, word: &str| {
            let problem = entry.activation().unwrap_err();
            assert!(problem.contains(word), "{problem}");
        };
        assert_eq!(Entry::Whole(1 << 53).activation(), Ok(2f32.powi(53)));
        fails(Entry::Whole((1 << 53) + 1), "9007199254740993");
        fails(Entry::Real(f64::NAN), "NaN");
        fails(Entry::Real(1e39), "1e39, beyond single precision");
        fails(Entry::Text("a".into()), "not a number");
        // A tiny answer is no silence.
        assert_eq!(Entry::Real(-1e-60).activation(), Ok(-f32::MIN_POSITIVE));
        assert!(scale_problem(&[1e-40, 0.0]).is_some());
        assert!(scale_problem(&[0.0]).is_none() && scale_problem(&[1e-20]).is_none());
    }
}
