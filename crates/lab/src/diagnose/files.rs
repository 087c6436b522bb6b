//! A study from files: what is neurons, what is labels, and the rows of the samples that are looked at.

use super::roles::{self, Roles, Wanted};
use super::{
    ALL_ARRAYS, ArrayError, Choice, DiagnoseError, FEWEST_SAMPLES, Representation, Request, Source, Study,
    WANTED, file_name, suspects,
};
use crate::array_file::{ArrayFile, Scalars, Selection};
use crate::identity::Digest;
use featurescope_sim::math::Matrix;
use std::path::Path;

impl Request {
    /// Arrays of `path` with another role than that of neurons.
    fn reserved(&self, path: &Path, labels: Option<&OpenLabels>) -> Vec<(String, &'static str)> {
        let label = labels.filter(|labels| is_same_file(labels.file.path(), path));
        let label = label.map(|labels| (labels.name.clone(), "the labels"));
        let pairs = self.pairs.iter().filter(|pair| is_same_file(&pair.path, path));
        let pairs = pairs.filter_map(|pair| Some((pair.array.clone()?, "the pairs")));
        let is_asked = |name: &str| {
            let mut asked = self.representations.iter().filter(|source| is_same_file(&source.path, path));
            asked.any(|source| source.array.as_deref() == Some(name))
        };
        pairs.filter(|(name, _)| !is_asked(name)).chain(label).collect()
    }

    /// The representations, with every array where all are asked for.
    fn expanded(&self, labels: Option<&OpenLabels>) -> Result<Vec<Source>, DiagnoseError> {
        let mut sources = Vec::new();
        for source in &self.representations {
            if source.array.as_deref() != Some(ALL_ARRAYS) {
                sources.push(source.clone());
                continue;
            }
            let file = ArrayFile::open(&source.path, WANTED)?;
            let mut names = roles::all_matrices(&file, &self.reserved(&source.path, labels));
            if file.offers().iter().any(|offer| offer.name == ALL_ARRAYS) {
                names = vec![ALL_ARRAYS.to_owned()];
            }
            if names.is_empty() {
                return Err(file.choice("none of its arrays is a matrix of numbers", WANTED).into());
            }
            sources.extend(
                names.into_iter().map(|name| Source { path: source.path.clone(), array: Some(name) }),
            );
        }
        match self.pairs.len() {
            0 => Ok(sources),
            count if count == sources.len() => Ok(sources),
            count => Err(DiagnoseError::Mismatch(format!(
                "{count} pairs for {} representations: --pairs and --pairs-array name one for each, in the same order",
                sources.len()
            ))),
        }
    }
}

/// The file of labels and which of its columns they are.
struct OpenLabels {
    file: ArrayFile,
    at: usize,
    name: String,
}

impl OpenLabels {
    fn open(source: &Source) -> Result<Self, ArrayError> {
        let expected = "labels, one per sample";
        let file = ArrayFile::open(&source.path, expected)?;
        let at = roles::labels(&file, source, expected)?;
        let name = file.offers()[at].name.clone();
        Ok(Self { file, at, name })
    }

    /// The array's name, if it has one of its own.
    fn column(&self) -> Option<&str> {
        self.file.table().map(|_| self.name.as_str())
    }
}

/// A representation that is open: what of it is read is decided.
struct Open {
    source: Source,
    file: ArrayFile,
    roles: Roles,
    extents: [usize; 2],
}

