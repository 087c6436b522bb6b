//! The one error that every constructor of this crate returns for a parameter out of range.

use std::fmt::Display;

/// A parameter has a value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value} cannot be used: {accepted}")]
pub struct ParameterError {
    /// The parameter's public name.
    pub name: &'static str,
    /// The value as it was given.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

/// Smallest positive number that a parameter may be where it enters single precision. It and its inverse are
/// normal numbers there, so neither the value nor a quotient by it loses digits.
pub const SMALLEST_SINGLE: f64 = 1e-37;
/// Largest such number.
pub const LARGEST_SINGLE: f64 = 1e37;
/// Smallest probability of an event that is drawn from 32 random bits: it is exact to 0.03 %. Below 2⁻³³ the
/// event would never happen.
pub const SMALLEST_DRAWN: f64 = 1e-6;

/// An error unless `value` is a positive number of single precision.
pub fn require_positive(name: &'static str, value: f64) -> Result<(), ParameterError> {
    let accepted = format!("a number in [{SMALLEST_SINGLE:e}, {LARGEST_SINGLE:e}]");
    require((SMALLEST_SINGLE..=LARGEST_SINGLE).contains(&value), name, value, accepted)
}

/// An error unless `value` is 0 or a positive number of single precision.
pub fn require_non_negative(name: &'static str, value: f64) -> Result<(), ParameterError> {
    let accepted = format!("0 or a number in [{SMALLEST_SINGLE:e}, {LARGEST_SINGLE:e}]");
    let holds = value == 0.0 || (SMALLEST_SINGLE..=LARGEST_SINGLE).contains(&value);
    require(holds, name, value, accepted)
}

/// An error unless `value` is a probability that can be drawn.
pub fn require_drawn(name: &'static str, value: f64) -> Result<(), ParameterError> {
    let accepted = format!("a number in [{SMALLEST_DRAWN:e}, 1]");
    require((SMALLEST_DRAWN..=1.0).contains(&value), name, value, accepted)
}

/// `Ok` if `holds`, else an error that names the parameter, its value and what would be accepted.
pub fn require(
    holds: bool,
    name: &'static str,
    value: impl Display,
    accepted: impl Display,
) -> Result<(), ParameterError> {
    if holds {
        return Ok(());
    }
    Err(ParameterError { name, value: value.to_string(), accepted: accepted.to_string() })
}
