//! When something is read off a run.

use serde::{Deserialize, Serialize};

/// When a quantity is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Step 0.
    Start,
    /// The end of stage I.
    T1,
    /// The end of stage II.
    T2,
    /// The last step.
    End,
    /// The mean over the recorded steps of the second half of the run: what theory calls [T3, T4].
    Window,
}

impl Moment {
    /// As it reads after a quantity.
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "at the start",
            Self::T1 => "at T1",
            Self::T2 => "at T2",
            Self::End => "at the end",
            Self::Window => "over the second half",
        }
    }
}
