//! Arrays that are in memory instead of in files: the same choice of samples, the same figures.
//!
//! Entries are read one by one, and only those of the samples that are looked at; so an array may lie in
//! memory in any order, and nothing else of it is copied.

use super::{
    Choice, DiagnoseError, FEWEST_SAMPLES, LabelKind, Labels, Representation, Study, WANTED, suspects,
};
use crate::array_file::{Entry, Scalars, scale_problem, show_shape};
use crate::identity::Digest;
use featurescope_sim::math::Matrix;

/// What stands for the name of a file.
const IN_MEMORY: &str = "in memory";

/// A matrix in memory, of whatever kind and layout.
pub struct MemoryArray<'a> {
    /// What it is called.
    pub name: String,
    /// Rows and columns.
    pub extents: [usize; 2],
    /// The entry at a row and column within the extents, exactly.
    pub entry: Box<dyn Fn(usize, usize) -> Entry + Send + Sync + 'a>,
}

/// What is to be diagnosed, in memory.
pub struct Arrays<'a> {
    /// Representations of the same samples: layers or epochs, in their order, each with a name of its own.
    pub representations: Vec<MemoryArray<'a>>,
    /// Representations of another view of every sample: none, or as many as representations.
    pub pairs: Vec<MemoryArray<'a>>,
    /// Labels of the samples, and what they are called.
    pub labels: Option<(String, Scalars)>,
    /// What labels are taken for; `None`: what they look like.
    pub label_kind: Option<LabelKind>,
    /// The value that stands for no label.
    pub unlabelled: Option<String>,
    /// Samples that are looked at, at most.
    pub samples: usize,
}

impl Study {
    /// Chooses samples, and copies their rows.
    ///
    /// # Errors
    /// Naming the array, what was found and what is expected; or if it would not fit into the memory.
    pub fn of_arrays(arrays: &Arrays<'_>) -> Result<Self, DiagnoseError> {
        let n = arrays.check()?;
        let scalars = arrays.labels.as_ref().map(|(_, scalars)| scalars);
        let widths: Vec<usize> = arrays.representations.iter().map(|array| array.extents[1]).collect();
        let choice = Choice {
            labels: scalars,
            kind: arrays.label_kind,
            unlabelled: arrays.unlabelled.as_deref(),
            most: arrays.samples,
        };
        let (labels, samples) = choice.make(n, &widths, !arrays.pairs.is_empty())?;
        let read = |(i, array): (usize, &MemoryArray<'_>)| -> Result<Representation, DiagnoseError> {
            let rows = array.rows(&samples)?;
            let pairs = arrays.pairs.get(i).map(|pairs| pairs.rows(&samples)).transpose()?;
            Ok(Representation {
                name: array.name.clone(),
                file: IN_MEMORY.to_owned(),
                hash: digest(&rows),
                pairs,
                taken: format!("array `{}` ({})", array.name, show_shape(&array.extents)),
                left_out: Vec::new(),
                notes: suspects::notes(&rows, &samples, n, scalars),
                rows,
            })
        };
        let named = arrays.labels.as_ref().zip(labels.as_ref());
        Ok(Self {
            representations: arrays.representations.iter().enumerate().map(read).collect::<Result<_, _>>()?,
            labels_taken: named.map(|((name, _), labels)| format!("`{name}`: {}", labels.describe(n))),
            labels: labels.map(|labels: Labels| labels.of_samples(&samples)),
            samples,
            samples_in_file: n,
        })
    }
}

impl Arrays<'_> {
    /// Samples, if shapes and labels fit together.
    fn check(&self) -> Result<usize, DiagnoseError> {
        let Some(first) = self.representations.first() else {
            return Err(DiagnoseError::Mismatch("no representation is given".to_owned()));
        };
        let n = first.extents[0];
        for array in &self.representations {
            let [rows, neurons] = array.extents;
            if rows < FEWEST_SAMPLES || neurons == 0 {
                return Err(array.shape_error(WANTED));
            }
            if rows != n {
                return Err(DiagnoseError::Mismatch(format!(
                    "representations have to be of the same samples: `{}` has {n} rows, `{}` has {rows}",
                    first.name, array.name
                )));
            }
        }
        if !self.pairs.is_empty() && self.pairs.len() != self.representations.len() {
            return Err(DiagnoseError::Mismatch(format!(
                "{} arrays of other views for {} representations: one for each is needed, in the same order",
                self.pairs.len(),
                self.representations.len()
            )));
        }
        for (pairs, array) in self.pairs.iter().zip(&self.representations) {
            if pairs.extents != array.extents {
                let expected = format!("{}, like `{}`", show_shape(&array.extents), array.name);
                return Err(pairs.shape_error(&expected));
            }
        }
        match &self.labels {
            Some((name, scalars)) if scalars.len() != n => Err(DiagnoseError::InMemory {
                name: name.clone(),
                problem: format!("there are {}", scalars.len()),
                expected: format!("{n} labels, one per sample"),
            }),
            _ => Ok(n),
        }
    }
}

