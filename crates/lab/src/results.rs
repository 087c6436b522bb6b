//! Results that come with the program: the scoreboard of the shipped sizes, as committed under `results/`.

use crate::claim::Scoreboard;

/// `results/theorems.json`, what `featurescope run theorems` left when it was last made.
const THEOREMS: &str = include_str!("../../../results/theorems.json");

/// The scoreboard of the shipped sizes.
///
/// # Errors
/// If the file is none: a test sees to it that it is.
pub fn theorems() -> Result<Scoreboard, serde_json::Error> {
    serde_json::from_str(THEOREMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file holds the statements that the program has: it was made after their last change.
    #[test]
    fn the_shipped_scoreboard_speaks_of_the_shipped_claims() {
        let board = theorems().unwrap();
        let shipped: Vec<_> = board.claims.iter().map(|claim| claim.id.as_str()).collect();
        let claims = crate::claim::claims().unwrap();
        assert_eq!(shipped, claims.iter().map(|claim| claim.id.as_str()).collect::<Vec<_>>());
        for (result, claim) in board.claims.iter().zip(&claims) {
            assert_eq!(result.tests.len(), claim.tests.len(), "{}", claim.id);
            for (found, test) in result.tests.iter().zip(&claim.tests) {
                assert_eq!((found.quantity.as_str(), found.at), test.quantity(), "{}", claim.id);
                assert_eq!(found.rule, test.bounds(), "{}: its rule has changed", claim.id);
            }
        }
    }
}
