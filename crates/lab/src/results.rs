//! Results that come with the program: the scoreboard of the shipped sizes, as committed under `results/`.

use crate::claim::{Scoreboard, claims_digest};

/// `results/theorems.json`, what `featurescope run theorems` left when it was last made.
const THEOREMS: &str = include_str!("../../../results/theorems.json");

/// The scoreboard of the shipped sizes.
///
/// # Errors
/// If the file is none: a test sees to it that it is.
pub fn theorems() -> Result<Scoreboard, serde_json::Error> {
    serde_json::from_str(THEOREMS)
}

/// Whether a board was judged by the claims of this program: bounds and conditions may have changed since.
pub fn is_of_these_claims(board: &Scoreboard) -> bool {
    board.claims_digest == Some(claims_digest())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file speaks of the statements that the program has. One that says which claims judged it was made
    /// by these.
    #[test]
    fn the_shipped_scoreboard_speaks_of_the_shipped_claims() {
        let board = theorems().unwrap();
        let shipped: Vec<_> = board.claims.iter().map(|claim| claim.id.as_str()).collect();
        let claims = crate::claim::claims().unwrap();
        assert_eq!(shipped, claims.iter().map(|claim| claim.id.as_str()).collect::<Vec<_>>());
        if board.claims_digest.is_none() {
            assert!(!is_of_these_claims(&board), "an older board is told as one");
            return;
        }
        assert!(is_of_these_claims(&board), "its claims have changed: run the experiment again");
        for (result, claim) in board.claims.iter().zip(&claims) {
            for (found, test) in result.tests.iter().zip(&claim.tests) {
                assert_eq!(found.rule, test.bounds(), "{}: its rule has changed", claim.id);
            }
        }
    }
}
