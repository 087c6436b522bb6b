//! Damaged and hostile files, as many as fit into some seconds: every reader of pictures, caches, arrays and settings gets
//! small good files, mutated. It has to answer with an error or with pictures; a panic fails the test.

#![allow(clippy::print_stdout, reason = "how many inputs there were, for those who ask")]

use featurescope_image::arrays::{self, Array};
use featurescope_image::data::{open, open_cached};
use featurescope_image::settings::Settings;
use image::{ImageFormat, RgbImage};
use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::tempdir;

#[path = "tables/mod.rs"]
mod tables;

/// Time for all readers together; FUZZ_SECONDS takes its place.
const TIME: Duration = Duration::from_secs(4);
const SPEC: &str = include_str!("../../../experiments/images-synthetic/experiment.toml");

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// One to four changes.
fn mutated(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.next(4) {
        let at = numbers.next(bytes.len());
        match numbers.next(6) {
            0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.next(8),
            2 if !bytes.is_empty() => bytes[at] = [0, 0x7f, 0xff, 1][numbers.next(4)],
            3 => bytes.truncate(at),
            4 => bytes.insert(at.min(bytes.len()), numbers.next(256) as u8),
            _ => {
                let (from, size) = (numbers.next(bytes.len()), numbers.next(24));
                let piece = bytes[from..bytes.len().min(from + size)].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// A reader: the file that is mutated, its good content, and what is done with it.
struct Target {
    name: &'static str,
    file: PathBuf,
    good: Vec<u8>,
    read: fn(&Path),
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(6, 5, |x, y| image::Rgb([(x * 30) as u8, (y * 40) as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// Opens the set that the file is part of.
fn open_set(file: &Path) {
    drop(open(file.parent().expect("a folder")));
}

fn targets(folder: &Path) -> Vec<Target> {
    let place = |path: &str| {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        file
    };
    let idx = |pictures: bool| -> Vec<u8> {
        let mut bytes = if pictures {
            vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6]
        } else {
            vec![0, 0, 8, 1, 0, 0, 0, 2]
        };
        bytes.extend(vec![1u8; if pictures { 60 } else { 2 }]);
        bytes
    };
    let table = place("parquet/train.parquet");
    tables::write(&table, &(0..4).map(|i| (Some(encoded(ImageFormat::Png)), i % 3)).collect::<Vec<_>>());
    let cache = place("cache/pictures");
    let source = place("cache/source/a/1.png");
    fs::write(source, encoded(ImageFormat::Png)).expect("written");
    open_cached(&folder.join("cache/source"), &cache).expect("opens");
    let stored = place("arrays/stored.safetensors");
    arrays::write(&stored, &[Array::new("a", &[2, 2], vec![1.0; 4])], "{}").expect("written");
    fs::write(place("idx/train-images-idx3-ubyte"), idx(true)).expect("written");
    fs::write(place("labels/train-images-idx3-ubyte"), idx(true)).expect("written");
    let read = |path: &Path| fs::read(path).expect("read");
    vec![
        Target { name: "parquet", good: read(&table), file: table, read: open_set },
        Target {
            name: "cifar",
            file: place("cifar/data_batch_1.bin"),
            good: vec![3; 3073 * 2],
            read: open_set,
        },
        Target {
            name: "png",
            file: place("png/a/1.png"),
            good: encoded(ImageFormat::Png),
            read: |file| {
                drop(open(file.parent().and_then(Path::parent).expect("a folder")));
            },
        },
        Target {
            name: "jpeg",
            file: place("jpeg/a/1.jpg"),
            good: encoded(ImageFormat::Jpeg),
            read: |file| {
                drop(open(file.parent().and_then(Path::parent).expect("a folder")));
            },
        },
        Target {
            name: "idx pictures",
            file: place("idx/train-images-idx3-ubyte"),
            good: idx(true),
            read: open_set,
        },
        Target {
            name: "idx labels",
            file: place("labels/train-labels-idx1-ubyte"),
            good: idx(false),
            read: open_set,
        },
        Target {
            name: "cache",
            good: read(&cache),
            file: cache,
            read: |file| {
                let set = open_cached(&file.with_file_name("source"), file).expect("made anew");
                assert_eq!(set.train.len() + set.test.len(), 1, "a damaged cache was believed");
            },
        },
        Target { name: "arrays", good: read(&stored), file: stored, read: |file| drop(arrays::read(file)) },
        Target {
            name: "settings",
            file: place("settings/spec.toml"),
            good: SPEC.as_bytes().to_vec(),
            read: |file| {
                let text = String::from_utf8_lossy(&fs::read(file).expect("read")).into_owned();
                let last = text.lines().last().unwrap_or_default().to_owned();
                drop(Settings::from_texts(&[SPEC, &text], &["seed=1".to_owned(), last]));
            },
        },
    ]
}

#[test]
fn no_reader_panics() {
    let folder = tempdir().expect("a folder");
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let time = seconds.map_or(TIME, Duration::from_secs);
    fs::write(folder.path().join("unused"), []).expect("written");
    let targets = targets(folder.path());
    fs::write(folder.path().join("idx/train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
        .expect("written");
    let mut failures = Vec::new();
    for target in &targets {
        fs::write(&target.file, &target.good).expect("written");
        (target.read)(&target.file);
        let (start, mut numbers, mut count) = (Instant::now(), Numbers(0x9e37_79b9_7f4a_7c15), 0u32);
        while start.elapsed() < time / targets.len() as u32 {
            let bytes = mutated(&target.good, &mut numbers);
            fs::write(&target.file, &bytes).expect("written");
            count += 1;
            if catch_unwind(AssertUnwindSafe(|| (target.read)(&target.file))).is_err() {
                let kept = std::env::temp_dir().join(format!("hostile-{}", target.name.replace(' ', "-")));
                fs::write(&kept, &bytes).expect("written");
                failures.push(format!("{}: {}", target.name, kept.display()));
                break;
            }
        }
        assert!(count > 10, "{}: only {count} inputs", target.name);
        println!("{}: {count} inputs", target.name);
    }
    assert!(failures.is_empty(), "{failures:?}");
}
