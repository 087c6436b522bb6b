//! The paper's letters, from the table in NOTATION.md.

use super::folded;

const FILE: &str = include_str!("../../../../NOTATION.md");

/// A row of the table of notation.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    /// The letters, as they are written: `T1, T2`; a dash where the paper has none.
    pub letters: String,
    /// What settings, code and results call it; empty where nothing does.
    pub name: String,
    /// What it is.
    pub meaning: String,
    /// What values it may have.
    pub range: String,
    /// The shipped setting.
    pub default: String,
}

impl Symbol {
    /// The letters one by one, and the public names.
    pub fn names(&self) -> Vec<String> {
        let letters = self.letters.split([',', '(', ')']).map(str::trim);
        let names = self.name.split('`').skip(1).step_by(2);
        // A dash stands for nothing, a point in brackets for any argument.
        letters.chain(names).filter(|name| !folded(name).is_empty()).map(ToOwned::to_owned).collect()
    }
}

/// All of them, in the order of the table.
pub fn symbols() -> Vec<Symbol> {
    let rows = FILE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        // A bar inside a cell is written with a backslash.
        let row = row.replace("\\|", "\u{0}");
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect();
        let [letters, name, meaning, range, default] = cells.try_into().ok()?;
        let is_head = letters == "letter" || letters.starts_with("**");
        (!is_head).then_some(Symbol { letters, name, meaning, range, default })
    })
    .collect()
}
