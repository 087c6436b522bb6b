//! Addresses of files that lie elsewhere, as a page may link to them: relative, so that both may be moved
//! together.

use std::path::{Component, Path};

/// The address of `file` as seen from a page in `folder`; `None` if there is no such file, or no way from one
/// to the other.
pub fn address(folder: &Path, file: &Path) -> Option<String> {
    let (folder, file) = (folder.canonicalize().ok()?, file.canonicalize().ok()?);
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), file.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let mut parts = vec!["..".to_owned(); from.len() - shared];
    for part in &to[shared..] {
        match part {
            Component::Normal(name) => parts.push(encoded(name.to_str()?)),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// A name as part of an address: everything but letters, digits and `-._~` by its bytes.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte as char),
            other => text = format!("{text}%{other:02X}"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn addresses_lead_from_one_folder_to_the_other() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["sweep/a b#1", "sweep/c", "pages"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let file = root.path().join("sweep/a b#1/report.html");
        fs::write(&file, "").unwrap();
        let from = |folder: &str| address(&root.path().join(folder), &file);
        assert_eq!(from("sweep").as_deref(), Some("a%20b%231/report.html"));
        assert_eq!(from("pages").as_deref(), Some("../sweep/a%20b%231/report.html"));
        assert_eq!(from("sweep/a b#1").as_deref(), Some("report.html"));
        assert_eq!(address(root.path(), &root.path().join("sweep/c/report.html")), None, "there is none");
    }
}
