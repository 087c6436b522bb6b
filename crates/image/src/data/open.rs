//! What `--data` names: which format lies there, and which of its files are for training and for testing.

use super::binary::{Cifar, read_cifar, read_idx};
use super::folder::{class_folders, name, sorted_entries};
use super::{ImageSet, Split, folder, parquet};
use crate::error::DataError;
use std::path::{Path, PathBuf};

const EXPECTED: &str = "a Parquet table of pictures or a folder of them (train-*.parquet, test-*.parquet), CIFAR-10 or CIFAR-100 \
                        binary files (*.bin), MNIST's four IDX files (*-images-idx3-ubyte, …, also .gz), or a folder \
                        of class folders with JPEG or PNG pictures (or train/ and test/ of them)";
/// Beginnings of the names of files and folders for testing, most wanted first.
const TEST: [&str; 5] = ["test", "t10k", "validation", "valid", "val"];
const TRAIN: &str = "train";

/// The files of a data set.
enum Found {
    Parquet {
        train: Vec<PathBuf>,
        test: Vec<PathBuf>,
    },
    Cifar {
        kind: Cifar,
        train: Vec<PathBuf>,
        test: Vec<PathBuf>,
    },
    /// Pictures and labels.
    Idx {
        train: [PathBuf; 2],
        test: Option<[PathBuf; 2]>,
    },
    Folders {
        train: Vec<PathBuf>,
        test: Vec<PathBuf>,
    },
}

/// Reads the data set at `path`: a Parquet table or a folder of them, CIFAR's binary files, IDX files, or a folder of
/// class folders. Which files are for testing is told by their names (`test…`, `t10k…`, else `val…`). Without any, the
/// last fifth of every class is set aside for testing, and a note says so.
///
/// # Errors
/// A file that is damaged, cut short or of an unknown format, a picture of another size than the first, or a label out
/// of range, each with its file and row.
pub fn open(path: &Path) -> Result<Split, DataError> {
    let (train, test) = match find(path)? {
        Found::Parquet { train, test } => (parquet::read(&train)?, some(&test, parquet::read)?),
        Found::Cifar { kind, train, test } => {
            (read_cifar(kind, &train)?, some(&test, |paths| read_cifar(kind, paths))?)
        }
        Found::Idx { train: [images, labels], test } => {
            let test = test.map(|[images, labels]| read_idx(&images, &labels)).transpose()?;
            (read_idx(&images, &labels)?, test)
        }
        Found::Folders { train, test } => {
            let classes: Vec<String> = train.iter().map(|folder| name(folder)).collect();
            let set = folder::read(&train, &classes)?;
            (set, some(&test, |folders| folder::read(folders, &classes))?)
        }
    };
    match test {
        Some(test) => joined(path, train, test),
        None => Ok(divided(&train)),
    }
}

/// Every file that [`open`] reads, in order: what a cache of the decoded pictures depends on.
pub(super) fn sources(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let (first, second) = match find(path)? {
        Found::Parquet { train, test } | Found::Cifar { train, test, .. } => (train, test),
        Found::Idx { train, test } => (train.to_vec(), test.map_or(Vec::new(), |pair| pair.to_vec())),
        Found::Folders { train, test } => {
            let files = |folders: Vec<PathBuf>| -> Result<Vec<PathBuf>, DataError> {
                Ok(folders.iter().map(|f| sorted_entries(f)).collect::<Result<Vec<_>, _>>()?.concat())
            };
            (files(train)?, files(test)?)
        }
    };
    Ok([first, second].concat())
}

fn some(
    paths: &[PathBuf],
    read: impl FnOnce(&[PathBuf]) -> Result<ImageSet, DataError>,
) -> Result<Option<ImageSet>, DataError> {
    if paths.is_empty() { Ok(None) } else { read(paths).map(Some) }
}

fn find(path: &Path) -> Result<Found, DataError> {
    let metadata = std::fs::metadata(path).map_err(|source| DataError::unreadable(path, source))?;
    if metadata.is_dir() {
        return find_in_folder(path);
    }
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("parquet") => Ok(Found::Parquet { train: vec![path.to_path_buf()], test: Vec::new() }),
        Some("bin") => {
            let kind = Cifar::of_file(path, metadata.len())?;
            Ok(Found::Cifar { kind, train: vec![path.to_path_buf()], test: Vec::new() })
        }
        _ if name(path).contains("images") && name(path).contains("idx3") => {
            let labels = path.with_file_name(label_file(&name(path)));
            Ok(Found::Idx { train: [path.to_path_buf(), labels], test: None })
        }
        _ => Err(unknown(path, "a file of another kind".to_owned())),
    }
}

