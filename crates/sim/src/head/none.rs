//! No head: the loss reads the features themselves.

use super::HeadPart;

/// The declaration.
pub(super) static PART: HeadPart = HeadPart {
    kind: "none",
    summary: "the loss reads the features themselves (the paper)",
    settings: &[],
    build: |_, ()| Ok(None),
};
