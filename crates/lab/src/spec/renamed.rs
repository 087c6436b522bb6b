//! Settings that had another name: who types it, or resumes a run that was made with it, reads the new one.

/// Earlier keys, or tables of keys, and what they are called now.
const KEYS: &[(&str, &str)] = &[
    ("encoder", "network"),
    ("loss", "objective"),
    ("training.tasks", "objective.tasks"),
    ("training.head_rate_ratio", "objective.head_rate_ratio"),
];

/// Words that a setting took earlier, and what says the same now.
const WORDS: &[(&str, &str, &str)] = &[
    ("training.dynamics", "supervised", "objective.kind = \"regression\""),
    (
        "training.dynamics",
        "reduced_supervised",
        "training.dynamics = \"reduced\" and objective.kind = \"regression\"",
    ),
];

/// What `key` is called now, if it is an earlier name.
pub fn key_now(key: &str) -> Option<String> {
    KEYS.iter().find_map(|(then, now)| {
        let rest = key.strip_prefix(then)?;
        (rest.is_empty() || rest.starts_with('.')).then(|| format!("{now}{rest}"))
    })
}

/// What says now what `key` = `word` said, if it is an earlier word.
pub fn word_now(key: &str, word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(then, said, _)| *then == key && *said == word).map(|(.., now)| *now)
}

#[cfg(test)]
mod tests {
    use super::super::registry::{find, is_table};
    use super::*;

    #[test]
    fn what_is_named_now_is_there_and_what_was_is_not() {
        for (then, now) in KEYS {
            assert!(find(now).is_some() || is_table(now), "{now}");
            assert!(find(then).is_none() && !is_table(then), "{then}");
        }
        assert_eq!(key_now("loss.temperature").as_deref(), Some("objective.temperature"));
        assert_eq!(key_now("lossy"), None);
    }
}