fn find_in_folder(path: &Path) -> Result<Found, DataError> {
    let entries = sorted_entries(path)?;
    let files: Vec<PathBuf> = entries.iter().filter(|entry| entry.is_file()).cloned().collect();
    let with_extension = |wanted: &str| -> Vec<PathBuf> {
        files.iter().filter(|file| file.extension().is_some_and(|e| e == wanted)).cloned().collect()
    };
    let tables = with_extension("parquet");
    if !tables.is_empty() {
        let (train, test) = by_name(tables);
        return Ok(Found::Parquet { train, test });
    }
    let binaries = with_extension("bin");
    if let Some(first) = binaries.first() {
        let length = std::fs::metadata(first).map_err(|source| DataError::unreadable(first, source))?.len();
        let kind = Cifar::of_file(first, length)?;
        let (train, test) = by_name(binaries);
        return Ok(Found::Cifar { kind, train, test });
    }
    let pictures: Vec<PathBuf> = files
        .iter()
        .filter(|file| name(file).contains("images") && name(file).contains("idx3"))
        .cloned()
        .collect();
    if !pictures.is_empty() {
        return idx_pairs(path, pictures);
    }
    let (train, test) = (path.join(TRAIN), TEST.iter().map(|name| path.join(name)).find(|p| p.is_dir()));
    let found = if train.is_dir() {
        Found::Folders {
            train: class_folders(&train)?,
            test: test.map(|test| class_folders(&test)).transpose()?.unwrap_or_default(),
        }
    } else {
        Found::Folders { train: class_folders(path)?, test: Vec::new() }
    };
    match found {
        Found::Folders { train, .. } if train.is_empty() => {
            let names: Vec<String> = entries.iter().take(10).map(|entry| name(entry)).collect();
            let holds = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            Err(unknown(path, format!("it holds {holds}")))
        }
        found => Ok(found),
    }
}

fn unknown(path: &Path, found: String) -> DataError {
    DataError::UnknownFormat { path: path.to_path_buf(), found, expected: EXPECTED.to_owned() }
}

/// Files for training and for testing. Those that start with `train` or `data` train; where there are none, all that do
/// not test do. Of several kinds of test files the first in [`TEST`] is taken.
fn by_name(files: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let starts = |file: &PathBuf, start: &str| name(file).starts_with(start);
    let kind = TEST.iter().find(|kind| files.iter().any(|file| starts(file, kind)));
    let test: Vec<PathBuf> =
        files.iter().filter(|file| kind.is_some_and(|kind| starts(file, kind))).cloned().collect();
    let is_training = |file: &PathBuf| starts(file, TRAIN) || starts(file, "data");
    let is_for_testing = |file: &PathBuf| TEST.iter().any(|kind| starts(file, kind));
    let named: Vec<PathBuf> = files.iter().filter(|file| is_training(file)).cloned().collect();
    let train = if named.is_empty() {
        files.into_iter().filter(|file| !is_for_testing(file)).collect()
    } else {
        named
    };
    // Only test files: they are all there is.
    if train.is_empty() { (test, Vec::new()) } else { (train, test) }
}

fn label_file(images: &str) -> String {
    images.replace("images", "labels").replace("idx3", "idx1")
}

fn idx_pairs(path: &Path, pictures: Vec<PathBuf>) -> Result<Found, DataError> {
    let (train, test) = by_name(pictures);
    let pair = |files: &[PathBuf]| -> Result<Option<[PathBuf; 2]>, DataError> {
        match files {
            [] => Ok(None),
            [images] => Ok(Some([images.clone(), images.with_file_name(label_file(&name(images)))])),
            [first, second, ..] => {
                let found = format!("both {} and {} hold pictures of one part", name(first), name(second));
                Err(unknown(path, found))
            }
        }
    };
    match pair(&train)? {
        Some(train) => Ok(Found::Idx { train, test: pair(&test)? }),
        None => Err(unknown(path, "no IDX file for training".to_owned())),
    }
}

/// A training and a test part with the same size and classes.
fn joined(path: &Path, mut train: ImageSet, mut test: ImageSet) -> Result<Split, DataError> {
    if (train.width, train.height) != (test.width, test.height) {
        let problem = format!(
            "its test pictures have {} × {} pixels, its training pictures {} × {}",
            test.width, test.height, train.width, train.height
        );
        return Err(DataError::damaged(path, problem, "pictures of one size"));
    }
    // Classes that are only numbers: as many as the part with more of them has.
    let is_numbered =
        |set: &ImageSet| set.classes.iter().enumerate().all(|(i, class)| *class == i.to_string());
    if is_numbered(&train) && is_numbered(&test) {
        let classes = if train.classes.len() < test.classes.len() { &test.classes } else { &train.classes };
        let classes = classes.clone();
        train.classes.clone_from(&classes);
        test.classes = classes;
    }
    if train.classes != test.classes {
        let problem = format!("its test part has the classes {}", test.classes.join(", "));
        return Err(DataError::damaged(
            path,
            problem,
            format!("those of training: {}", train.classes.join(", ")),
        ));
    }
    Ok(Split { train, test, notes: Vec::new() })
}

/// Sets the last fifth of every class aside. By class, because files are often sorted by it.
fn divided(set: &ImageSet) -> Split {
    let mut totals = vec![0_usize; set.classes.len()];
    for &label in &set.labels {
        totals[label as usize] += 1;
    }
    let mut seen = vec![0_usize; set.classes.len()];
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (row, &label) in set.labels.iter().enumerate() {
        let class = label as usize;
        seen[class] += 1;
        // Rounded: a class of three still has a picture to test on.
        let kept = totals[class] - (totals[class] + 2) / 5;
        if seen[class] <= kept { train.push(row) } else { test.push(row) }
    }
    let note = format!(
        "there is no test part: the last fifth of every class is set aside for testing ({} of {} pictures)",
        test.len(),
        set.len()
    );
    Split { train: set.pick(train), test: set.pick(test), notes: vec![note] }
}
