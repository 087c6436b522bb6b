//! Diagnosis of arrays that Python has. Their entries are read where they lie, in any layout.

use crate::error;
use featurescope_lab::array_file::{Entry, Scalars};
use featurescope_lab::diagnose::{
    Arrays, DiagnoseError, FEWEST_SAMPLES, Finding, Glance, LabelKind, MemoryArray, Study, figures, find,
    glance, notes, page,
};
use featurescope_lab::report::page::{Block, Page};
use featurescope_lab::report::{Figure, still, write};
use half::{bf16, f16};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::path::PathBuf;

/// The entries of an array, native and aligned. Half precision comes as its bits.
#[derive(FromPyObject)]
enum Entries<'py> {
    Single(PyReadonlyArray2<'py, f32>),
    Double(PyReadonlyArray2<'py, f64>),
    Bits(PyReadonlyArray2<'py, u16>),
    Signed8(PyReadonlyArray2<'py, i8>),
    Signed16(PyReadonlyArray2<'py, i16>),
    Signed32(PyReadonlyArray2<'py, i32>),
    Signed64(PyReadonlyArray2<'py, i64>),
    Unsigned8(PyReadonlyArray2<'py, u8>),
    Unsigned32(PyReadonlyArray2<'py, u32>),
    Unsigned64(PyReadonlyArray2<'py, u64>),
}

/// What entries of two bytes are.
#[derive(Clone, Copy)]
enum Bits {
    Whole,
    Half,
    Brain,
}

/// A matrix with a name.
#[derive(FromPyObject)]
pub struct GivenArray<'py>(String, String, Entries<'py>);

/// One label per sample.
#[derive(FromPyObject)]
pub enum GivenLabels<'py> {
    /// Whole numbers.
    Whole(PyReadonlyArray1<'py, i64>),
    /// Numbers.
    Real(PyReadonlyArray1<'py, f64>),
    /// Texts, or none.
    Text(Vec<Option<String>>),
}

type Read<'a> = Box<dyn Fn(usize, usize) -> Entry + Send + Sync + 'a>;

fn reader<'a, T: Element + Copy + Sync>(
    array: &'a PyReadonlyArray2<'_, T>,
    entry: impl Fn(T) -> Entry + Send + Sync + 'a,
) -> ([usize; 2], Read<'a>) {
    let view = array.as_array();
    ([view.nrows(), view.ncols()], Box::new(move |i, j| entry(view[[i, j]])))
}

impl GivenArray<'_> {
    /// The matrix as `lab` reads it.
    pub fn read(&self) -> MemoryArray<'_> {
        let bits = match self.1.as_str() {
            "float16" => Bits::Half,
            "bfloat16" => Bits::Brain,
            _ => Bits::Whole,
        };
        let half = move |word: u16| match bits {
            Bits::Whole => Entry::Whole(i128::from(word)),
            Bits::Half => Entry::Real(f16::from_bits(word).to_f64()),
            Bits::Brain => Entry::Real(bf16::from_bits(word).to_f64()),
        };
        let (extents, entry) = match &self.2 {
            Entries::Single(array) => reader(array, |value| Entry::Real(f64::from(value))),
            Entries::Double(array) => reader(array, Entry::Real),
            Entries::Bits(array) => reader(array, half),
            Entries::Signed8(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Signed16(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Signed32(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Signed64(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Unsigned8(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Unsigned32(array) => reader(array, |value| Entry::Whole(i128::from(value))),
            Entries::Unsigned64(array) => reader(array, |value| Entry::Whole(i128::from(value))),
        };
        MemoryArray { name: self.0.clone(), extents, entry }
    }
}

impl GivenLabels<'_> {
    /// The labels as `lab` reads them.
    pub fn read(&self) -> Scalars {
        match self {
            Self::Whole(values) => Scalars::Whole(values.as_array().iter().copied().map(Some).collect()),
            Self::Real(values) => Scalars::Real(values.as_array().iter().copied().map(Some).collect()),
            Self::Text(texts) => {
                let (mut names, mut known) = (Vec::new(), HashMap::new());
                let mut code = |text: &String| {
                    *known.entry(text.clone()).or_insert_with(|| {
                        names.push(text.clone());
                        names.len() as u32 - 1
                    })
                };
                let codes = texts.iter().map(|text| text.as_ref().map(&mut code)).collect();
                Scalars::Text { names, codes }
            }
        }
    }
}

/// What was found in representations of the same samples.
#[pyclass(frozen, module = "featurescope._featurescope")]
pub struct Diagnosis {
    study: Study,
    findings: Vec<Finding>,
    command: String,
}

/// Diagnoses arrays: names, kinds of half precision and entries; of other views likewise.
#[pyfunction]
pub fn diagnose(
    py: Python<'_>,
    representations: Vec<GivenArray<'_>>,
    pairs: Vec<GivenArray<'_>>,
    labels: Option<GivenLabels<'_>>,
    labels_as: Option<&str>,
    unlabelled: Option<String>,
    samples: usize,
    command: String,
) -> PyResult<Diagnosis> {
    let label_kind = match labels_as {
        None => None,
        Some("classes") => Some(LabelKind::Classes),
        Some("values") => Some(LabelKind::Values),
        Some(other) => {
            let problem = format!("labels_as: {other:?} is unknown; \"classes\" and \"values\" are accepted");
            return Err(error::setting(problem));
        }
    };
    if samples < FEWEST_SAMPLES {
        return Err(error::setting(format!(
            "samples: {samples} is too small; a whole number from {FEWEST_SAMPLES} on is accepted"
        )));
    }
    let arrays = Arrays {
        representations: representations.iter().map(GivenArray::read).collect(),
        pairs: pairs.iter().map(GivenArray::read).collect(),
        labels: labels.as_ref().map(|labels| ("labels".to_owned(), labels.read())),
        label_kind,
        unlabelled,
        samples,
    };
    let found = error::detached(py, move || {
        let study = Study::of_arrays(&arrays)?;
        let findings = find(&study);
        Ok::<_, DiagnoseError>(Diagnosis { study, findings, command })
    })?;
    found.map_err(|problem| error::setting(in_python(&problem.to_string())))
}

#[pymethods]
impl Diagnosis {
    /// The figures of each representation, as JSON.
    fn figures(&self) -> Vec<String> {
        let all = self.study.representations.iter().zip(&self.findings);
        all.map(|(of, finding)| in_python(&figures(&self.study, of, finding).to_string())).collect()
    }

    /// What was looked at, and what a reader should know about it.
    fn notes(&self) -> Vec<String> {
        notes(&self.study).iter().map(|note| in_python(note)).collect()
    }

    /// The figures side by side: heads of columns, rows, and what is said below.
    fn table(&self) -> (Vec<String>, Vec<Vec<String>>, String) {
        let table = glance(&self.study, &self.findings).table;
        (table.columns, table.rows, table.note)
    }

    /// The pictures that are drawn at once, as SVG.
    fn pictures(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let drawn = error::detached(py, || {
            let Glance { pictures, .. } = glance(&self.study, &self.findings);
            let draw = |figure: &Figure| still::svg(figure, &self.command);
            pictures.iter().map(draw).collect::<Result<Vec<_>, _>>()
        })?;
        drawn.map_err(error::run)
    }

    /// Writes the page and its figures into a folder: the page's path.
    fn write(&self, py: Python<'_>, out: PathBuf) -> PyResult<PathBuf> {
        let written = error::detached(py, || {
            let page = page(&self.study, &self.findings, &self.command);
            write(&page_in_python(page), &out)
        })?;
        written.map_err(error::run)
    }
}

/// The settings of the terminal in a sentence, as Python writes them.
fn in_python(text: &str) -> String {
    let words = [
        ("--labels-as classes", "labels_as='classes'"),
        ("--unlabelled ", "unlabelled="),
        ("--unlabelled", "unlabelled="),
        ("--samples", "samples="),
    ];
    words.iter().fold(text.to_owned(), |text, (terminal, python)| text.replace(terminal, python))
}

fn page_in_python(mut page: Page) -> Page {
    for note in &mut page.notes {
        *note = in_python(note);
    }
    for block in page.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        if let Block::Verdicts(verdicts) = block {
            for verdict in verdicts {
                verdict.text = in_python(&verdict.text);
            }
        }
    }
    page
}
