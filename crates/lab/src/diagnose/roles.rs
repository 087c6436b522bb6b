//! What of a file is taken as neurons, as labels, as pairs, and what is left out: decided in one place, and
//! said.
//!
//! Of a table the neurons are the one column of lists of floating-point numbers; without such a column all
//! columns with one floating-point number per row; without these whole numbers, in the same order. Never
//! taken by themselves are the labels and the pairs, columns that index the rows, columns with the name of a
//! label, and whatever is no number. `--columns` and `--array` decide otherwise.

use super::Source;
use crate::array_file::{ArrayError, ArrayFile, Cells, Column, ColumnKind, Content, Offer, Selection, Table};

/// Names of columns that hold labels, in lower case.
const LABELS: [&str; 10] =
    ["label", "labels", "target", "targets", "y", "class", "classes", "category", "class_id", "label_id"];
/// Names of columns that number the rows, in lower case.
const INDICES: [&str; 9] = ["", "index", "idx", "id", "row", "row_id", "row_nr", "row_number", "unnamed: 0"];
/// Names that a sentence lists.
const MOST_NAMED: usize = 12;

/// A column or array that is not among the neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why: a few words.
    pub reason: String,
}

/// What of a file is taken as neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// What is read.
    pub selection: Selection,
    /// Names of the columns that are neurons; empty for an array.
    pub columns: Vec<String>,
    /// Everything else in the file.
    pub left_out: Vec<LeftOut>,
}

/// What is asked of a file, and what of it has another role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The array or column of lists.
    pub array: Option<&'a str>,
    /// Patterns of column names.
    pub columns: &'a [String],
    /// Arrays and columns of this file with another role, and that role.
    pub reserved: &'a [(String, &'static str)],
    /// The name of the labels' column, wherever it is.
    pub label: Option<&'a str>,
    /// What an error says should be there.
    pub expected: &'a str,
}

impl Roles {
    /// Decides.
    pub(super) fn decide(file: &ArrayFile, wanted: &Wanted<'_>) -> Result<Self, ArrayError> {
        let offers = file.offers();
        match (wanted.array, file.table()) {
            (Some(_), _) if !wanted.columns.is_empty() => Err(ArrayError::Request(
                "--array and --columns exclude each other: name one of them".to_owned(),
            )),
            (Some(name), table) => {
                let position = offers.iter().position(|offer| offer.name == name);
                let at = position
                    .ok_or_else(|| file.choice(format!("there is no array `{name}`"), wanted.expected))?;
                Ok(Self::of_array(at, &offers, table, wanted))
            }
            (None, None) if !wanted.columns.is_empty() => Err(file
                .choice("--columns is for tables (.parquet); name an array with --array", wanted.expected)),
            (None, None) => {
                let is_candidate = |offer: &Offer| {
                    offer.shape.len() == 2
                        && matches!(offer.content, Content::Reals | Content::Wholes)
                        && wanted.role(&offer.name).is_none()
                };
                let fitting: Vec<usize> = (0..offers.len()).filter(|&at| is_candidate(&offers[at])).collect();
                match (&fitting[..], offers.len()) {
                    (&[only], _) => Ok(Self::of_array(only, &offers, None, wanted)),
                    (_, 1) => Ok(Self::of_array(0, &offers, None, wanted)),
                    _ => Err(file.choice(UNCLEAR, wanted.expected)),
                }
            }
            (None, Some(table)) if !wanted.columns.is_empty() => Self::of_patterns(file, table, wanted),
            (None, Some(table)) => Self::of_table(file, table, &offers, wanted),
        }
    }

    fn of_array(at: usize, offers: &[Offer], table: Option<&Table>, wanted: &Wanted<'_>) -> Self {
        let reason = |other: usize| match (wanted.role(&offers[other].name), table) {
            (Some(role), _) => role.to_owned(),
            (None, Some(table)) => why_not_beside_lists(&table.columns[other], wanted),
            (None, None) => "another array".to_owned(),
        };
        let others = (0..offers.len()).filter(|&other| other != at);
        let left_out =
            others.map(|other| LeftOut { name: offers[other].name.clone(), reason: reason(other) });
        Self { selection: Selection::Array(at), columns: Vec::new(), left_out: left_out.collect() }
    }

    fn of_table(
        file: &ArrayFile,
        table: &Table,
        offers: &[Offer],
        wanted: &Wanted<'_>,
    ) -> Result<Self, ArrayError> {
        let find = |content: Content, is_list: bool| -> Vec<usize> {
            let fits = |column: &Column| {
                column.kind.content() == content
                    && column.kind != ColumnKind::Boolean
                    && matches!(column.cells, Cells::Lists(_)) == is_list
                    && (is_list || column.cells == Cells::One)
                    && why_never(column, wanted).is_none()
            };
            (0..table.columns.len()).filter(|&at| fits(&table.columns[at])).collect()
        };
        for content in [Content::Reals, Content::Wholes] {
            match &find(content, true)[..] {
                [] => {}
                &[only] => return Ok(Self::of_array(only, offers, Some(table), wanted)),
                _ => {
                    return Err(file
                        .choice("it has several columns of lists; name one with --array", wanted.expected));
                }
            }
            let columns = find(content, false);
            if !columns.is_empty() {
                return Ok(Self::of_columns(table, columns, |column| {
                    let word = column.kind.word();
                    why_never(column, wanted).unwrap_or(match column.cells {
                        Cells::One => format!("{word}, beside floating-point ones"),
                        Cells::Lists(_) | Cells::UnevenLists => format!("lists of {word}"),
                    })
                }));
            }
        }
        Err(file.choice("none of its columns can be neurons", wanted.expected))
    }