impl Study {
    /// Decides what is what, chooses samples, and reads their rows.
    ///
    /// # Errors
    /// Naming file and array, what was found and what is expected; or if it would not fit into the memory.
    pub fn read(request: &Request) -> Result<Self, DiagnoseError> {
        let mut labels = request.labels.as_ref().map(OpenLabels::open).transpose()?;
        let mut open = Vec::new();
        for source in request.expanded(labels.as_ref())? {
            open.push(Open::new(source, request, labels.as_ref())?);
        }
        let n = same_rows(&open)?;
        let scalars = labels
            .as_mut()
            .map(|labels| labels.file.scalars(labels.at, n, &format!("{n} labels, one per sample")));
        let scalars = scalars.transpose()?;
        let widths: Vec<usize> = open.iter().map(|open| open.extents[1]).collect();
        let choice = Choice {
            labels: scalars.as_ref(),
            kind: request.label_kind,
            unlabelled: request.unlabelled.as_deref(),
            most: request.samples,
        };
        let (all, samples) = choice.make(n, &widths, !request.pairs.is_empty())?;
        let labels_taken = labels.as_ref().zip(all.as_ref()).map(|(labels, all)| {
            format!("`{}` of {}: {}", labels.name, file_name(labels.file.path()), all.describe(n))
        });
        let names = names(&open);
        let hashes = hashes(&open)?;
        let mut representations = Vec::with_capacity(open.len());
        for (i, open) in open.into_iter().enumerate() {
            let pairs = request.pairs.get(i);
            let asked = !request.columns.is_empty();
            let mut read = open.read(&samples, scalars.as_ref(), asked, pairs)?;
            (read.name, read.hash) = (names[i].clone(), hashes[i]);
            representations.push(read);
        }
        Ok(Self {
            representations,
            labels: all.map(|labels| labels.of_samples(&samples)),
            labels_taken,
            samples,
            samples_in_file: n,
        })
    }
}

impl Open {
    fn new(source: Source, request: &Request, labels: Option<&OpenLabels>) -> Result<Self, DiagnoseError> {
        let file = ArrayFile::open(&source.path, WANTED)?;
        let reserved = request.reserved(&source.path, labels);
        let wanted = Wanted {
            array: source.array.as_deref(),
            columns: &request.columns,
            reserved: &reserved,
            label: labels.and_then(OpenLabels::column),
            expected: WANTED,
        };
        let roles = Roles::decide(&file, &wanted)?;
        let extents = file.extents(&roles.selection, WANTED)?;
        if extents[0] < FEWEST_SAMPLES || extents[1] == 0 {
            return Err(file.extents_error(&roles.selection, extents, WANTED).into());
        }
        Ok(Self { source, file, roles, extents })
    }

    /// Reads the samples, and takes columns away that turn out to be labels or to number the rows.
    fn read(
        mut self,
        samples: &[usize],
        labels: Option<&Scalars>,
        is_asked_for: bool,
        pairs: Option<&Source>,
    ) -> Result<Representation, DiagnoseError> {
        let mut rows = self.file.matrix(&self.roles.selection, samples, WANTED)?;
        let mut notes = Vec::new();
        let may_leave_out = !self.roles.columns.is_empty() && !is_asked_for;
        let mut kept = Vec::new();
        for j in 0..rows.cols() {
            let column = rows.column(j);
            let Some(reason) = suspects::reason(&column, samples, self.extents[0], labels) else {
                let name = self.roles.columns.get(kept.len());
                let follows = labels.is_some_and(|labels| suspects::follows_labels(&column, samples, labels));
                notes.extend(name.filter(|_| follows).map(|name| {
                    format!(
                        "Column `{name}` has one value for each label, as if it were made from the labels. \
                         If it was, name the others with --columns. Figures below include it."
                    )
                }));
                kept.push(j);
                continue;
            };
            if may_leave_out {
                self.roles.leave_out(kept.len(), reason);
            } else {
                kept.push(j);
                notes.push(suspects::note(j, reason));
            }
        }
        if kept.is_empty() {
            return Err(self.file.choice("none of its columns can be neurons", WANTED).into());
        }
        if kept.len() < rows.cols() {
            rows = Matrix::from_fn(rows.rows(), kept.len(), |i, c| rows[(i, kept[c])]);
            self.extents[1] = kept.len();
        }
        let pairs = pairs.map(|source| self.read_pairs(source, samples)).transpose()?;
        Ok(Representation {
            name: String::new(),
            file: file_name(&self.source.path),
            hash: Digest::default(),
            rows,
            pairs,
            taken: self.roles.taken(&self.file, self.extents),
            left_out: self.roles.left_out,
            notes,
        })
    }

