//! The closed sets of words in stored files: how an arm ended, how a run stands, what products were made of.
//! Each is a type of its own, so that none can be taken for another and an unknown word is refused where it
//! is read.

use featurescope_sim::math::kernel::Precision;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why the training of an arm ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All planned steps were taken.
    Finished,
    /// A figure left the finite numbers, or the weights grew beyond any use.
    Diverged,
    /// Somebody asked for it; the arm can go on.
    Interrupted,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not begun yet: a run of a sweep.
    Planned,
    /// Under way, or killed.
    Running,
    /// Every arm took all its steps.
    Finished,
    /// Every arm ended, at least one because it diverged.
    Diverged,
    /// Somebody stopped it; it can go on.
    Interrupted,
}

/// What the inputs of products were rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductInputs {
    /// Not at all: single precision.
    Single,
    /// To bfloat16.
    Bfloat16,
}

/// How an arm ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArmEnd {
    /// Why it ended.
    pub stop_reason: StopReason,
    /// What was seen, where it diverged.
    pub stop_detail: Option<String>,
    /// What the inputs of products were rounded to.
    pub product_inputs: ProductInputs,
    /// Steps taken.
    pub steps: u64,
    /// Wall time of training and measuring.
    pub training_seconds: f64,
    /// Wall time of the probes.
    pub probe_seconds: f64,
    /// Why there are no probe scores although there should be.
    pub probe_problem: Option<String>,
}

impl StopReason {
    /// The word that stands for it in files, names of files and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Status {
    /// The word that stands for it in files and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether there is nothing left to do.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Diverged)
    }
}

impl ProductInputs {
    /// The word that stands for it in files and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bfloat16 => "bfloat16",
        }
    }
}

impl From<Precision> for ProductInputs {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Single => Self::Single,
            Precision::Half => Self::Bfloat16,
        }
    }
}

macro_rules! shown_as_word {
    ($($kind:ty),*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    )*};
}

shown_as_word!(StopReason, Status, ProductInputs);

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;

    fn stored_as_shown<T: Serialize + DeserializeOwned + fmt::Display + PartialEq + fmt::Debug>(all: &[T]) {
        for value in all {
            let json = serde_json::to_string(value).unwrap();
            assert_eq!(json, format!("\"{value}\""));
            assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
        }
    }

    #[test]
    fn words_in_files_are_those_of_messages() {
        stored_as_shown(&[StopReason::Finished, StopReason::Diverged, StopReason::Interrupted]);
        stored_as_shown(&[
            Status::Planned,
            Status::Running,
            Status::Finished,
            Status::Diverged,
            Status::Interrupted,
        ]);
        stored_as_shown(&[ProductInputs::Single, ProductInputs::Bfloat16]);
    }

    #[test]
    fn a_word_of_one_set_is_none_of_another() {
        for word in ["\"single\"", "\"bfloat16\"", "\"running\"", "\"planned\"", "\"\"", "\"Finished\"", "1"]
        {
            assert!(serde_json::from_str::<StopReason>(word).is_err(), "{word}");
        }
        for word in ["\"single\"", "\"Running\"", "null"] {
            assert!(serde_json::from_str::<Status>(word).is_err(), "{word}");
        }
        assert!(serde_json::from_str::<ProductInputs>("\"finished\"").is_err());
    }
}