    fn of_patterns(file: &ArrayFile, table: &Table, wanted: &Wanted<'_>) -> Result<Self, ArrayError> {
        let is_plain = |column: &Column| column.cells == Cells::One;
        for pattern in wanted.columns {
            let mut matched = table.columns.iter().filter(|column| matches(pattern, &column.name)).peekable();
            if matched.peek().is_none() {
                return Err(file.choice(format!("no column is called `{pattern}`"), wanted.expected));
            }
            // A name that was written out has to be possible; a pattern leaves out what is not.
            for column in matched.filter(|column| column.name == *pattern) {
                let problem = match wanted.role(&column.name) {
                    Some(role) => format!("it is {role}"),
                    None if !is_plain(column) => "it holds lists: name it with --array".to_owned(),
                    None if !is_number(column) => format!("it holds {}", column.kind.word()),
                    None => continue,
                };
                let problem = format!("column `{pattern}` cannot be a neuron: {problem}");
                return Err(file.choice(problem, wanted.expected));
            }
        }
        let is_named = |column: &Column| wanted.columns.iter().any(|pattern| matches(pattern, &column.name));
        let is_taken = |column: &Column| {
            is_named(column) && is_plain(column) && is_number(column) && wanted.role(&column.name).is_none()
        };
        let taken: Vec<usize> = (0..table.columns.len()).filter(|&at| is_taken(&table.columns[at])).collect();
        if taken.is_empty() {
            return Err(file.choice("--columns names no column of numbers", wanted.expected));
        }
        Ok(Self::of_columns(table, taken, |column| match wanted.role(&column.name) {
            Some(role) => role.to_owned(),
            None if is_named(column) => column.kind.word().to_owned(),
            None => "not named by --columns".to_owned(),
        }))
    }

    fn of_columns(table: &Table, taken: Vec<usize>, why_not: impl Fn(&Column) -> String) -> Self {
        let is_taken = |at: usize| taken.binary_search(&at).is_ok();
        let others = table.columns.iter().enumerate().filter(|(at, _)| !is_taken(*at));
        let left_out = others
            .map(|(_, column)| LeftOut { name: column.name.clone(), reason: why_not(column) })
            .collect();
        let columns = taken.iter().map(|&at| table.columns[at].name.clone()).collect();
        Self { selection: Selection::Columns(taken), columns, left_out }
    }

    /// Takes a column away from the neurons.
    pub(super) fn leave_out(&mut self, column: usize, reason: &str) {
        if let Selection::Columns(taken) = &mut self.selection {
            taken.remove(column);
            self.left_out.push(LeftOut { name: self.columns.remove(column), reason: reason.to_owned() });
        }
    }

    /// Puts the columns into the order of these names.
    pub(super) fn in_order_of(&mut self, names: &[String]) {
        if let Selection::Columns(taken) = &mut self.selection {
            let place = |name: &String| names.iter().position(|other| other == name);
            let mut pairs: Vec<(usize, String)> = taken.drain(..).zip(self.columns.drain(..)).collect();
            pairs.sort_by_key(|(_, name)| place(name));
            (*taken, self.columns) = pairs.into_iter().unzip();
        }
    }

    /// What is taken, in words. `shape`: rows and neurons of the file.
    pub(super) fn taken(&self, file: &ArrayFile, [rows, neurons]: [usize; 2]) -> String {
        match (&self.selection, file.table()) {
            (Selection::Array(at), Some(table)) => {
                format!("the lists of column `{}` ({rows} × {neurons})", table.columns[*at].name)
            }
            (Selection::Array(at), None) => {
                format!("array `{}` ({rows} × {neurons})", file.offers()[*at].name)
            }
            (Selection::Columns(_), _) => {
                format!(
                    "{neurons} columns of {rows} rows: {}",
                    listed(self.columns.iter().map(String::as_str))
                )
            }
        }
    }
}

/// What is left out, one phrase per reason: ``label` (the labels); `day`, `hour` (dates)``.
pub fn describe_left_out(left_out: &[LeftOut]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for left in left_out {
        if !reasons.contains(&left.reason.as_str()) {
            reasons.push(&left.reason);
        }
    }
    let phrase = |reason: &&str| {
        let names = left_out.iter().filter(|left| left.reason == **reason).map(|left| left.name.as_str());
        format!("{} ({reason})", listed(names))
    };
    reasons.iter().map(phrase).collect::<Vec<_>>().join("; ")
}

const UNCLEAR: &str =
    "it is not clear which array is meant; name one with --array, --pairs-array or --labels-array";

