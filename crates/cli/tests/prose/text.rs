//! Markdown as a reader meets it: sentences and table cells, each with the line that it starts on.

/// A stretch of running text.
#[derive(Debug, PartialEq)]
pub struct Passage {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is read: links are their words, code is one word, emphasis is gone.
    pub text: String,
}

/// What a page holds.
#[derive(Debug, Default)]
pub struct Page {
    pub sentences: Vec<Passage>,
    /// Table cells with text in them.
    pub cells: Vec<Passage>,
    /// Lines that can be broken: running text and headings, without the targets of their links.
    pub lines: Vec<Passage>,
}

/// What kind of line this is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Blank,
    Code,
    Heading,
    Table,
    /// The first line of a list item.
    Item,
    Text,
}

impl Page {
    pub fn read(source: &str) -> Self {
        let mut page = Self::default();
        let mut paragraph: Option<Paragraph> = None;
        let mut is_fenced = false;
        for (at, line) in source.lines().enumerate() {
            let number = at + 1;
            let is_fence = is_fence(line);
            is_fenced ^= is_fence;
            let kind = if is_fenced || is_fence { Kind::Code } else { kind(line) };
            if kind != Kind::Text {
                page.sentences.extend(paragraph.take().into_iter().flat_map(Paragraph::sentences));
            }
            match kind {
                Kind::Blank | Kind::Code => continue,
                Kind::Table => {
                    page.cells.extend(cells(line, number));
                    continue;
                }
                Kind::Heading => {}
                Kind::Item | Kind::Text => paragraph.get_or_insert_default().push(unmarked(line), number),
            }
            page.lines.push(Passage { line: number, text: without_targets(line) });
        }
        page.sentences.extend(paragraph.into_iter().flat_map(Paragraph::sentences));
        page
    }
}

/// Whether a block of code or an equation begins or ends here. An equation on a single line does both.
fn is_fence(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("```") || line.matches("$$").count() == 1
}

fn kind(line: &str) -> Kind {
    let trimmed = line.trim_start();
    let is_numbered = trimmed.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    match trimmed {
        "" => Kind::Blank,
        _ if line.starts_with("    ") || trimmed.starts_with("$$") => Kind::Code,
        _ if trimmed.starts_with('#') => Kind::Heading,
        _ if trimmed.starts_with('|') => Kind::Table,
        _ if trimmed.starts_with("- ") || is_numbered => Kind::Item,
        _ => Kind::Text,
    }
}

/// The lines of a paragraph or of a list item.
#[derive(Default)]
struct Paragraph {
    text: String,
    /// Where each line begins in the text, with its number.
    starts: Vec<(usize, usize)>,
}

impl Paragraph {
    fn push(&mut self, line: &str, number: usize) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.starts.push((self.text.len(), number));
        self.text.push_str(line);
    }

    fn sentences(self) -> Vec<Passage> {
        let ends = ends(&self.text);
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let stretch = |(from, to): (usize, usize)| {
            let whole = &self.text[from..to];
            let from = from + whole.len() - whole.trim_start().len();
            let line =
                self.starts.iter().rev().find(|(start, _)| *start <= from).map_or(0, |(_, line)| *line);
            Passage { line, text: plain(whole.trim()) }
        };
        let sentences = begins.zip(ends.iter().copied()).map(stretch);
        sentences.filter(|sentence| words(&sentence.text) > 0).collect()
    }
}

/// Where sentences end: after a mark that a space and no small letter follow; code and formulas are passed over.
fn ends(text: &str) -> Vec<usize> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut ends = Vec::new();
    let (mut is_code, mut is_formula) = (false, false);
    for (at, &(_, c)) in characters.iter().enumerate() {
        is_code ^= c == '`' && !is_formula;
        is_formula ^= c == '$' && !is_code;
        if is_code || is_formula || !matches!(c, '.' | '!' | '?') {
            continue;
        }
        let mut rest = characters[at + 1..].iter().skip_while(|(_, c)| matches!(c, ')' | '"' | '*' | '_'));
        if let Some(&(gap, ' ')) = rest.next()
            && rest.next().is_some_and(|(_, next)| !next.is_lowercase())
        {
            ends.push(gap);
        }
    }
    ends.push(text.len());
    ends
}

