//! Every format on tiny files that the test writes itself, and on broken ones: file and row are named, nothing is lost.

use featurescope_image::DataError;
use featurescope_image::data::{ImageSet, open, open_cached};
use image::{ImageFormat, RgbImage};
use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::Path;
use tempfile::tempdir;

#[path = "tables/mod.rs"]
mod tables;

use tables::write as table;

/// A picture of `width` × `height` whose bytes tell its number.
fn picture(width: u32, height: u32, number: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 30) as u8, (y * 40) as u8, (number * 7) as u8]))
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn png(number: u32) -> Vec<u8> {
    encoded(&picture(6, 5, number), ImageFormat::Png)
}

fn good_rows(count: u32) -> Vec<(Option<Vec<u8>>, i64)> {
    (0..count).map(|i| (Some(png(i)), i64::from(i % 3))).collect()
}

fn assert_pictures(set: &ImageSet, numbers: &[u32]) {
    assert_eq!((set.width, set.height, set.len()), (6, 5, numbers.len()));
    for (i, &number) in numbers.iter().enumerate() {
        assert_eq!(set.image(i), picture(6, 5, number).as_raw(), "picture {i}");
    }
}

/// The error's text.
fn fails(path: &Path) -> String {
    open(path).expect_err("an error").to_string()
}

/// A check of an error: everything that it must name.
fn assert_names(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "`{error}` does not name `{part}`");
    }
}

#[test]
fn tables_of_several_row_groups_and_files() {
    let folder = tempdir().expect("a folder");
    let rows = good_rows(11);
    table(&folder.path().join("train-00000-of-00002.parquet"), &rows[..7]);
    table(&folder.path().join("train-00001-of-00002.parquet"), &rows[7..]);
    table(&folder.path().join("test-00000-of-00001.parquet"), &rows[..2]);
    let split = open(folder.path()).expect("opens");
    assert_pictures(&split.train, &(0..11).collect::<Vec<_>>());
    assert_pictures(&split.test, &[0, 1]);
    assert_eq!(split.train.classes, ["cat", "dog", "frog"]);
    assert_eq!(split.train.labels, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]);
    assert!(split.notes.is_empty());
}

/// Fifteen rows of three classes: the last of the five of each.
#[test]
fn without_a_test_part_the_last_fifth_of_every_class() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("all.parquet");
    table(&path, &good_rows(15));
    let split = open(&path).expect("opens");
    assert_pictures(&split.train, &(0..12).collect::<Vec<_>>());
    assert_pictures(&split.test, &[12, 13, 14]);
    assert_names(&split.notes[0], &["last fifth", "3 of 15"]);
}

/// JPEG is lossy: a flat picture keeps its colour up to the rounding of its transform.
#[test]
fn jpeg_pictures() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("all.parquet");
    let flat = RgbImage::from_pixel(16, 16, image::Rgb([200, 100, 50]));
    table(&path, &vec![(Some(encoded(&flat, ImageFormat::Jpeg)), 0); 4]);
    let set = open(&path).expect("opens").train;
    // The fourth is set aside for testing.
    assert_eq!((set.width, set.len()), (16, 3));
    assert!(set.pixels.iter().zip(flat.as_raw().iter().cycle()).all(|(a, b)| a.abs_diff(*b) <= 3));
}

#[test]
fn broken_tables_name_file_and_row() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("train.parquet");
    let broken = |at: usize, picture: Option<Vec<u8>>, label: i64| {
        let mut rows = good_rows(8);
        rows[at] = (picture, label);
        table(&path, &rows);
        let error = open(&path).expect_err("an error");
        assert!(matches!(error, DataError::Row { row, .. } if row == at), "{error}");
        let error = error.to_string();
        assert_names(&error, &["train.parquet", &format!("row {at}")]);
        error
    };
    assert_names(&broken(4, Some(png(4)), 3), &["label is 3", "0 to 2"]);
    assert_names(&broken(4, Some(png(4)), -1), &["label is -1"]);
    let odd = encoded(&picture(7, 5, 0), ImageFormat::Png);
    assert_names(&broken(5, Some(odd), 0), &["7 × 5", "6 × 5", "row 0"]);
    let whole = png(6);
    let half = whole[..whole.len() / 2].to_vec();
    assert_names(&broken(6, Some(half), 0), &["cut short or damaged"]);
    assert_names(&broken(7, Some(b"GIF89a, say".to_vec()), 0), &["neither a JPEG nor a PNG"]);
    assert_names(&broken(0, Some(Vec::new()), 0), &["neither a JPEG nor a PNG"]);
    assert_names(&broken(3, None, 0), &["no picture", "not only its path"]);
    // A header that declares 65535 × 65535 pixels in a few hundred bytes, with its checksum right.
    let mut huge = png(2);
    huge[16..20].copy_from_slice(&65535_u32.to_be_bytes());
    huge[20..24].copy_from_slice(&65535_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    assert_names(&broken(0, Some(huge), 0), &["65535 × 65535", "more than its"]);

    table(&path, &good_rows(8));
    let whole = fs::read(&path).expect("read");
    fs::write(&path, &whole[..whole.len() - 9]).expect("written");
    assert_names(&fails(&path), &["train.parquet", "cut short or no Parquet file"]);
    fs::write(&path, b"PAR1").expect("written");
    assert_names(&fails(&path), &["train.parquet", "img"]);
}