/// The array or column that holds the labels.
pub(super) fn labels(file: &ArrayFile, source: &Source, expected: &str) -> Result<usize, ArrayError> {
    let offers = file.offers();
    if let Some(name) = &source.array {
        let position = offers.iter().position(|offer| offer.name == *name);
        return position.ok_or_else(|| file.choice(format!("there is no array `{name}`"), expected));
    }
    if offers.len() == 1 {
        return Ok(0);
    }
    let is_index = |at: usize| file.table().is_some_and(|table| is_index(&table.columns[at]));
    let is_candidate = |at: &usize| {
        let offer = &offers[*at];
        offer.shape.iter().filter(|&&extent| extent != Some(1)).count() <= 1
            && offer.content != Content::Other
            && !is_index(*at)
    };
    let candidates: Vec<usize> = (0..offers.len()).filter(is_candidate).collect();
    let named = candidates.iter().copied().filter(|&at| is_one_of(&offers[at].name, &LABELS));
    let discrete = candidates.iter().copied().filter(|&at| offers[at].content != Content::Reals);
    for choice in [candidates.clone(), named.collect(), discrete.collect()] {
        if let [only] = choice[..] {
            return Ok(only);
        }
    }
    let is_named =
        |column: &&Column| is_one_of(&column.name, &LABELS) && column.kind.content() == Content::Other;
    let unusable = file.table().and_then(|table| table.columns.iter().find(is_named));
    Err(match unusable {
        Some(Column { name, kind, .. }) => file.choice(
            format!(
                "column `{name}` holds {}, which are no labels; name another with --labels-array",
                kind.word()
            ),
            expected,
        ),
        None => file.choice(UNCLEAR, expected),
    })
}

/// Names of all arrays of numbers with two indices that have no other role: layers of a network.
pub(super) fn all_matrices(file: &ArrayFile, reserved: &[(String, &'static str)]) -> Vec<String> {
    let is_matrix = |offer: &Offer| {
        offer.shape.len() == 2
            && matches!(offer.content, Content::Reals | Content::Wholes)
            && reserved.iter().all(|(name, _)| *name != offer.name)
    };
    file.offers().into_iter().filter(is_matrix).map(|offer| offer.name).collect()
}

impl Wanted<'_> {
    fn role(&self, name: &str) -> Option<&'static str> {
        self.reserved.iter().find(|(reserved, _)| reserved == name).map(|(_, role)| *role)
    }
}

/// Why a column is never taken by itself.
fn why_never(column: &Column, wanted: &Wanted<'_>) -> Option<String> {
    let why = if let Some(role) = wanted.role(&column.name) {
        role
    } else if wanted.label == Some(column.name.as_str()) {
        "it has the name of the labels"
    } else if is_index(column) {
        "it numbers the rows"
    } else if is_one_of(&column.name, &LABELS) {
        "by its name a label: --labels uses it, --columns makes it a neuron"
    } else if !is_number(column) {
        column.kind.word()
    } else {
        return None;
    };
    Some(why.to_owned())
}

fn why_not_beside_lists(column: &Column, wanted: &Wanted<'_>) -> String {
    why_never(column, wanted).unwrap_or(match column.cells {
        Cells::One => "one value per row, beside lists".to_owned(),
        Cells::Lists(_) | Cells::UnevenLists => "another column of lists".to_owned(),
    })
}

fn is_index(column: &Column) -> bool {
    column.is_index || column.cells == Cells::One && is_one_of(&column.name, &INDICES)
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Real(_) | ColumnKind::Whole { .. } | ColumnKind::Boolean)
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.contains(&name.trim().to_lowercase().as_str())
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.len() <= MOST_NAMED {
        return names.join(", ");
    }
    format!("{}, …, {}", names[..3].join(", "), names[names.len() - 1])
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = name.strip_prefix(first).and_then(|name| name.strip_suffix(last));
    // The first place at which a piece fits leaves most for the pieces behind it.
    let behind = |name, piece: &str| -> Option<&str> { Some(str::split_once(name?, piece)?.1) };
    middle.split('*').filter(|piece| !piece.is_empty()).fold(inner, behind).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(
            matches("f*", "f12") && matches("*", "") && matches("f*_x", "f1_x") && matches("a*b*c", "aXbbc")
        );
        assert!(!matches("f*", "g1") && !matches("f", "f1") && !matches("f*x", "fxy"));
    }

    #[test]
    fn what_is_left_out_is_grouped_by_reason() {
        let left = |name: &str, reason: &str| LeftOut { name: name.into(), reason: reason.into() };
        let all = [
            left("label", "the labels"),
            left("day", "dates"),
            left("id", "it numbers the rows"),
            left("hour", "dates"),
        ];
        let text = describe_left_out(&all);
        assert_eq!(text, "`label` (the labels); `day`, `hour` (dates); `id` (it numbers the rows)");
        let many: Vec<LeftOut> = (0..40).map(|i| left(&format!("c{i}"), "text")).collect();
        assert_eq!(describe_left_out(&many), "`c0`, `c1`, `c2`, …, `c39` (text)");
    }
}