/// Text without the marks of Markdown: `[words](target)` is `words`, a stretch of code or a formula one word.
pub fn plain(text: &str) -> String {
    let mut read = String::new();
    let mut one_word = String::new();
    let mut ends_at = None;
    for c in without_targets(text).chars() {
        match (ends_at, c) {
            (None, '`' | '$') => ends_at = Some(c),
            (Some(end), c) if c == end => {
                ends_at = None;
                read.push_str(&std::mem::take(&mut one_word).replace(' ', "_"));
            }
            (Some(_), c) => one_word.push(c),
            (None, '*' | '[' | ']') => {}
            (None, c) => read.push(c),
        }
    }
    read.trim_start_matches('!').to_owned()
}

/// Links without what they lead to.
fn without_targets(text: &str) -> String {
    let mut rest = text;
    let mut read = String::new();
    while let Some((before, after)) = rest.split_once("](") {
        read.push_str(before);
        read.push(']');
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    read + rest
}

/// A line without the mark of a list item or of a quotation.
fn unmarked(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("> ")).unwrap_or(line);
    line.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok()).map_or(line, |(_, text)| text)
}

/// The cells of a table's line.
fn cells(line: &str, number: usize) -> Vec<Passage> {
    let line = line.trim().replace("\\|", "∣");
    let cells = line.trim_matches('|').split('|').map(plain);
    cells.filter(|text| words(text) > 0).map(|text| Passage { line: number, text }).collect()
}

/// What counts as a word: anything between spaces with a letter or a digit in it.
pub fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(source: &str) -> Vec<(usize, String)> {
        let page = Page::read(source);
        page.sentences.into_iter().map(|sentence| (sentence.line, sentence.text)).collect()
    }

    #[test]
    fn sentences_know_the_line_that_they_start_on() {
        let found = sentences(
            "# Title\n\nOne sentence over\ntwo lines. Another (in brackets.) Third, of .5\nand d. s.\n",
        );
        let expected = [
            (3, "One sentence over two lines."),
            (4, "Another (in brackets.)"),
            (4, "Third, of .5 and d. s."),
        ];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn links_are_their_words_and_code_is_one_word() {
        let found = sentences("Run `cargo run. Now` and read **[the page](a/b.md)**.");
        assert_eq!(found, [(1, "Run cargo_run._Now and read the page.".to_owned())]);
        assert_eq!(words(&found[0].1), 6);
    }

    #[test]
    fn a_formula_is_one_word_and_an_equation_none() {
        let found = sentences(
            "Let $`a = b. C; d`$ be `$x` in $u v$.\n\n$$\na = b \\tag{1}\n$$\n\n$$ c = d $$\n\nThen.\n",
        );
        assert_eq!(found, [(1, "Let `a_=_b._C;_d` be $x in u_v.".to_owned()), (9, "Then.".to_owned())]);
        assert_eq!(words(&found[0].1), 6);
    }

    #[test]
    fn code_tables_and_items_are_told_apart() {
        let page =
            Page::read("Look:\n\n    code here\n\n- one\n  more\n- two\n\n| a `|` | b c |\n|---|---|\n");
        let texts: Vec<&str> = page.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        assert_eq!(texts, ["Look:", "one more", "two"]);
        assert_eq!(page.cells.last().map(|cell| cell.text.trim()), Some("b c"));
        assert_eq!(page.lines.len(), 4, "{:?}", page.lines);
        assert!(Page::read("```\nA fenced line.\n```\n").sentences.is_empty());
    }
}
