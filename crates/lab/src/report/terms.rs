//! The terms of the glossary in texts of a page: hovering over a term shows what it means.

use super::markup::escape;
use crate::reference::glossary;
use std::collections::HashSet;

/// The glossary, and the terms that a page has explained already.
#[derive(Debug, Default)]
pub struct Terms {
    /// Every name in lower case, longest first, and its place in `meanings`.
    names: Vec<(String, usize)>,
    meanings: Vec<String>,
    seen: HashSet<usize>,
}

impl Terms {
    /// The shipped glossary, of which nothing was explained yet.
    pub fn new() -> Self {
        // Tests see to it that the shipped glossary is one.
        let terms = glossary::terms().unwrap_or_default();
        let mut names: Vec<(String, usize)> = Vec::new();
        for (place, term) in terms.iter().enumerate() {
            names.extend([&term.name].into_iter().chain(&term.also).map(|name| (name.to_lowercase(), place)));
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let meanings = terms.into_iter().map(|term| term.meaning).collect();
        Self { names, meanings, seen: HashSet::new() }
    }

    /// `text` as HTML. A term is explained where the page has it first.
    pub fn explained(&mut self, text: &str) -> String {
        let (mut html, mut written, mut at) = (String::new(), 0, 0);
        while at < text.len() {
            let length = word_length(&text[at..]);
            match self.term_at(&text[at..]) {
                Some((end, place)) if length > 0 && self.seen.insert(place) => {
                    html += &escape(&text[written..at]);
                    let (meaning, term) = (escape(self.meanings[place].trim()), escape(&text[at..at + end]));
                    html.extend(["<dfn tabindex=\"0\" title=\"", &meaning, "\">", &term, "</dfn>"]);
                    at += end;
                    written = at;
                }
                _ => at += length.max(text[at..].chars().next().map_or(1, char::len_utf8)),
            }
        }
        html + &escape(&text[written..])
    }

    /// Length and place of the longest term that begins here, which may stand in the plural.
    fn term_at(&self, text: &str) -> Option<(usize, usize)> {
        self.names.iter().find_map(|(name, place)| {
            let begins = text.get(..name.len())?.to_lowercase() == *name;
            let rest = text.get(name.len()..).filter(|_| begins)?;
            let plural = usize::from(rest.starts_with('s'));
            (word_length(&rest[plural..]) == 0).then_some((name.len() + plural, *place))
        })
    }
}

/// Bytes of the letters and digits that a text begins with.
fn word_length(text: &str) -> usize {
    text.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_explained_once_and_everything_else_is_escaped() {
        let mut terms = Terms::new();
        let html = terms.explained("Neurons <b> find atoms; an atom, a subatomic neuronal thing.");
        assert_eq!(html.matches("<dfn").count(), 2, "{html}");
        assert!(
            html.starts_with("<dfn tabindex=\"0\" title=\"")
                && html.contains(">Neurons</dfn> &lt;b&gt; find ")
        );
        assert!(html.contains(">atoms</dfn>; an atom, a subatomic neuronal thing."), "{html}");
        assert_eq!(terms.explained("a neuron"), "a neuron");
    }

    #[test]
    fn the_longest_term_wins_and_other_letters_do_no_harm() {
        let html = Terms::new().explained("∥ξ∥² of dense noise – ä dense");
        assert!(html.contains(">dense noise</dfn> – ä dense"), "{html}");
        assert!(html.starts_with("∥ξ∥² of <dfn"), "{html}");
    }
}
