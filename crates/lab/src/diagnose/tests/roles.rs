//! What is taken as neurons of files that pandas, Polars, Arrow, NumPy and safetensors wrote
//! (`tools/golden_tables.py`).

use super::*;
use std::path::Path;

const ROWS: usize = 40;
const WIDTH: usize = 6;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn source(name: &str, array: Option<&str>) -> Source {
    Source { path: golden(name), array: array.map(ToOwned::to_owned) }
}

/// Entry (i, j) of every golden representation.
fn expected() -> Matrix {
    Matrix::from_fn(ROWS, WIDTH, |i, j| (((7 * i + 3 * j) % 11) as f32 - 5.0) / 2.0)
}

fn reason(representation: &Representation, name: &str) -> String {
    let found = representation.left_out.iter().find(|left| left.name == name);
    found.unwrap_or_else(|| panic!("{name} is not left out: {representation:?}")).reason.clone()
}

fn classes(study: &Study) -> &Classes {
    match &study.labels {
        Some(Labels::Classes(classes)) => classes,
        other => panic!("{other:?}"),
    }
}

/// The label is no neuron, whether or not it is named, and neither are the index and columns of other kinds.
#[test]
fn of_a_frame_only_features_are_neurons() {
    let plain = Request::of(source("pandas.parquet", None));
    let found = only(&plain).unwrap();
    // `price` is a floating-point column like any other until somebody says that it is the label.
    assert_eq!(found.rows.cols(), WIDTH + 1);
    assert!(
        found.taken.contains("7 columns of 40 rows") && found.taken.contains("`price`"),
        "{}",
        found.taken
    );
    for (column, word) in [
        ("label", "by its name a label"),
        ("species", "text"),
        ("day", "dates"),
        ("moment", "points in time"),
        ("amount", "decimals"),
        ("is_cat", "truth values"),
        ("hash", "whole numbers, beside"),
        ("split", "whole numbers, beside"),
        ("__index_level_0__", "numbers the rows"),
    ] {
        assert!(reason(&found, column).contains(word), "{column}: {}", reason(&found, column));
    }
    for (label, count) in [("price", 4), ("species", 4), ("is_cat", 2), ("split", 2)] {
        let request = Request { labels: Some(source("pandas.parquet", Some(label))), ..plain.clone() };
        let study = Study::read(&request).unwrap();
        let found = &study.representations[0];
        assert_eq!(reason(found, label), "the labels");
        assert_eq!(found.rows.cols(), if label == "price" { WIDTH } else { WIDTH + 1 });
        match &study.labels {
            Some(Labels::Values(values)) => assert_eq!((label, values[3]), ("price", Some(3.5))),
            _ => assert_eq!(classes(&study).names.len(), count, "{label}"),
        }
    }
    let request = Request { labels: Some(source("pandas.parquet", Some("price"))), ..plain };
    assert_eq!(only(&request).unwrap().rows, expected());
}

/// A column of the same name or content as labels from elsewhere is no neuron either.
#[test]
fn labels_from_another_file_are_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.parquet");
    fs::copy(golden("pandas.parquet"), &copy).unwrap();
    let labels = Some(Source { path: copy, array: Some("price".into()) });
    let request = Request { labels, ..Request::of(source("pandas.parquet", None)) };
    let found = only(&request).unwrap();
    assert_eq!(
        (&found.rows, reason(&found, "price").as_str()),
        (&expected(), "it has the name of the labels")
    );
    let values: Vec<u8> = (0..ROWS).flat_map(|i| ((i % 4) as f64 + 0.5).to_le_bytes()).collect();
    let path = folder.path().join("y.npy");
    fs::write(&path, npy("<f8", false, "(40,)", &values)).unwrap();
    let request = Request { labels: Some(Source { path, array: None }), ..request };
    let found = only(&request).unwrap();
    assert_eq!((&found.rows, reason(&found, "price").as_str()), (&expected(), "it equals the labels"));
    // Who asks for it by name gets it, with a word.
    let found = only(&Request { columns: vec!["f*".into(), "price".into()], ..request }).unwrap();
    assert_eq!(found.rows.cols(), WIDTH + 1);
    assert!(found.notes[0].contains("Neuron 6 is suspicious: it equals the labels"), "{:?}", found.notes);
}

