//! Text in columns: what is wider than the screen is folded or cut, never broken by the terminal.

/// A blank at which no line is broken.
pub const UNBROKEN: char = '\u{a0}';

/// `words` in lines of at most `width` columns, each ended: the first begins with `first`, the others with
/// `rest`. A word that is wider than a line stands alone and is as wide as it is.
pub fn wrapped(words: &str, width: usize, first: &str, rest: &str) -> String {
    let (mut text, mut line, mut is_empty) = (String::new(), first.to_owned(), true);
    for word in words.split([' ', '\n']).filter(|word| !word.is_empty()) {
        if !is_empty && shown_width(&line) + 1 + shown_width(word) > width {
            text.push_str(line.trim_end());
            text.push('\n');
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text.replace(UNBROKEN, " ")
}

/// `text` in at most `width` columns; an ellipsis stands for what was cut.
pub fn shortened(text: &str, width: usize) -> String {
    if shown_width(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `text` with blanks behind it.
pub fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(shown_width(text))))
}

/// `text` with blanks before it, one at least.
pub fn pad_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(shown_width(text)).max(1)))
}

/// Columns on the screen: every character of ours takes one; bold takes none.
pub fn shown_width(text: &str) -> usize {
    text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "").chars().count()
}

/// How many cells of `cell` columns stand side by side behind a label of `label` columns; one at least.
pub fn cells_beside(width: usize, label: usize, cell: usize) -> usize {
    (width.saturating_sub(label) / cell.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_words_and_keep_what_must_not_be_broken() {
        let text = wrapped("one two three\u{a0}four five", 12, "- ", "  ");
        assert_eq!(text, "- one two\n  three four\n  five\n");
        assert_eq!(wrapped("", 12, "- ", "  "), "-\n");
        assert_eq!(wrapped("incomprehensibilities", 5, "", "  "), "incomprehensibilities\n");
        for width in [40, 60, 80, 120] {
            let text = wrapped(&"some words of a long text ".repeat(30), width, "head: ", "      ");
            let widest = text.lines().map(shown_width).max().unwrap();
            assert!(widest <= width && widest + 8 > width, "{widest} of {width}");
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!((shortened("abcdef", 6), shortened("abcdef", 4)), ("abcdef".into(), "abc…".into()));
        assert_eq!((pad_right("τ", 3), pad_left("long", 3)), ("τ  ".into(), " long".into()));
    }
}
