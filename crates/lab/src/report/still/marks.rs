//! Labels of the lines across a panel, none of which covers another.

use crate::report::figure::Colour;

/// Pixels between two labels.
const GAP: f64 = 4.0;

/// What one or several lines say.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The middle of its lines, in pixels.
    pub at: f64,
    /// What they say, each word once.
    pub words: Vec<String>,
    /// Their colours, each once.
    pub colours: Vec<Colour>,
    ends: (f64, f64),
}

impl Label {
    /// Its words in one line.
    pub fn text(&self) -> String {
        self.words.join(", ")
    }

    /// Takes in the next label.
    fn join(&mut self, next: Self) {
        self.ends = (self.ends.0, next.ends.1);
        self.at = 0.5 * (self.ends.0 + self.ends.1);
        append_new(&mut self.words, next.words);
        append_new(&mut self.colours, next.colours);
    }
}

fn append_new<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !known.contains(&item) {
            known.push(item);
        }
    }
}

/// Lays out labels, given as (place, text, colour), along an axis on which a text takes `size_of` pixels.
///
/// Labels that would touch become one in the middle of their lines: "T1, T2". The same rule as in
/// assets/script/marks.js.
pub fn spread(labels: Vec<(f64, &str, Colour)>, size_of: impl Fn(&str) -> f64) -> Vec<Label> {
    let mut sorted = labels;
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let single = |(at, text, colour): (f64, &str, Colour)| Label {
        at,
        words: text.split(", ").map(str::to_owned).collect(),
        colours: vec![colour],
        ends: (at, at),
    };
    let touch = |a: &Label, b: &Label| b.at - a.at < 0.5 * (size_of(&a.text()) + size_of(&b.text())) + GAP;
    let mut laid: Vec<Label> = Vec::new();
    for label in sorted.into_iter().map(single) {
        laid.push(label);
        // A label that has grown may touch the one before it.
        while let [.., before, last] = &laid[..]
            && touch(before, last)
            && let Some(last) = laid.pop()
            && let Some(before) = laid.last_mut()
        {
            before.join(last);
        }
    }
    laid
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: f64 = 6.0;

    fn size(text: &str) -> f64 {
        LETTER * text.chars().count() as f64
    }

    fn lay(marks: &[(f64, &'static str)]) -> Vec<Label> {
        let labels = marks.iter().enumerate().map(|(i, &(at, text))| (at, text, Colour::Hue(i)));
        spread(labels.collect(), size)
    }

    fn texts(marks: &[(f64, &'static str)]) -> Vec<String> {
        lay(marks).iter().map(Label::text).collect()
    }

    #[test]
    fn lines_at_one_place_share_a_label_and_distant_ones_keep_theirs() {
        assert_eq!(texts(&[(50.0, "T1"), (50.0, "T1")]), ["T1"]);
        assert_eq!(texts(&[(50.0, "T1"), (50.0, "T2")]), ["T1, T2"]);
        assert_eq!(texts(&[(80.0, "T2"), (50.0, "T1")]), ["T1", "T2"]);
        assert_eq!(texts(&[(50.0, "T1, fork"), (51.0, "T1"), (52.0, "T2, fork")]), ["T1, fork, T2"]);
        let shared = lay(&[(50.0, "T1"), (54.0, "T1")]);
        assert_eq!((shared[0].at, shared[0].colours.len()), (52.0, 2));
    }

    /// At every distance: no label covers another, none is lost, and each lies between the lines that it is
    /// of.
    #[test]
    fn labels_never_touch_at_any_distance() {
        let (mut apart, mut joined) = (0, 0);
        for first in 0..60 {
            for second in 0..60 {
                let (a, b) = (f64::from(first), f64::from(second));
                let marks = [(0.0, "T1"), (a, "T2"), (a + b, "T1"), (a + 2.0 * b, "fork"), (300.0, "T2")];
                let laid = lay(&marks);
                for pair in laid.windows(2) {
                    let room =
                        pair[1].at - pair[0].at - 0.5 * (size(&pair[0].text()) + size(&pair[1].text()));
                    assert!(room >= GAP - 1e-9, "{laid:?}");
                }
                for (i, (at, text)) in marks.iter().enumerate() {
                    let holds = |label: &&Label| label.words.iter().any(|word| word == text);
                    let own = laid.iter().filter(holds).find(|l| l.colours.contains(&Colour::Hue(i)));
                    let own = own.unwrap_or_else(|| panic!("{text} at {at} has no label: {laid:?}"));
                    assert!(own.ends.0 <= *at && *at <= own.ends.1);
                }
                apart += usize::from(laid.len() == marks.len());
                joined += usize::from(laid.len() < 3);
            }
        }
        assert!(apart > 500 && joined > 100, "{apart} layouts kept every label, {joined} joined most");
    }
}
