//! Which samples are looked at, several representations at once, and what of a large file is read.

use super::*;
use crate::report::diagnostics::Neighbourhood;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// A .npy file of half-precision numbers, rows × cols, in which only some rows are not zero; the rest of it
/// is a hole.
fn sparse_file(path: &Path, rows: usize, cols: usize, written: &[usize]) {
    let header = npy("<f2", false, &format!("({rows}, {cols})"), &[]);
    let mut file = fs::File::create(path).unwrap();
    file.write_all(&header).unwrap();
    file.set_len((header.len() + rows * cols * 2) as u64).unwrap();
    for &row in written {
        file.seek(SeekFrom::Start((header.len() + row * cols * 2) as u64)).unwrap();
        let values: Vec<u8> =
            (0..cols).flat_map(|j| half::f16::from_f32((row % 97 + j % 5) as f32).to_le_bytes()).collect();
        file.write_all(&values).unwrap();
    }
}

/// Rows of a file that is larger than what is read of it come out exactly, and are those of the fixed choice.
#[test]
fn of_a_large_file_the_chosen_rows_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.npy");
    let (rows, cols) = (100_000, 64);
    let chosen = sampling::choose(rows, 50, None);
    sparse_file(&path, rows, cols, &chosen);
    let request = Request { samples: 50, ..Request::of(Source { path, array: None }) };
    let study = Study::read(&request).unwrap();
    assert_eq!((study.samples_in_file, &study.samples), (rows, &chosen));
    let value = |place: usize, j: usize| (chosen[place] % 97 + j % 5) as f32;
    assert_eq!(study.representations[0].rows, Matrix::from_fn(50, cols, value));
    let page = diagnose(&study, "featurescope diagnose large.npy").page;
    assert!(
        page.notes[0].contains("100000 samples are there; 50 of them, a fixed random choice"),
        "{:?}",
        page.notes
    );
}

fn table(columns: &[(&str, Vec<f64>)]) -> Vec<u8> {
    use parquet::data_type::DoubleType;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    let fields: String =
        columns.iter().map(|(name, _)| format!("required double {name}; ")).collect::<Vec<_>>().concat();
    let schema = std::sync::Arc::new(parse_message_type(&format!("message m {{ {fields} }}")).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, std::sync::Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn noise(i: usize, j: usize) -> f64 {
    use featurescope_sim::math::random::Part;
    use featurescope_sim::math::{Purpose, Stream};
    Stream::new(9, Purpose::MONTE_CARLO, j as u32).reader(Part::Dense, i as u32).normal()
}

/// Pure noise in a table with labels, whose rows go round through the classes: nothing may be found in it.
/// What a table of noise beside its labels and four ways of numbering its rows has to be told of.
const NUMBERING: &str = "`kind` (the labels); `counter`, `rowid`, `time`, `frame` (it numbers the rows)";

#[test]
fn labels_in_the_same_table_tell_nothing_about_noise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let n = 5120;
    let mut columns: Vec<(String, Vec<f64>)> =
        (0..16).map(|j| (format!("f{j}"), (0..n).map(|i| noise(i, j)).collect())).collect();
    columns.push(("kind".into(), (0..n).map(|i| (i % 10) as f64).collect()));
    columns.push(("counter".into(), (0..n).map(|i| i as f64 + 7.0).collect()));
    columns.push(("rowid".into(), (0..n).map(|i| (n - i) as f64).collect()));
    columns.push(("time".into(), (0..n).map(|i| 1.7e9 + 60.0 * i as f64).collect()));
    columns.push(("frame".into(), (0..n).map(|i| (i * 2357 % n) as f64).collect()));
    let columns: Vec<(&str, Vec<f64>)> =
        columns.iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    fs::write(&path, table(&columns)).unwrap();
    let request = Request {
        labels: Some(Source { path: path.clone(), array: Some("kind".into()) }),
        samples: 512,
        ..Request::of(Source { path, array: None })
    };
    let study = Study::read(&request).unwrap();
    let found = &study.representations[0];
    assert_eq!(found.rows.cols(), 16);
    assert_eq!(describe_left_out(&found.left_out), NUMBERING);
    let Some(Labels::Classes(classes)) = &study.labels else { panic!() };
    assert!(classes.counts().iter().all(|&count| (51..=52).contains(&count)), "{:?}", classes.counts());
    let findings = diagnose(&study, "featurescope diagnose t.parquet");
    let probe = findings.findings[0].probe.clone().unwrap().unwrap();
    assert!(probe.score < 0.25 && probe.classes == 10, "{probe:?}");
    assert_eq!(findings.findings[0].diagnosis.verdict("").word, "no collapse");
    let Some(Neighbourhood::Judged { accuracy, neighbours, .. }) = &findings.findings[0].diagnosis.neighbours
    else {
        panic!()
    };
    assert!(accuracy.value < 0.25 && *neighbours == 20, "{accuracy:?}");
    let page = crate::report::html::render(&findings.page, None);
    assert!(page.contains("`frame` (it numbers the rows)") && page.contains("16 columns of 5120 rows"));
}

/// A column that says the labels in other words is told; it stays, for a network may have learned it.
#[test]
fn a_column_that_follows_the_labels_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let n = 300;
    let mut columns: Vec<(String, Vec<f64>)> =
        (0..8).map(|j| (format!("f{j}"), (0..n).map(|i| noise(i, j)).collect())).collect();
    columns.push(("scaled".into(), (0..n).map(|i| 2.5 * (i % 3) as f64 + 1.0).collect()));
    columns.push(("hot".into(), (0..n).map(|i| f64::from(u8::from(i % 3 == 1))).collect()));
    columns.push(("constant".into(), vec![4.5; n]));
    columns.push(("kind".into(), (0..n).map(|i| (i % 3) as f64).collect()));
    let columns: Vec<(&str, Vec<f64>)> =
        columns.iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    fs::write(&path, table(&columns)).unwrap();
    let labels = Some(Source { path: path.clone(), array: Some("kind".into()) });
    let study = Study::read(&Request { labels, ..Request::of(Source { path, array: None }) }).unwrap();
    assert_eq!(study.representations[0].rows.cols(), 11);
    let page = crate::report::html::render(&diagnose(&study, "featurescope diagnose t.parquet").page, None);
    for (name, is_told) in [("scaled", true), ("hot", true), ("constant", false), ("f0", false)] {
        let told = format!("Column `{name}` has one value for each label");
        assert_eq!(page.contains(&told), is_told, "{name}");
    }
}

