//! Every citation of a paper's theory page and of the derivations names a section, a step or an equation that is
//! there.
//!
//! Below the folder of a paper `theory.md` means its own page, everywhere else the one of this paper. The folder
//! before the name, `simon-2023/theory.md`, says which page is meant wherever it stands.
//!
//! A citation is the page's file name with numbers behind it, in any of these forms:
//!
//! - sections: `theory.md 4.3, 4.5 and 4.7`, `theory.md 3.1 (stages), 4.3 (growth)`, `theory.md, section 5`,
//!   and the same behind a link to the page;
//! - an item of a section's list: `theory.md 7 (8)`, `reduced.md 2.7`;
//! - an equation by its tag: `theory.md (4.3c)`;
//! - a table's column with the page's name as its head;
//! - on the pages themselves: `section 4` and `(4.3c)`.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Fewest citations in the repository: fewer mean that they were not found.
const FEWEST: usize = 200;

/// What a page has that can be cited: `4.3`, `7 (8)`, `(4.3c)`; `2.7` where a page has no subsections.
struct Page {
    name: &'static str,
    /// The folder of its paper.
    paper: String,
    has: BTreeSet<String>,
}

impl Page {
    fn read(paper: &str, name: &'static str, text: &str) -> Self {
        let has_subsections = text.lines().any(|line| line.starts_with("### "));
        let (mut has, mut section) = (BTreeSet::new(), String::new());
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
                section = String::from(number(heading).unwrap().0);
                has.insert(section.clone());
            } else if let Some((item, _)) = line.split_once(". ")
                && is_whole(item)
            {
                has.insert(if has_subsections {
                    format!("{section} ({item})")
                } else {
                    format!("{section}.{item}")
                });
            }
        }
        let tags = text.split("\\tag{").skip(1).map(|rest| rest.split('}').next().unwrap());
        has.extend(tags.map(|tag| format!("({tag})")));
        Self { name, paper: paper.to_owned(), has }
    }

    /// What a text cites of this page and the page does not have, and how many citations were compared. The name
    /// alone means this page where `is_home`.
    fn unresolved(&self, text: &str, is_home: bool) -> (Vec<String>, usize) {
        let mut cited = self.cited_by_name(text, is_home);
        if is_home {
            cited.extend(self.cited_in_columns(text));
        }
        (self.missing(&cited), cited.len())
    }

    /// The same for the page's own text.
    fn unresolved_within(&self, text: &str) -> (Vec<String>, usize) {
        let text = without_breaks(text);
        let sections = text.split("section ").skip(1).filter_map(number).map(|(number, _)| number.to_owned());
        let brackets = text.split('(').skip(1).filter_map(|rest| rest.split_once(')'));
        let tags = brackets.filter(|(tag, _)| is_tag(tag)).map(|(tag, _)| format!("({tag})"));
        let cited: Vec<String> = sections.chain(tags).collect();
        (self.missing(&cited), cited.len())
    }

    fn missing(&self, cited: &[String]) -> Vec<String> {
        let missing = cited.iter().filter(|citation| !self.has.contains(*citation));
        missing.map(|citation| format!("{} {citation}", self.name)).collect()
    }

    fn cited_by_name(&self, text: &str, is_home: bool) -> Vec<String> {
        let text = without_breaks(text);
        let mut cited = Vec::new();
        for (at, name) in text.match_indices(self.name) {
            let means_this = paper_before(&text[..at]).map_or(is_home, |paper| paper == self.paper);
            if !means_this {
                continue;
            }
            let rest = text[at + name.len()..].trim_start_matches('`');
            // Behind a link or a bracket a number may be about something else, unless it looks like a
            // section.
            let (rest, is_behind_bracket) = rest.strip_prefix(')').map_or((rest, false), |rest| (rest, true));
            let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            let named = rest.strip_prefix("section ");
            let numbers = list(named.unwrap_or(rest));
            let is_plain = numbers.first().is_some_and(|number| is_whole(number));
            if named.is_some() || !(is_behind_bracket && is_plain) {
                cited.extend(numbers);
            }
        }
        cited
    }

    /// The numbers of a table's column whose head is the page's name.
    fn cited_in_columns(&self, text: &str) -> Vec<String> {
        let (mut cited, mut column) = (Vec::new(), None);
        for line in text.lines().map(bare) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if !line.starts_with('|') {
                column = None;
            } else if let Some(at) = cells.iter().position(|cell| *cell == self.name) {
                column = Some(at);
            } else if let Some(cell) = column.and_then(|at| cells.get(at)) {
                cited.extend(list(cell));
            }
        }
        cited
    }
}

