//! The statements of all papers, and which of them read a column or a quantity.

use anyhow::Result;
use featurescope_lab::claim::{Claim, claims};
use featurescope_lab::paper::shipped;

/// The statements of all papers.
pub fn all_statements() -> Result<Vec<Claim>> {
    let mut all = Vec::new();
    for paper in shipped() {
        all.extend(claims(paper)?);
    }
    Ok(all)
}

/// The names of the statements whose tests read a quantity or column.
pub fn tested_by<'a>(name: &str, statements: &'a [Claim]) -> Vec<&'a str> {
    let reads = |claim: &&Claim| claim.tests.iter().any(|test| test.quantity().0 == name);
    statements.iter().filter(reads).map(|claim| claim.id.as_str()).collect()
}