/// Three layers of the same samples: one table, one page, the same choice of samples.
#[test]
fn several_representations_are_studied_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, width: usize| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let values: Vec<u8> = (0..60 * width)
            .flat_map(|at| {
                ((noise(at / width, at % width) + f64::from(u8::from(at / width % 3 == at % width))) as f32)
                    .to_le_bytes()
            })
            .collect();
        fs::write(&path, npy("<f4", false, &format!("(60, {width})"), &values)).unwrap();
        Source { path, array: None }
    };
    let classes: Vec<u8> = (0..60u8).map(|i| i % 3).collect();
    fs::write(folder.path().join("y.npy"), npy("|u1", false, "(60,)", &classes)).unwrap();
    let request = Request {
        representations: vec![file("epoch1/a.npy", 4), file("epoch2/a.npy", 8), file("b.npy", 4)],
        labels: Some(Source { path: folder.path().join("y.npy"), array: None }),
        samples: 30,
        ..Request::of(file("b.npy", 4))
    };
    let study = Study::read(&request).unwrap();
    let names: Vec<&str> = study.representations.iter().map(|one| one.name.as_str()).collect();
    assert!(names[0].ends_with("epoch1/a.npy") && names[1].ends_with("epoch2/a.npy"), "{names:?}");
    let findings = diagnose(&study, "featurescope diagnose");
    let table = table_of(&findings.page).unwrap();
    assert_eq!((findings.findings.len(), table.columns.len()), (3, 4));
    assert_eq!(table.rows[0][1..], ["30 × 4", "30 × 8", "30 × 4"].map(ToOwned::to_owned));
    let ids: Vec<&str> = findings.page.figures().map(|(figure, _)| figure.id.as_str()).collect();
    assert_eq!(ids, ["diagnostics", "course", "firing", "map"]);
    let alone = diagnose(
        &Study::read(&Request {
            representations: vec![request.representations[2].clone()],
            ..request.clone()
        })
        .unwrap(),
        "",
    );
    assert_eq!(alone.findings[0].diagnosis, findings.findings[2].diagnosis);
    let short = file("short.npy", 4);
    fs::write(&short.path, npy("<f4", false, "(4, 2)", &floats(&VALUES))).unwrap();
    let error = Study::read(&Request {
        representations: vec![request.representations[0].clone(), short],
        ..request.clone()
    });
    assert!(error.unwrap_err().to_string().contains("of the same samples"), "the rows differ");
    let pairs = Request { pairs: vec![request.representations[0].clone()], ..request };
    assert!(Study::read(&pairs).unwrap_err().to_string().contains("1 pairs for 3 representations"));
}
