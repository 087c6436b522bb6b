//! Settings that had another name: who types it, or resumes a run that was made with it, reads the new one.

/// The names of earlier versions, and what they are called now.
#[derive(Clone, Copy, Debug)]
pub struct Renamed {
    /// Earlier keys, or tables of keys, and what they are called now. What stood below one stands below the other.
    pub keys: &'static [(&'static str, &'static str)],
    /// Settings, words that they took earlier, and what says the same now.
    pub words: &'static [(&'static str, &'static str, &'static str)],
}

impl Renamed {
    /// What `key` is called now, if it is an earlier name.
    pub fn key_now(&self, key: &str) -> Option<String> {
        self.keys.iter().find_map(|(then, now)| {
            let rest = key.strip_prefix(then)?;
            (rest.is_empty() || rest.starts_with('.')).then(|| format!("{now}{rest}"))
        })
    }

    /// What says now what `key` = `word` said, if it is an earlier word.
    pub fn word_now(&self, key: &str, word: &str) -> Option<&'static str> {
        self.words.iter().find(|(then, said, _)| *then == key && *said == word).map(|(.., now)| *now)
    }
}