impl MemoryArray<'_> {
    fn error(&self, problem: String, expected: &str) -> DiagnoseError {
        DiagnoseError::InMemory { name: self.name.clone(), problem, expected: expected.to_owned() }
    }

    fn shape_error(&self, expected: &str) -> DiagnoseError {
        self.error(format!("its shape is {}", show_shape(&self.extents)), expected)
    }

    /// These rows in single precision.
    fn rows(&self, samples: &[usize]) -> Result<Matrix, DiagnoseError> {
        let mut rows = Matrix::zeros(samples.len(), self.extents[1]);
        for (place, &sample) in samples.iter().enumerate() {
            for column in 0..self.extents[1] {
                let value = (self.entry)(sample, column).activation();
                rows[(place, column)] = value.map_err(|is| {
                    self.error(format!("the entry at row {sample}, column {column} is {is}"), WANTED)
                })?;
            }
        }
        match scale_problem(rows.as_slice()) {
            None => Ok(rows),
            Some(problem) => Err(self.error(problem, WANTED)),
        }
    }
}

/// SHA-256 of the entries, row by row, little-endian.
fn digest(rows: &Matrix) -> Digest {
    Digest::of(rows.as_slice().iter().flat_map(|entry| entry.to_le_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Request, Source, figures, find};

    const NEURONS: usize = 3;

    fn value(i: usize, j: usize) -> f32 {
        ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f32 / 504.0 - 1.0
    }

    fn array<'a>(
        name: &str,
        n: usize,
        entry: impl Fn(usize, usize) -> Entry + Send + Sync + 'a,
    ) -> MemoryArray<'a> {
        MemoryArray { name: name.to_owned(), extents: [n, NEURONS], entry: Box::new(entry) }
    }

    fn given(n: usize) -> Arrays<'static> {
        let real = |shift: usize| move |i: usize, j: usize| Entry::Real(f64::from(value(i + shift, j)));
        Arrays {
            representations: vec![array("a", n, real(0))],
            pairs: vec![array("b", n, real(1))],
            labels: Some(("y".to_owned(), Scalars::Whole((0..n as i64).map(|i| Some(i % 3)).collect()))),
            label_kind: None,
            unlabelled: None,
            samples: 64,
        }
    }

    fn problem(arrays: &Arrays<'_>) -> String {
        Study::of_arrays(arrays).unwrap_err().to_string()
    }

    /// The same choice of samples, figures and notes as of files with the same entries.
    #[test]
    fn arrays_in_memory_and_in_files_are_the_same_study() {
        let n = 200;
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, shift: usize| {
            let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {NEURONS}), }}\n");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.as_bytes());
            let entries = (0..n).flat_map(|i| (0..NEURONS).map(move |j| value(i + shift, j)));
            bytes.extend(entries.flat_map(f32::to_le_bytes));
            std::fs::write(folder.path().join(name), bytes).unwrap();
            Source { path: folder.path().join(name), array: None }
        };
        let labels: String = (0..n).map(|i| i % 3).map(|label| char::from(label as u8)).collect();
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({n},), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend([header, labels].concat().as_bytes());
        std::fs::write(folder.path().join("y.npy"), bytes).unwrap();
        let request = Request {
            pairs: vec![write("b.npy", 1)],
            labels: Some(Source { path: folder.path().join("y.npy"), array: None }),
            samples: 64,
            ..Request::of(write("a.npy", 0))
        };
        let (files, memory) = (Study::read(&request).unwrap(), Study::of_arrays(&given(n)).unwrap());
        assert_eq!((&files.samples, files.samples_in_file), (&memory.samples, n));
        assert_eq!(files.labels, memory.labels);
        let of = |study: &Study| {
            let mut found = figures(study, &study.representations[0], &find(study)[0]);
            for word in ["name", "file", "sha256", "taken", "labels"] {
                assert!(found.as_object_mut().unwrap().remove(word).is_some(), "{word}");
            }
            found
        };
        assert_eq!(of(&files), of(&memory));
        assert_eq!(memory.labels_taken.as_deref(), Some("`y`: 3 classes"));
        assert_eq!(memory.representations[0].taken, "array `a` (200 × 3)");
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name_and_shape() {
        let few = problem(&given(3));
        assert!(few.starts_with("a: its shape is 3 × 3; expected an array of samples × neurons"), "{few}");
        let mut arrays = given(8);
        arrays.pairs[0].extents = [8, 2];
        assert!(problem(&arrays).starts_with("b: its shape is 8 × 2; expected an array of 8 × 3, like `a`"));
        arrays.pairs.clear();
        arrays.labels = Some(("y".to_owned(), Scalars::Whole(vec![Some(1); 7])));
        assert!(problem(&arrays).starts_with("y: there are 7; expected an array of 8 labels"));
        arrays.labels = None;
        arrays.representations.push(array("c", 9, |_, _| Entry::Whole(1)));
        assert!(problem(&arrays).contains("`a` has 8 rows, `c` has 9"));
        arrays.representations[1] =
            array("c", 8, |i, j| Entry::Real(if i == 5 && j == 1 { f64::NAN } else { 1.0 }));
        assert!(problem(&arrays).starts_with("c: the entry at row 5, column 1 is NaN, not a finite number"));
        arrays.representations.clear();
        assert!(problem(&arrays).contains("no representation"));
    }

    #[test]
    fn suspicious_neurons_are_told() {
        let mut arrays = given(40);
        arrays.representations[0] =
            array("a", 40, |i, j| Entry::Real(if j == 2 { i as f64 } else { f64::from(value(i, j)) }));
        let notes = &Study::of_arrays(&arrays).unwrap().representations[0].notes;
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("Neuron 2 is suspicious: it numbers the rows"), "{notes:?}");
    }
}