/// The paper whose folder stands before a name: `simon-2023` before `/theory.md`.
fn paper_before(text: &str) -> Option<&str> {
    let folder = text.strip_suffix('/')?;
    let start = folder.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(0, |at| at + 1);
    let (author, year) = folder[start..].rsplit_once('-')?;
    (!author.is_empty() && year.len() == 4 && is_whole(year)).then_some(&folder[start..])
}

/// A line without the marks of a comment.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let marks = ["//!", "///", "//", "#"];
    marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line).trim()
}

/// A text in one line: a citation may go on in the next one.
fn without_breaks(text: &str) -> String {
    text.lines().map(bare).collect::<Vec<_>>().join(" ")
}

fn is_whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is an equation's tag with a letter: `4.3c`.
fn is_tag(text: &str) -> bool {
    let section = text.strip_suffix(|c: char| c.is_ascii_lowercase());
    section.and_then(|section| section.split_once('.')).is_some_and(|(a, b)| is_whole(a) && is_whole(b))
}

/// `4` or `4.3` at the start of a text, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return None;
    }
    let part = text[whole..].strip_prefix('.').map_or(0, digits);
    Some(text.split_at(if part == 0 { whole } else { whole + 1 + part }))
}

/// The citations at the start of a text: `4.1`, `7 (8)`, `(2.1)`, with commas or words between them.
fn list(text: &str) -> Vec<String> {
    let (mut cited, mut rest) = (Vec::new(), text);
    loop {
        let bracketed = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        if let Some((tag, after)) = bracketed.filter(|(tag, _)| is_tag(tag) || tag.parse::<f64>().is_ok()) {
            cited.push(format!("({tag})"));
            rest = after;
        } else if let Some((number, after)) = number(rest) {
            let bracketed = after.strip_prefix(" (").and_then(|after| after.split_once(')'));
            let item = bracketed.map(|(item, _)| item).filter(|item| is_whole(item));
            cited.push(item.map_or(number.to_owned(), |item| format!("{number} ({item})")));
            rest = bracketed.map_or(after, |(_, after)| after);
        } else {
            return cited;
        }
        let Some(after) = [", ", " and ", " to "].iter().find_map(|between| rest.strip_prefix(between))
        else {
            return cited;
        };
        rest = after;
    }
}

fn root() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap()
}

/// Sources, settings, claims and pages below a folder.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let end = path.extension().unwrap_or_default();
        if name.starts_with('.') || name == "target" || name == "citations.rs" {
            continue;
        }
        if path.is_dir() {
            texts(&path, found);
        } else if ["rs", "toml", "md", "py"].iter().any(|text| end == *text) {
            found.push(path);
        }
    }
}

const OWN: &str = "wen-li-2021";

/// The theory pages of all papers, with their texts.
fn theories() -> Vec<(Page, String)> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root().join("theories")).unwrap() {
        let folder = folder.unwrap().path();
        let paper = folder.file_name().unwrap().to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(folder.join("theory.md")) {
            found.push((Page::read(&paper, "theory.md", &text), text));
        }
    }
    found
}

fn theory() -> Page {
    theories().into_iter().find(|(page, _)| page.paper == OWN).unwrap().0
}

