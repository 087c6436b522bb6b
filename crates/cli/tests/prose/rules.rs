//! The rules of docs/style.md that a program can check, and what to do where one is broken.

use crate::text::{Page, Passage, plain, words};

/// Most characters of a line of running text.
const LINE: usize = 110;
/// Most words of a sentence.
const SENTENCE: usize = 40;
/// Most words of a table cell. A longer one is a paragraph, and belongs below the table.
const CELL: usize = 40;
/// Most semicolons of a sentence. More of them are a list.
const SEMICOLONS: usize = 1;
/// Most words that the median sentence of a page may have.
const MEDIAN: usize = 15;
/// A sentence of more words is long.
const LONG: usize = 25;
/// Largest share of long sentences on a page.
const LONG_SHARE: f64 = 0.1;
/// Fewest sentences of a page that is judged as a whole: of fewer, one sentence decides the share.
const FEWEST: usize = 10;

/// Phrases that compress or decorate, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("what became of", "what happened to"),
    ("would have become of", "would have happened to"),
    ("is told", "name who says it: the program says"),
    ("are told", "name who says it: the program says"),
    ("nothing but", "only"),
    ("but for", "except for"),
    ("save for", "except for"),
    ("say nothing of", "do not cover"),
    ("says nothing of", "does not cover"),
    ("of which", "a new sentence"),
    ("the former", "the name of the thing"),
    ("the latter", "the name of the thing"),
    ("respectively", "two sentences, or a table"),
    ("hence", "so"),
    ("thus", "so"),
    ("thereby", "a new sentence"),
    ("thereof", "of it"),
    ("whereby", "a new sentence"),
    ("wherein", "in which"),
    ("whereas", "but"),
    ("in order to", "to"),
    ("due to the fact", "because"),
    ("with respect to", "over, in or against"),
    ("utilise", "use"),
    ("utilize", "use"),
    ("simply", "nothing"),
    ("obviously", "nothing"),
    ("of course", "nothing"),
];

/// Abbreviations, and what to write instead.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("i.e.", "that is"),
    ("e.g.", "for example"),
    ("etc.", "the rest of the list, or nothing"),
    ("and/or", "or"),
];

/// Beginnings that put the subject last.
const OPENINGS: &[&str] = &["of", "nor", "neither", "not so"];

/// Words after `, for` where it means *because*.
const BECAUSE: &[&str] = &["the", "it", "they", "there", "a", "this", "these"];

/// How easily a page reads.
#[derive(Debug)]
pub struct Readability {
    pub sentences: usize,
    /// Words of the median sentence.
    pub median: usize,
    /// Share of sentences of more than [`LONG`] words.
    pub long: f64,
}

impl Readability {
    pub fn of(page: &Page) -> Self {
        let mut lengths: Vec<usize> = page.sentences.iter().map(|sentence| words(&sentence.text)).collect();
        lengths.sort_unstable();
        let long = lengths.iter().filter(|length| **length > LONG).count();
        Self {
            sentences: lengths.len(),
            median: lengths.get(lengths.len() / 2).copied().unwrap_or_default(),
            long: long as f64 / lengths.len().max(1) as f64,
        }
    }
}

/// What is to be done on a page: a line and an instruction each.
pub fn complaints(page: &Page) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for Passage { line, text } in &page.lines {
        let length = text.chars().count();
        // One word cannot be broken, for instance the long name of a test.
        if length > LINE && words(&plain(text)) > 1 {
            all.push((*line, format!("{length} characters: break the line at {LINE}")));
        }
    }
    for cell in &page.cells {
        let length = words(&cell.text);
        if length > CELL {
            let told = format!("a cell of {length} words: at most {CELL}, move the rest below the table");
            all.push((cell.line, format!("{told}: {}", beginning(&cell.text))));
        }
    }
    all.extend(complaints_about_sentences(page));
    all.extend(of_whole(&Readability::of(page)).into_iter().map(|told| (1, told)));
    all.sort_by_key(|(line, _)| *line);
    all
}