#[test]
fn columns_are_chosen_by_name_and_refused_by_name() {
    let request = |columns: &[&str]| Request {
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        labels: Some(source("pandas.parquet", Some("label"))),
        ..Request::of(source("pandas.parquet", None))
    };
    assert_eq!(only(&request(&["f*"])).unwrap().rows, expected());
    assert_eq!(only(&request(&["f2", "split", "is_cat"])).unwrap().rows.cols(), 3);
    for (columns, word) in [
        (["f*", "label"], "`label` cannot be a neuron: it is the labels"),
        (["f*", "day"], "`day` cannot be a neuron: it holds dates"),
        (["f*", "amount"], "it holds decimals"),
        (["f*", "species"], "it holds text"),
        (["f*", "g*"], "no column is called `g*`"),
        (["f0", "hash"], "beyond 2⁵³"),
    ] {
        let error = only(&request(&columns)).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("pandas.parquet"), "{error}");
    }
    let array = Request { columns: vec!["f*".into()], ..Request::of(source("numpy.npz", Some("layer2"))) };
    assert!(only(&array).unwrap_err().to_string().contains("--array and --columns exclude each other"));
    let array = Request { columns: vec!["f*".into()], ..Request::of(source("numpy.npz", None)) };
    assert!(only(&array).unwrap_err().to_string().contains("--columns is for tables"));
}

/// One column of lists is the matrix, whatever kind of list it is, and its shape is shown.
#[test]
fn a_column_of_lists_is_the_matrix() {
    for (file, label, list) in [
        ("polars.parquet", "label", "emb"),
        ("arrow.parquet", "y", "emb"),
        ("large.parquet", "label", "large"),
    ] {
        let request = Request { labels: Some(source(file, None)), ..Request::of(source(file, None)) };
        let study = Study::read(&request).unwrap();
        let found = &study.representations[0];
        assert_eq!(found.rows, expected(), "{file}");
        assert_eq!(found.taken, format!("the lists of column `{list}` (40 × 6)"));
        assert_eq!(reason(found, label), "the labels");
        assert_eq!(classes(&study).of[5], Some(1));
        assert!(study.labels_taken.unwrap().contains(&format!("`{label}` of {file}: 4 classes")));
    }
    let error =
        |array: &str| only(&Request::of(source("arrow.parquet", Some(array)))).unwrap_err().to_string();
    assert!(error("uneven").contains("lists"), "{}", error("uneven"));
    let unknown = error("emb2");
    assert!(unknown.contains("`emb` (40 × 6)") && unknown.contains("`tokens` (40 × 2)"), "{unknown}");
    let tokens = only(&Request::of(source("arrow.parquet", Some("tokens")))).unwrap();
    assert_eq!(tokens.rows[(7, 1)], 8.0);
}

/// Half precision by columns, big-endian single precision, text labels, and what is left out.
#[test]
fn arrays_of_an_archive_and_layers_of_a_network() {
    let request = Request {
        labels: Some(source("numpy.npz", Some("labels"))),
        ..Request::of(source("numpy.npz", Some("layer10")))
    };
    let study = Study::read(&request).unwrap();
    let found = &study.representations[0];
    assert_eq!(found.rows, expected());
    assert_eq!(
        (reason(found, "layer2"), reason(found, "labels")),
        ("another array".into(), "the labels".into())
    );
    assert_eq!(classes(&study).names, ["cat", "dog", "owl", "yak"]);
    let request = Request {
        labels: Some(source("numpy.npz", Some("missing"))),
        unlabelled: Some("-1".into()),
        ..request
    };
    let study = Study::read(&request).unwrap();
    assert_eq!((classes(&study).names.len(), classes(&study).of[3]), (3, None));
    assert!(study.labels_taken.unwrap().contains("10 of 40 samples have no label"));
    for file in ["numpy.npz", "layers.safetensors"] {
        let all = Request::of(source(file, Some(ALL_ARRAYS)));
        let study = Study::read(&all).unwrap();
        let names: Vec<&str> = study.representations.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["layer2", "layer10"], "{file}");
        assert!(study.representations.iter().all(|one| one.rows == expected()));
    }
    let error = only(&Request::of(source("numpy.npz", Some("record")))).unwrap_err().to_string();
    assert!(error.contains("record") && error.contains("its shape is 40"), "{error}");
}

/// Pairs of a table are the columns of the same names, in whatever order and company they are.
#[test]
fn pairs_of_a_table_are_matched_by_name() {
    let request = Request {
        columns: vec!["f5".into(), "f1".into()],
        pairs: vec![source("pandas.parquet", None)],
        ..Request::of(source("pandas.parquet", None))
    };
    let found = only(&request).unwrap();
    assert_eq!(found.pairs, Some(found.rows.clone()));
    assert_eq!(found.rows.column(0), expected().column(1));
    let request = Request { pairs: vec![source("polars.parquet", None)], ..request };
    let error = only(&request).unwrap_err().to_string();
    assert!(error.contains("no column is called `f1`") && error.contains("polars.parquet"), "{error}");
}