fn reduced() -> (Page, String) {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/derivations/reduced.md")).unwrap();
    (Page::read(OWN, "reduced.md", &text), text)
}

#[test]
fn every_citation_resolves() {
    let mut pages = theories();
    let papers: Vec<String> = pages.iter().map(|(page, _)| page.paper.clone()).collect();
    pages.push(reduced());
    let (mut compared, mut missing) = (0, Vec::new());
    let mut add = |path: &Path, (unresolved, count): (Vec<String>, usize)| {
        compared += count;
        missing.extend(unresolved.into_iter().map(|citation| format!("{}: {citation}", path.display())));
    };
    let mut files = Vec::new();
    texts(&root(), &mut files);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let home = papers.iter().find(|paper| path.starts_with(root().join("theories").join(paper)));
        let home = home.map_or(OWN, String::as_str);
        for (page, _) in &pages {
            add(&path, page.unresolved(&text, page.paper == home));
        }
    }
    for (page, text) in &pages {
        add(Path::new(page.name), page.unresolved_within(text));
    }
    assert!(missing.is_empty(), "nothing has these numbers:\n{}", missing.join("\n"));
    assert!(compared >= FEWEST, "only {compared} citations were found");
}

/// All forms are found, with what is there and with what is not.
#[test]
fn numbers_that_are_not_there_are_told() {
    let theory = theory();
    for (text, missing) in [
        ("(docs/theory.md 4.7; batches have to)", vec![]),
        ("(docs/theory.md 4.8; batches have to)", vec!["4.8"]),
        ("Source: theory.md 4.1, 4.9 and 14.", vec!["4.9", "14"]),
        (
            "//! docs/theory.md 3.1 (stages), 4.3 (growth, noise),\n//! 4.5 and 4.88 (thresholds).",
            vec!["4.88"],
        ),
        ("/// Lemma E.2 (docs/theory.md\n    /// 4.77); below 1", vec!["4.77"]),
        ("[docs/theory.md](../../theory.md), 4.7): above", vec![]),
        ("([theory.md](theories/theory.md), 6.1) and 9 seeds", vec!["6.1"]),
        ("[theory.md](theories/theory.md), section 12, stands", vec!["12"]),
        ("the page (docs/theory.md) 99 times", vec![]),
        ("theory.md 7 (8) and theory.md 7 (11)", vec!["7 (11)"]),
        ("theory.md (2.1), theory.md (4.3c) and theory.md (4.3z), (9.9)", vec!["(4.3z)", "(9.9)"]),
        ("//! | file | `x` | theory.md |\n//! |---|---|---|\n//! | a | 4.4 | 4.4, 4.0 |", vec!["4.0"]),
    ] {
        let expected: Vec<String> = missing.iter().map(|number| format!("theory.md {number}")).collect();
        assert_eq!(theory.unresolved(text, true).0, expected, "{text}");
    }
    assert_eq!(theory.unresolved("theory.md 4.1 and 4.2, theory.md (2.1)", true).1, 3);
    // Which page is meant.
    for (text, is_home, compared) in [
        ("simon-2023/theory.md 9.9", true, 0),
        ("theories/wen-li-2021/theory.md 4.1", false, 1),
        ("[theory.md](theories/simon-2023/theory.md), section 99", true, 0),
        ("theory.md 4.1", false, 0),
        ("docs/theory.md 4.1", true, 1),
    ] {
        assert_eq!(theory.unresolved(text, is_home), (vec![], compared), "{text}");
    }
    let within = theory.unresolved_within("as section 9 and (4.3c) say, not section 4.10 and (4.3y)");
    assert_eq!(within, (vec!["theory.md 4.10".to_owned(), "theory.md (4.3y)".to_owned()], 4));
    let (reduced, _) = reduced();
    assert_eq!(reduced.unresolved("docs/derivations/reduced.md 2.7 and 2.99", true).0, ["reduced.md 2.99"]);
}
