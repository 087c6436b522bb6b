//! The page of the lab as it comes with the program, so that a machine with Rust alone can show it.

use crate::serve::Files;
use anyhow::Result;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// A ZIP archive whose files are stored as they are, compressed by Brotli as a whole. `npm run bundle` in
/// crates/web/page makes it.
const BUNDLE: &[u8] = include_bytes!("../assets/lab.zip.br");
/// Bytes that Brotli hands over at a time.
const PIECE: usize = 1 << 16;

/// The files of the page.
///
/// # Errors
/// If the bundle is damaged, which a test would have found.
pub fn files() -> Result<Files> {
    let mut archive = Vec::new();
    brotli_decompressor::Decompressor::new(BUNDLE, PIECE).read_to_end(&mut archive)?;
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        let name = file.name()?.into_owned();
        files.push((name, content));
    }
    Files::of(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a static host sends for the page, and what it adds to the program.
    const MOST_BYTES: usize = 600_000;

    #[test]
    fn the_bundle_is_small_and_whole() {
        assert!(BUNDLE.len() <= MOST_BYTES, "{} bytes", BUNDLE.len());
        let files = format!("{:?}", files().unwrap().paths());
        for part in
            ["/index.html", "/assets/engine.wasm", "/licences.txt", ".css", "/assets/worker", "/assets/index"]
        {
            assert!(files.contains(part), "{part} is not in {files}");
        }
    }
}
