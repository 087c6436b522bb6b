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