    /// The other views of the samples: of a table the columns with the same names, whatever their order.
    fn read_pairs(&self, source: &Source, samples: &[usize]) -> Result<Matrix, DiagnoseError> {
        let [n, m] = self.extents;
        let expected = format!("{n} × {m}, like the activations");
        let mut file = ArrayFile::open(&source.path, &expected)?;
        let exact: &[String] =
            if file.table().is_some() && source.array.is_none() { &self.roles.columns } else { &[] };
        let own = match self.roles.selection {
            Selection::Array(at) if is_same_file(&source.path, &self.source.path) => {
                Some((self.file.offers()[at].name.clone(), "the activations"))
            }
            _ => None,
        };
        let reserved: Vec<_> = own.into_iter().collect();
        let wanted = Wanted {
            array: source.array.as_deref(),
            columns: exact,
            reserved: if source.array.is_none() { &reserved } else { &[] },
            label: None,
            expected: &expected,
        };
        let mut roles = Roles::decide(&file, &wanted)?;
        roles.in_order_of(&self.roles.columns);
        let found = file.extents(&roles.selection, &expected)?;
        if found != [n, m] {
            return Err(file.extents_error(&roles.selection, found, &expected).into());
        }
        Ok(file.matrix(&roles.selection, samples, &expected)?)
    }
}

/// Rows of all files, which have to agree.
fn same_rows(open: &[Open]) -> Result<usize, DiagnoseError> {
    let Some(first) = open.first() else {
        return Err(DiagnoseError::Mismatch("no representation is named".to_owned()));
    };
    let n = first.extents[0];
    match open.iter().find(|other| other.extents[0] != n) {
        None => Ok(n),
        Some(other) => Err(DiagnoseError::Mismatch(format!(
            "representations have to be of the same samples: {} has {n} rows, {} has {}",
            show_source(&first.source),
            show_source(&other.source),
            other.extents[0]
        ))),
    }
}

fn show_source(source: &Source) -> String {
    match &source.array {
        Some(array) => format!("array `{array}` of {}", source.path.display()),
        None => source.path.display().to_string(),
    }
}

/// What each is called: by its array if all are of one file, else by its file, with as much of the path as
/// tells them apart.
fn names(open: &[Open]) -> Vec<String> {
    let path = |open: &Open, parts: usize| -> String {
        let parts_of_path: Vec<_> = open.source.path.iter().map(|part| part.to_string_lossy()).collect();
        parts_of_path[parts_of_path.len().saturating_sub(parts)..].join("/")
    };
    let array = |open: &Open| open.source.array.clone();
    let is_one_file = open.windows(2).all(|pair| pair[0].source.path == pair[1].source.path);
    let candidates = (1..=4).map(|parts| -> Vec<String> {
        let name = |open: &Open| match array(open) {
            Some(array) if is_one_file => array,
            Some(array) => format!("{}: {array}", path(open, parts)),
            None => path(open, parts),
        };
        if open.len() == 1 { vec![path(&open[0], 1)] } else { open.iter().map(name).collect() }
    });
    let is_distinct = |names: &Vec<String>| {
        let mut sorted = names.clone();
        sorted.sort();
        sorted.windows(2).all(|pair| pair[0] != pair[1])
    };
    let mut last = Vec::new();
    for names in candidates {
        if is_distinct(&names) {
            return names;
        }
        last = names;
    }
    // The same array twice.
    last.iter().enumerate().map(|(i, name)| format!("{}. {name}", i + 1)).collect()
}

/// SHA-256 per representation; a file with several arrays is read once.
fn hashes(open: &[Open]) -> Result<Vec<Digest>, ArrayError> {
    let mut hashes: Vec<Digest> = Vec::with_capacity(open.len());
    for (i, one) in open.iter().enumerate() {
        let path = &one.source.path;
        let digest = match open[..i].iter().position(|earlier| earlier.source.path == *path) {
            Some(same) => hashes[same],
            None => Digest::of_file(path)
                .map_err(|source| ArrayError::Unreadable { path: path.clone(), source })?,
        };
        hashes.push(digest);
    }
    Ok(hashes)
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let full = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    a == b || full(a) == full(b)
}
