//! Arrays and tables in files of other programs: .npy, .npz, .safetensors, .parquet.
//!
//! Opening a file reads what it says about itself: names, shapes, kinds of entries. Then those rows of an
//! array are read that are used, and only these: a file may be larger than the memory.
//!
//! | kind of entry | part of a matrix | one value per sample |
//! |---|---|---|
//! | real numbers of 2, 4, 8 bytes, bfloat16 | to the nearest single-precision number; beyond its range refused | exact |
//! | whole numbers of 1 to 8 bytes, truth values | the same; beyond ±2⁵³ refused | exact; beyond ±2⁶³ refused |
//! | text | refused | exact |
//! | complex numbers, records, objects, dates, times, decimals, other bytes | refused | refused |

mod element;
mod error;
mod npy;
mod raw;
mod safetensors;
mod table;

pub(crate) use element::scale_problem;
pub use element::{Element, Entry, Scalars};
pub use error::ArrayError;
pub use table::{Cells, Column, ColumnKind, Table};

use crate::store::guarded;
use element::Gather;
use featurescope_sim::math::Matrix;
use raw::{BUFFER, Forward, Seeking, StoredArray};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};
use table::ColumnError;
use zip::ZipArchive;

/// Arrays that an error lists.
const MOST_LISTED: usize = 20;

/// A file that is open.
pub struct ArrayFile {
    path: PathBuf,
    format: Format,
}

enum Format {
    /// .npy and .safetensors: arrays one after another.
    Plain { file: File, arrays: Vec<StoredArray> },
    /// .npz: each array is an entry of an archive.
    Archive { archive: Box<ZipArchive<BufReader<File>>>, arrays: Vec<(String, StoredArray)> },
    /// .parquet.
    Table(Table),
}

/// An array that a file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// Its extents; `None` for lists of several lengths.
    pub shape: Vec<Option<usize>>,
    /// What its entries are.
    pub content: Content,
}

/// What the entries of an array are, as far as it decides what they can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Floating-point numbers.
    Reals,
    /// Whole numbers and truth values.
    Wholes,
    /// Text.
    Text,
    /// Anything else.
    Other,
}

/// What a matrix is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The array, or the column of lists, at this place among the offers.
    Array(usize),
    /// Columns of a table with one number per row, by their places.
    Columns(Vec<usize>),
}

/// A shape as it reads: `3 × 4`.
pub fn show_shape(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".to_owned();
    }
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
}

impl Offer {
    /// The shape as it reads.
    pub fn show(&self) -> String {
        match self.shape[..] {
            [Some(rows), None] => format!("{rows} lists of several lengths, or with missing ones"),
            _ => show_shape(&self.shape.iter().flatten().copied().collect::<Vec<_>>()),
        }
    }
}

/// The file's name.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The matrix in the bytes of a .npy file: any kind of real number, byte order and layout, every entry
/// finite.
///
/// # Errors
/// What is wrong with it.
pub fn npy_matrix(bytes: &[u8]) -> Result<Matrix, String> {
    let array = npy::header("", &mut Cursor::new(bytes), bytes.len() as u64)?;
    let [rows, cols] = array.shape[..] else {
        return Err(format!("its shape is {}, not that of a matrix", show_shape(&array.shape)));
    };
    array.element.clone()?;
    if rows == 0 || cols == 0 {
        return Err(format!("it is empty, {rows} × {cols}"));
    }
    let mut matrix = Matrix::zeros(rows, cols);
    let all: Vec<usize> = (0..rows).collect();
    let put = |row: usize, column: usize, entry: Entry| -> Result<(), String> {
        let value = entry.activation();
        matrix[(row, column)] =
            value.map_err(|is| format!("the entry at row {row}, column {column} is {is}"))?;
        Ok(())
    };
    array.visit(&mut Seeking(BufReader::new(Cursor::new(bytes))), [rows, cols], &all, put)?;
    Ok(matrix)
}