/// What is to be done about single sentences.
pub fn complaints_about_sentences(page: &Page) -> Vec<(usize, String)> {
    let of_one = |Passage { line, text }: &Passage| {
        let line = *line;
        of_sentence(text).into_iter().map(move |told| (line, told))
    };
    page.sentences.iter().flat_map(of_one).collect()
}

fn of_sentence(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let length = words(text);
    if length > SENTENCE {
        all.push(format!("{length} words: split the sentence, at most {SENTENCE}"));
    }
    if text.matches(';').count() > SEMICOLONS {
        all.push("several semicolons: make sentences or a list".to_owned());
    }
    let (flat, lower) = (flat(text), text.to_lowercase());
    let phrases = PHRASES.iter().filter(|(phrase, _)| flat.contains(&format!(" {phrase} ")));
    let abbreviations = ABBREVIATIONS.iter().filter(|(short, _)| lower.contains(short));
    all.extend(phrases.chain(abbreviations).map(|(found, instead)| format!("“{found}”: write {instead}")));
    for opening in OPENINGS {
        if flat.starts_with(&format!(" {opening} ")) {
            all.push(format!("begins with “{opening}”: put the subject first"));
        }
    }
    if BECAUSE.iter().any(|word| lower.contains(&format!(", for {word} "))) {
        all.push("“, for”: write because, or two sentences".to_owned());
    }
    all.into_iter().map(|told| format!("{told}: {}", beginning(text))).collect()
}

fn of_whole(read: &Readability) -> Vec<String> {
    if read.sentences < FEWEST {
        return Vec::new();
    }
    let mut all = Vec::new();
    if read.median > MEDIAN {
        all.push(format!(
            "the median sentence has {} words: at most {MEDIAN}, write shorter ones",
            read.median
        ));
    }
    if read.long > LONG_SHARE {
        let (share, most) = (100.0 * read.long, 100.0 * LONG_SHARE);
        all.push(format!("{share:.0} % of the sentences have more than {LONG} words: at most {most:.0} %"));
    }
    all
}

/// Words in small letters between single spaces, without marks.
fn flat(text: &str) -> String {
    let letters: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { ' ' }).collect();
    format!(" {} ", letters.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The first words of a sentence, to find it by.
fn beginning(text: &str) -> String {
    let first: Vec<&str> = text.split_whitespace().take(8).collect();
    first.join(" ") + " …"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> Vec<(usize, String)> {
        complaints(&Page::read(source))
    }

    /// Every rule sees what it is for, with the line.
    #[test]
    fn planted_faults_are_found() {
        let many = "word ".repeat(SENTENCE + 1);
        let planted = [
            ("a ".repeat(60), "characters"),
            (format!("| short | {} |", "cell ".repeat(CELL + 1)), "cell of 41 words"),
            (format!("{}.", many.trim().replacen(' ', "\n", 20)), "41 words"),
            ("One; two; three.".to_owned(), "semicolons"),
            ("It shows what became of them.".to_owned(), "what happened to"),
            ("The latter, i.e. the mask, is on.".to_owned(), "that is"),
            ("Of larger ones there are fewer.".to_owned(), "subject first"),
            ("It is recognised, for the system forgets locks.".to_owned(), "because"),
        ];
        for (fault, expected) in planted {
            let found = told(&format!("# A page\n\nA good sentence.\n\n{fault}\n"));
            assert!(
                found.iter().any(|(line, told)| *line == 5 && told.contains(expected)),
                "{fault}: {found:?}"
            );
        }
    }

    #[test]
    fn a_page_of_long_sentences_is_refused_as_a_whole() {
        let long = format!("{}.\n\n", "Word and word and word\n".repeat(6).trim());
        let found = told(&long.repeat(FEWEST));
        assert!(found.iter().any(|(_, told)| told.contains("median sentence has 30 words")), "{found:?}");
        assert!(found.iter().any(|(_, told)| told.contains("100 % of the sentences")), "{found:?}");
    }

    #[test]
    fn plain_english_passes() {
        let code = "x".repeat(LINE + 1);
        let target = "a/".repeat(LINE);
        let page =
            format!("# A page\n\nThe mask hides it, for example.\n\n    {code}\n\nRead [this]({target}).\n");
        assert_eq!(told(&page), []);
    }
}