/// A row of CIFAR-10: the label, then three planes.
fn cifar_row(label: u8, seed: usize) -> Vec<u8> {
    let planes = (0..3 * 1024).map(|i| ((i * 7 + seed) % 251) as u8);
    [label].into_iter().chain(planes).collect()
}

#[test]
fn cifar_files() {
    let folder = tempdir().expect("a folder");
    let rows = [cifar_row(3, 0), cifar_row(9, 1)].concat();
    fs::write(folder.path().join("data_batch_1.bin"), &rows).expect("written");
    fs::write(folder.path().join("data_batch_2.bin"), cifar_row(0, 2)).expect("written");
    fs::write(folder.path().join("test_batch.bin"), cifar_row(1, 3)).expect("written");
    let split = open(folder.path()).expect("opens");
    assert_eq!(split.train.labels, [3, 9, 0]);
    assert_eq!((split.test.labels, split.test.classes[3].as_str()), (vec![1], "cat"));
    // Channel c of pixel 37 of row 1.
    for c in 0..3 {
        assert_eq!(split.train.image(1)[37 * 3 + c], (((c * 1024 + 37) * 7 + 1) % 251) as u8);
    }
    fs::write(folder.path().join("data_batch_2.bin"), &rows[..3000]).expect("written");
    assert_names(&fails(folder.path()), &["data_batch_2.bin", "0 whole rows", "3073"]);
    fs::write(folder.path().join("data_batch_2.bin"), [&rows[..3073], &cifar_row(10, 0)[..]].concat())
        .expect("written");
    assert_names(&fails(folder.path()), &["data_batch_2.bin, row 1", "label is 10"]);
}

#[test]
fn cifar_100_files() {
    let folder = tempdir().expect("a folder");
    let row = |fine: u8| [&[11_u8][..], &cifar_row(fine, 5)[..]].concat();
    fs::write(folder.path().join("train.bin"), [row(99), row(42)].concat()).expect("written");
    fs::write(folder.path().join("test.bin"), row(7)).expect("written");
    let split = open(folder.path()).expect("opens");
    assert_eq!((split.train.labels, split.test.labels), (vec![99, 42], vec![7]));
    assert_eq!(split.train.classes.len(), 100);
}

fn idx(magic: [u8; 4], extents: &[u32], content: &[u8]) -> Vec<u8> {
    let extents = extents.iter().flat_map(|extent| extent.to_be_bytes());
    magic.into_iter().chain(extents).chain(content.iter().copied()).collect()
}

