//! Results that come with the program: the scoreboard of a paper, as its experiments left it when they were last made.

use crate::claim::{Scoreboard, claims_digest};
use crate::paper::Paper;

/// The scoreboard of a paper; `None` before there is one.
///
/// # Errors
/// If the file is none: a test of the paper sees to it that it is.
pub fn board(paper: &Paper) -> Result<Option<Scoreboard>, serde_json::Error> {
    paper.board.map(serde_json::from_str).transpose()
}

/// Whether a board was judged by the paper's claims as they are now: bounds and conditions may have changed since.
pub fn is_of_these_claims(paper: &Paper, board: &Scoreboard) -> bool {
    board.claims_digest == Some(claims_digest(paper))
}
