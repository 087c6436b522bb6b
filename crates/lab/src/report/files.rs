//! The folder `figures/`: every figure as SVG, PNG and CSV, and `figures.json`, which says what made each of
//! them.

use super::csv::{self, FigureData};
use super::page::Provenance;
use super::{FIGURES_FOLDER, Page, ReportError, gallery, still};
use crate::store::{remove_file, write_bytes_atomically, write_json_atomically, write_text_atomically};
use rayon::prelude::*;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Name of the file that says what made the figures.
const INDEX_FILE: &str = "figures.json";

/// An entry of `figures.json`.
#[derive(Serialize)]
struct Entry {
    /// Its files are called so.
    id: String,
    title: String,
    /// The command that gives the data again.
    command: String,
    /// The settings or file behind it, with their hash.
    source: String,
    featurescope_version: &'static str,
    /// Rows of its data.
    rows: usize,
    /// Whether they stand in a CSV file; `--figure-data` writes those that are left out.
    has_csv: bool,
}

/// What makes a file, of the line that says where it comes from.
type Draw<'a, T> = Box<dyn Fn(&str) -> Result<T, ReportError> + Sync + Send + 'a>;

/// Something that is drawn into the folder.
struct Drawing<'a> {
    id: &'a str,
    title: &'a str,
    provenance: &'a Provenance,
    rows: usize,
    svg: Draw<'a, String>,
    png: Draw<'a, Vec<u8>>,
    csv: Box<dyn Fn() -> String + Sync + Send + 'a>,
}

/// Writes the folder into `folder`.
///
/// # Errors
/// If a file cannot be written or a figure cannot be drawn.
pub(super) fn write(page: &Page, folder: &Path, data: FigureData) -> Result<(), ReportError> {
    let place = folder.join(FIGURES_FOLDER);
    fs::create_dir_all(&place).map_err(|source| ReportError::Folder { path: place.clone(), source })?;
    let drawings = drawings(page);
    drawings.par_iter().try_for_each(|drawing| -> Result<(), ReportError> {
        let line = drawing.provenance.line();
        let file = |kind: &str| place.join(format!("{}.{kind}", drawing.id));
        write_text_atomically(&file("svg"), &(drawing.svg)(&line)?)?;
        write_bytes_atomically(&file("png"), &(drawing.png)(&line)?)?;
        if data.includes(drawing.rows) {
            Ok(write_text_atomically(&file("csv"), &(drawing.csv)())?)
        } else {
            // One of an earlier report would not be of this figure.
            Ok(remove_file(&file("csv"))?)
        }
    })?;
    let entries: Vec<Entry> = drawings.iter().map(|drawing| drawing.entry(data)).collect();
    Ok(write_json_atomically(&place.join(INDEX_FILE), &entries)?)
}

fn drawings(page: &Page) -> Vec<Drawing<'_>> {
    let figures = page.figures().filter(|(figure, _)| !figure.is_live).map(|(figure, provenance)| Drawing {
        id: &figure.id,
        title: &figure.title,
        provenance,
        rows: csv::rows(figure),
        svg: Box::new(|line| Ok(still::svg(figure, line)?)),
        png: Box::new(|line| Ok(still::png(figure, line)?)),
        csv: Box::new(|| csv::render(figure)),
    });
    let galleries = page.galleries().map(|(gallery, provenance)| Drawing {
        id: &gallery.id,
        title: &gallery.title,
        provenance,
        rows: gallery::csv_rows(gallery),
        svg: Box::new(|line| Ok(gallery::svg(gallery, line))),
        png: Box::new(|line| Ok(gallery::png(gallery, line)?)),
        csv: Box::new(|| gallery::csv(gallery)),
    });
    figures.chain(galleries).collect()
}

impl Drawing<'_> {
    fn entry(&self, data: FigureData) -> Entry {
        Entry {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            command: self.provenance.command.clone(),
            source: self.provenance.source.clone(),
            featurescope_version: env!("CARGO_PKG_VERSION"),
            rows: self.rows,
            has_csv: data.includes(self.rows),
        }
    }
}