impl ArrayFile {
    /// Opens a file and reads what it says about itself. `expected`: what an error says should be there.
    ///
    /// # Errors
    /// If it cannot be read, is of none of the formats, or contradicts itself.
    pub fn open(path: &Path, expected: &str) -> Result<Self, ArrayError> {
        let unreadable = |source| ArrayError::Unreadable { path: path.to_path_buf(), source };
        let damaged = |problem: String| ArrayError::Damaged {
            path: path.to_path_buf(),
            problem,
            expected: expected.to_owned(),
        };
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let extension = extension.as_deref().filter(|e| ["npy", "npz", "safetensors", "parquet"].contains(e));
        let Some(extension) = extension else { return Err(ArrayError::UnknownFormat(path.to_path_buf())) };
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let format = match extension {
            "npy" => {
                let name = file_name(path);
                let array = npy::header(&name, &mut BufReader::new(&mut file), length)
                    .map_err(|problem| damaged(format!("array `{name}`: {problem}")))?;
                Format::Plain { file, arrays: vec![array] }
            }
            "safetensors" => {
                let arrays = safetensors::header(&mut BufReader::new(&mut file), length).map_err(damaged)?;
                Format::Plain { file, arrays }
            }
            "npz" => {
                let archive = ZipArchive::new(BufReader::new(file));
                let no_archive = |error| damaged(format!("it is cut short or no .npz archive ({error})"));
                let mut archive = Box::new(archive.map_err(no_archive)?);
                let arrays = npy::archive(&mut archive);
                Format::Archive { archive, arrays }
            }
            _ => {
                let table = guarded(|| Table::open(file, length));
                let table = table.map_err(|panic| damaged(format!("it is damaged ({panic})")))?;
                let no_table = |error| {
                    damaged(format!("it is cut short or no Parquet file that this program reads ({error})"))
                };
                Format::Table(table.map_err(no_table)?)
            }
        };
        Ok(Self { path: path.to_path_buf(), format })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The table, if it is one.
    pub fn table(&self) -> Option<&Table> {
        match &self.format {
            Format::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Its arrays; of a table its columns.
    pub fn offers(&self) -> Vec<Offer> {
        let stored = |array: &StoredArray| Offer {
            name: array.name.clone(),
            shape: array.shape.iter().copied().map(Some).collect(),
            content: array.element.as_ref().map_or(Content::Other, |element| element.content()),
        };
        match &self.format {
            Format::Plain { arrays, .. } => arrays.iter().map(stored).collect(),
            Format::Archive { arrays, .. } => arrays.iter().map(|(_, array)| stored(array)).collect(),
            Format::Table(table) => {
                let offer = |column: &Column| Offer {
                    name: column.name.clone(),
                    shape: match column.cells {
                        Cells::One => vec![Some(table.rows)],
                        Cells::Lists(length) => vec![Some(table.rows), Some(length)],
                        Cells::UnevenLists => vec![Some(table.rows), None],
                    },
                    content: column.kind.content(),
                };
                table.columns.iter().map(offer).collect()
            }
        }
    }

    /// The error that none of its arrays is what was asked for, or several are.
    pub fn choice(&self, problem: impl Into<String>, expected: &str) -> ArrayError {
        let offers = self.offers();
        let listed =
            offers.iter().take(MOST_LISTED).map(|offer| format!("`{}` ({})", offer.name, offer.show()));
        let mut found = listed.collect::<Vec<_>>().join(", ");
        if offers.is_empty() {
            "no array".clone_into(&mut found);
        } else if offers.len() > MOST_LISTED {
            let _ = write!(found, " and {} more", offers.len() - MOST_LISTED);
        }
        ArrayError::Choice {
            path: self.path.clone(),
            problem: problem.into(),
            expected: expected.to_owned(),
            found,
        }
    }

    /// The error that an array's shape is not as expected.
    pub fn shape_error(&self, offer: &Offer, expected: &str) -> ArrayError {
        ArrayError::Shape {
            path: self.path.clone(),
            array: offer.name.clone(),
            found: offer.show(),
            expected: expected.to_owned(),
        }
    }

    /// The error that what was selected has these extents, which are not as expected.
    pub fn extents_error(&self, selection: &Selection, extents: [usize; 2], expected: &str) -> ArrayError {
        ArrayError::Shape {
            path: self.path.clone(),
            array: self.name_of(selection),
            found: show_shape(&extents),
            expected: expected.to_owned(),
        }
    }

    fn content(&self, array: &str, problem: String, expected: &str) -> ArrayError {
        ArrayError::Content {
            path: self.path.clone(),
            array: array.to_owned(),
            problem,
            expected: expected.to_owned(),
        }
    }

    /// Rows and columns of what was selected.
    ///
    /// # Errors
    /// If it is no matrix.
    pub fn extents(&self, selection: &Selection, expected: &str) -> Result<[usize; 2], ArrayError> {
        match selection {
            Selection::Columns(columns) => Ok([self.table().map_or(0, |table| table.rows), columns.len()]),
            &Selection::Array(at) => {
                let offer = &self.offers()[at];
                match offer.shape[..] {
                    [Some(rows), Some(cols)] => Ok([rows, cols]),
                    _ => Err(self.shape_error(offer, expected)),
                }
            }
        }
    }

    /// These rows (ascending) of what was selected, one row each, in single precision.
    ///
    /// # Errors
    /// If it is no matrix of numbers, or an entry of these rows is missing, not finite or out of range.
    pub fn matrix(
        &mut self,
        selection: &Selection,
        rows: &[usize],
        expected: &str,
    ) -> Result<Matrix, ArrayError> {
        let [height, width] = self.extents(selection, expected)?;
        let mut matrix = Matrix::zeros(rows.len(), width);
        let mut put = |place: usize, column: usize, entry: &Entry| -> Result<(), String> {
            let value = entry.activation();
            let value =
                value.map_err(|is| format!("the entry at row {}, column {column} is {is}", rows[place]))?;
            matrix[(place, column)] = value;
            Ok(())
        };
        match (self.table().is_some(), selection) {
            (true, &Selection::Array(at)) => self.lists(at, rows, width, expected, &mut put)?,
            (true, Selection::Columns(columns)) => {
                for (j, &at) in columns.iter().enumerate() {
                    self.visit_column(at, rows, expected, |place, entry| match entry {
                        Some(entry) => put(place, j, &entry),
                        None => Err(format!("the value of row {} is missing", rows[place])),
                    })?;
                }
            }
            (false, Selection::Columns(_)) => return Err(self.choice("it is no table", expected)),
            (false, &Selection::Array(at)) => {
                let name = self.offers()[at].name.clone();
                self.visit_array(at, [height, width], rows, |place, column, entry| {
                    put(place, column, &entry)
                })
                .map_err(|problem| self.content(&name, problem, expected))?;
            }
        }
        match scale_problem(matrix.as_slice()) {
            None => Ok(matrix),
            Some(problem) => Err(self.content(&self.name_of(selection), problem, expected)),
        }
    }

    fn name_of(&self, selection: &Selection) -> String {
        match selection {
            Selection::Array(at) => self.offers()[*at].name.clone(),
            Selection::Columns(columns) => format!("{} columns", columns.len()),
        }
    }

    /// All values of an array or column with one per sample; n × 1 and 1 × n are such arrays too.
    ///
    /// # Errors
    /// If it has another shape than `length` values, or holds neither numbers nor text.
    pub fn scalars(&mut self, at: usize, length: usize, expected: &str) -> Result<Scalars, ArrayError> {
        let offer = self.offers()[at].clone();
        let is_vector = offer.shape.iter().filter(|&&extent| extent != Some(1)).count() <= 1;
        let found = offer.shape.iter().try_fold(1usize, |count, extent| count.checked_mul((*extent)?));
        if !is_vector || found != Some(length) {
            return Err(self.shape_error(&offer, expected));
        }
        let rows: Vec<usize> = (0..length).collect();
        let mut gather = Gather::default();
        if self.table().is_some() {
            self.visit_column(at, &rows, expected, |_, entry| gather.put(entry))?;
        } else {
            self.visit_array(at, [length, 1], &rows, |_, _, entry| gather.put(Some(entry)))
                .map_err(|problem| self.content(&offer.name, problem, expected))?;
        }
        gather.scalars().map_err(|problem| self.content(&offer.name, problem, expected))
    }

    fn visit_array(
        &mut self,
        at: usize,
        extents: [usize; 2],
        rows: &[usize],
        take: impl FnMut(usize, usize, Entry) -> Result<(), String>,
    ) -> Result<(), String> {
        match &mut self.format {
            Format::Plain { file, arrays } => {
                file.rewind().map_err(|error| error.to_string())?;
                let mut source = Seeking(BufReader::with_capacity(BUFFER, file));
                arrays[at].visit(&mut source, extents, rows, take)
            }
            Format::Archive { archive, arrays } => {
                let (entry, array) = &arrays[at];
                array.element.clone()?;
                let mut source = npy::unpacked(archive, entry)?;
                let source: &mut dyn Forward = &mut source;
                array.visit(source, extents, rows, take)
            }
            Format::Table(_) => Err("it is a column of a table".to_owned()),
        }
    }

    fn visit_column(
        &self,
        at: usize,
        rows: &[usize],
        expected: &str,
        take: impl FnMut(usize, Option<Entry>) -> Result<(), String>,
    ) -> Result<(), ArrayError> {
        let Some(table) = self.table() else { return Err(self.choice("it is no table", expected)) };
        let column = &table.columns[at];
        let damaged = |problem: String| ArrayError::Damaged {
            path: self.path.clone(),
            problem: format!("column `{}` is damaged ({problem})", column.name),
            expected: expected.to_owned(),
        };
        match guarded(|| table.visit(column, rows, take)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(ColumnError::Content(problem))) => Err(self.content(&column.name, problem, expected)),
            // The library says so where it was built without a compression that the file uses.
            Ok(Err(ColumnError::Damaged(error))) if error.to_string().contains("Disabled feature") => {
                Err(ArrayError::Damaged {
                    path: self.path.clone(),
                    problem: format!(
                        "column `{}` is compressed in a way that this program does not read; it reads \
                         Snappy, Zstandard and tables without compression",
                        column.name
                    ),
                    expected: expected.to_owned(),
                })
            }
            Ok(Err(ColumnError::Damaged(error))) => Err(damaged(error.to_string())),
            Err(panic) => Err(damaged(panic)),
        }
    }

    /// Lists of equal length as rows.
    fn lists(
        &self,
        at: usize,
        rows: &[usize],
        width: usize,
        expected: &str,
        put: &mut dyn FnMut(usize, usize, &Entry) -> Result<(), String>,
    ) -> Result<(), ArrayError> {
        let mut found = vec![0usize; rows.len()];
        let take = |place: usize, entry: Option<Entry>| {
            let row = rows[place];
            let Some(entry) = entry else {
                return Err(format!("the list of row {row} is missing, empty, or lacks a value"));
            };
            let column = found[place];
            if column == width {
                return Err(format!(
                    "the list of row {row} is longer than {width} entries, the lists' average"
                ));
            }
            found[place] += 1;
            put(place, column, &entry)
        };
        self.visit_column(at, rows, expected, take)?;
        match found.iter().position(|&count| count != width) {
            None => Ok(()),
            Some(place) => {
                let problem = format!(
                    "the list of row {} has {} entries, {width} are the lists' average",
                    rows[place], found[place]
                );
                Err(self.content(&self.offers()[at].name, problem, expected))
            }
        }
    }
}