#[test]
fn idx_files() {
    let folder = tempdir().expect("a folder");
    let (images, labels) =
        (folder.path().join("train-images-idx3-ubyte"), folder.path().join("train-labels-idx1-ubyte"));
    let content: Vec<u8> = (0..24).collect();
    fs::write(&images, idx([0, 0, 8, 3], &[2, 3, 4], &content)).expect("written");
    fs::write(&labels, idx([0, 0, 8, 1], &[2], &[5, 0])).expect("written");
    let compressed = |name: &str, bytes: Vec<u8>| {
        let file = File::create(folder.path().join(name)).expect("a file");
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
        encoder.write_all(&bytes).expect("written");
        encoder.finish().expect("written");
    };
    compressed("t10k-images-idx3-ubyte.gz", idx([0, 0, 8, 3], &[1, 3, 4], &content[12..]));
    compressed("t10k-labels-idx1-ubyte.gz", idx([0, 0, 8, 1], &[1], &[9]));
    let split = open(folder.path()).expect("opens");
    assert_eq!((split.train.width, split.train.height), (4, 3));
    assert_eq!(split.train.labels, [5, 0]);
    assert_eq!((split.test.labels, split.test.classes.len()), (vec![9], 10));
    assert_eq!(split.train.image(1)[..6], [12, 12, 12, 13, 13, 13]);
    let padded = split.train.padded(8);
    assert_eq!((padded.width, padded.height, padded.len()), (8, 8, 2));
    // Two columns to the left and two lines above.
    assert_eq!(padded.image(1)[(2 * 8 + 2) * 3..][..6], [12, 12, 12, 13, 13, 13]);
    let sum = |pixels: &[u8]| pixels.iter().map(|&v| u32::from(v)).sum::<u32>();
    assert_eq!(sum(&padded.pixels), sum(&split.train.pixels));

    fs::write(&labels, idx([0, 0, 8, 1], &[1], &[5])).expect("written");
    assert_names(&fails(folder.path()), &["train-labels", "1 labels", "2, one for each"]);
    fs::write(&images, idx([0, 0, 8, 3], &[u32::MAX, u32::MAX, u32::MAX], &content)).expect("written");
    assert_names(&fails(folder.path()), &["train-images", "4294967295", "24 bytes follow"]);
    fs::write(&images, idx([0, 0, 9, 3], &[2, 3, 4], &content)).expect("written");
    assert_names(&fails(folder.path()), &["train-images", "00 00 09 03", "00 00 08 03"]);
    fs::write(&images, [0, 0]).expect("written");
    assert_names(&fails(folder.path()), &["train-images", "2 bytes"]);
}

#[test]
fn folders_of_class_folders() {
    let folder = tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    };
    put("train/dog/b.png", &png(2));
    put("train/dog/a.png", &png(1));
    put("train/cat/z.PNG", &png(3));
    put("train/cat/.notes", b"hidden");
    put("test/dog/x.png", &png(4));
    let split = open(folder.path()).expect("opens");
    assert_eq!(
        (&split.train.classes[..], &split.train.labels[..]),
        (&["cat".to_owned(), "dog".to_owned()][..], &[0, 1, 1][..])
    );
    assert_pictures(&split.train, &[3, 1, 2]);
    assert_pictures(&split.test, &[4]);
    let stray = folder.path().join("train/cat/notes.txt");
    fs::write(&stray, b"not a picture").expect("written");
    assert_names(&fails(folder.path()), &["notes.txt", "no JPEG or PNG picture"]);
    fs::remove_file(stray).expect("removed");
    put("test/bird/x.png", &png(4));
    assert_names(&fails(folder.path()), &["bird", "cat, dog"]);
    put("train/dog/b.png", &encoded(&picture(6, 6, 1), ImageFormat::Png));
    assert_names(&fails(folder.path()), &["b.png", "6 × 6", "6 × 5"]);
    assert_names(&fails(tempdir().expect("a folder").path()), &["nothing", "class folders"]);
    assert_names(&fails(&folder.path().join("absent")), &["absent", "cannot be read"]);
}

#[test]
fn a_cache_is_used_only_where_it_fits() {
    let folder = tempdir().expect("a folder");
    let (path, cache) = (folder.path().join("all.parquet"), folder.path().join("decoded"));
    table(&path, &good_rows(10));
    let fresh = open(&path).expect("opens");
    assert_eq!(open_cached(&path, &cache).expect("opens"), fresh);
    let written = fs::read(&cache).expect("there");
    assert_eq!(open_cached(&path, &cache).expect("opens"), fresh);
    // A damaged cache is made again.
    let mut damaged = written.clone();
    damaged[written.len() / 2] ^= 1;
    for bad in [&damaged[..], &written[..written.len() - 1], &written[..5], b""] {
        fs::write(&cache, bad).expect("written");
        assert_eq!(open_cached(&path, &cache).expect("opens"), fresh);
        assert_eq!(fs::read(&cache).expect("there"), written);
    }
    // Other sources.
    table(&path, &good_rows(11));
    assert_eq!(open_cached(&path, &cache).expect("opens").train.len(), 8);
    // A cache that cannot be written only leaves a note.
    let nowhere = open_cached(&path, &folder.path().join("no/such/folder")).expect("opens");
    assert!(nowhere.notes.iter().any(|note| note.contains("could not be kept")), "{:?}", nowhere.notes);
}
