use super::*;
use parquet::basic::Compression;
use std::fs;

mod roles;
mod studies;

/// A .npy file of version 1.
fn npy(dtype: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The only representation of a request.
fn only(request: &Request) -> Result<Representation, DiagnoseError> {
    Study::read(request).map(|mut study| study.representations.remove(0))
}

fn read(name: &str, bytes: &[u8], array: Option<&str>) -> Result<Representation, DiagnoseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    only(&Request::of(Source { path, array: array.map(ToOwned::to_owned) }))
}

fn message(name: &str, bytes: &[u8], array: Option<&str>) -> String {
    read(name, bytes, array).unwrap_err().to_string()
}

const VALUES: [f32; 8] = [1.0, -2.0, 3.5, 0.0, 5.0, 6.0, 7.0, 8.25];

#[test]
fn numpy_arrays_of_every_order_and_type_are_the_same_matrix() {
    let expected = Matrix::from_vec(4, 2, VALUES.to_vec());
    let rows = |bytes: &[u8]| read("a.npy", bytes, None).unwrap().rows;
    assert_eq!(rows(&npy("<f4", false, "(4, 2)", &floats(&VALUES))), expected);
    let big: Vec<u8> = VALUES.iter().flat_map(|v| f64::from(*v).to_be_bytes()).collect();
    assert_eq!(rows(&npy(">f8", false, "(4, 2)", &big)), expected);
    let turned: Vec<f32> = (0..8).map(|at| VALUES[(at % 4) * 2 + at / 4]).collect();
    assert_eq!(rows(&npy("<f4", true, "(4, 2)", &floats(&turned))), expected);
    let half: Vec<u8> = VALUES.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
    assert_eq!(rows(&npy("<f2", false, "(4, 2)", &half)), expected);
    let whole: Vec<u8> = [1i16, -2, 3, 4, 5, 6, 7, -800].iter().flat_map(|v| v.to_le_bytes()).collect();
    let integers = rows(&npy("<i2", false, "(4, 2)", &whole));
    assert_eq!(integers.as_slice()[7], -800.0);
}

/// Every message names the file, the array where there is one, and the shape that is expected.
#[test]
fn wrong_files_are_refused_by_name_array_and_shape() {
    let good = npy("<f4", false, "(4, 2)", &floats(&VALUES));
    let mut nan = VALUES;
    nan[5] = f32::NAN;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut.npy", good[..good.len() - 3].to_vec(), "takes 32 bytes, but 29 follow"),
        ("head.npy", good[..20].to_vec(), "header"),
        ("empty.npy", Vec::new(), "no NumPy array"),
        ("text.npy", b"hello, world, this is text".to_vec(), "no NumPy array"),
        (
            "huge.npy",
            npy("<f4", false, "(4000000000, 4000000000)", &floats(&VALUES)),
            "more than there can be",
        ),
        ("many.npy", npy("<f4", false, "(1000000000, 2)", &floats(&VALUES)), "takes 8000000000 bytes"),
        ("long.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}".to_vec(), "its header has"),
        ("object.npy", npy("|O", false, "(4, 2)", &floats(&VALUES)), "object arrays are never loaded"),
        ("complex.npy", npy("<c8", false, "(4, 1)", &floats(&VALUES)), "no real number"),
        ("text2.npy", npy("<U1", false, "(4, 2)", &floats(&[0.0; 8])), "not a number"),
        ("line.npy", npy("<f4", false, "(8,)", &floats(&VALUES)), "its shape is 8"),
        ("cube.npy", npy("<f4", false, "(2, 2, 2)", &floats(&VALUES)), "its shape is 2 × 2 × 2"),
        ("few.npy", npy("<f4", false, "(2, 4)", &floats(&VALUES)), "its shape is 2 × 4"),
        ("nan.npy", npy("<f4", false, "(4, 2)", &floats(&nan)), "row 2, column 1 is NaN"),
        (
            "large.npy",
            npy("<u8", false, "(4, 1)", &[0xff; 32]),
            "18446744073709551615, a whole number beyond 2⁵³",
        ),
        (
            "wide.npy",
            npy("<f8", false, "(4, 1)", &[1e300f64; 4].map(f64::to_le_bytes).concat()),
            "beyond single precision",
        ),
        (
            "tiny.npy",
            npy("<f8", false, "(4, 1)", &[1e-50f64; 4].map(f64::to_le_bytes).concat()),
            "too small for single precision",
        ),
        ("a.npz", b"PK\x03\x04 not an archive".to_vec(), "no .npz archive"),
        ("a.safetensors", vec![0xff; 64], "no safetensors file"),
        ("a.parquet", b"PAR1PAR1".to_vec(), "no Parquet file"),
    ];
    for (name, bytes, expected) in cases {
        let message = message(name, &bytes, None);
        assert!(message.contains(name) && message.contains(expected), "{message}");
        assert!(message.contains("samples × neurons, at least 4 × 1"), "{message}");
    }
    assert!(message("a.csv", b"1,2", None).contains(".safetensors or .parquet"));
    assert!(message("a.npy", &good, Some("x")).contains("no array `x`"));
}

/// Whatever a bit is turned into, the answer is a matrix or an error.
#[test]
fn damaged_headers_never_panic() {
    let good = npy("<f4", false, "(4, 2)", &floats(&VALUES));
    let stored = safetensors_of(&[("a", vec![4, 2], &floats(&VALUES))]);
    let packed = npz_of(&[("a", &good)]);
    let [plain, snappy, zstd] = codecs().map(parquet_of);
    for (name, bytes) in [
        ("a.npy", good),
        ("a.safetensors", stored),
        ("a.npz", packed),
        ("plain.parquet", plain),
        ("snappy.parquet", snappy),
        ("zstd.parquet", zstd),
    ] {
        for at in 0..bytes.len() {
            for flip in [1u8, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                drop(read(name, &damaged, None));
            }
        }
        for length in 0..bytes.len() {
            assert!(read(name, &bytes[..length], None).is_err(), "{name} cut to {length} bytes");
        }
    }
}

fn codecs() -> [Compression; 3] {
    [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(parquet::basic::ZstdLevel::default())]
}

/// The columns of [`VALUES`] as a table.
fn parquet_of(codec: Compression) -> Vec<u8> {
    use parquet::data_type::FloatType;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;
    let schema = Arc::new(parse_message_type("message m { required float a; required float b; }").unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(codec).build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for c in 0..2 {
        let mut column = group.next_column().unwrap().unwrap();
        let values: Vec<f32> = VALUES.iter().skip(c).step_by(2).copied().collect();
        column.typed::<FloatType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn tables_are_read_whatever_compressed_them() {
    for codec in codecs() {
        let read = read("a.parquet", &parquet_of(codec), None).unwrap();
        assert_eq!(read.rows, Matrix::from_vec(4, 2, VALUES.to_vec()), "{codec}");
    }
}

fn safetensors_of(arrays: &[(&str, Vec<usize>, &[u8])]) -> Vec<u8> {
    use safetensors::tensor::{Dtype, TensorView};
    let views: Vec<_> = (arrays.iter())
        .map(|(name, shape, data)| (*name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
        .collect();
    safetensors::serialize(views, None).unwrap()
}

fn npz_of(arrays: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn among_several_arrays_the_fitting_one_is_taken_or_one_has_to_be_named() {
    let matrix = npy("<f4", false, "(4, 2)", &floats(&VALUES));
    let vector = npy("<f4", false, "(4,)", &floats(&VALUES[..4]));
    let expected = Matrix::from_vec(4, 2, VALUES.to_vec());
    let both = npz_of(&[("features", &matrix), ("labels", &vector)]);
    assert_eq!(read("a.npz", &both, None).unwrap().rows, expected);
    let two = npz_of(&[("layer1", &matrix), ("layer2", &matrix)]);
    let unclear = message("a.npz", &two, None);
    assert!(
        unclear.contains("--array") && unclear.contains("`layer1` (4 × 2), `layer2` (4 × 2)"),
        "{unclear}"
    );
    assert_eq!(read("a.npz", &two, Some("layer2")).unwrap().rows, expected);
    assert!(message("a.npz", &two, Some("layer3")).contains("no array `layer3`"));
    let stored = safetensors_of(&[("x", vec![4, 2], &floats(&VALUES)), ("y", vec![8], &floats(&VALUES))]);
    assert_eq!(read("a.safetensors", &stored, None).unwrap().rows, expected);
    assert!(message("a.safetensors", &stored, Some("y")).contains("array `y`: its shape is 8"));
}

#[test]
fn pairs_and_labels_have_to_fit() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        Source { path: folder.path().join(name), array: None }
    };
    let rows = file("f.npy", &npy("<f4", false, "(4, 2)", &floats(&VALUES)));
    let narrow = file("p.npy", &npy("<f4", false, "(8, 1)", &floats(&VALUES)));
    let labels: Vec<u8> = [3i64, 3, -1, 3].iter().flat_map(|v| v.to_le_bytes()).collect();
    let classes = file("y.npy", &npy("<i8", false, "(4, 1)", &labels));
    let values = file("v.npy", &npy("<f4", false, "(4,)", &floats(&VALUES[1..5])));
    let read = |pairs: Option<&Source>, labels: Option<&Source>| {
        Study::read(&Request {
            pairs: pairs.cloned().into_iter().collect(),
            labels: labels.cloned(),
            ..Request::of(rows.clone())
        })
    };
    let error = read(Some(&narrow), None).unwrap_err().to_string();
    assert!(error.contains("p.npy") && error.contains("8 × 1") && error.contains("4 × 2"), "{error}");
    let error = read(None, Some(&narrow)).unwrap_err().to_string();
    assert!(error.contains("4 labels, one per sample"), "{error}");
    let study = read(Some(&rows), Some(&classes)).unwrap();
    let Some(Labels::Classes(found)) = &study.labels else { panic!() };
    assert_eq!(
        (&found.names[..], &found.of[..]),
        (&["-1".to_owned(), "3".to_owned()][..], &[Some(1), Some(1), Some(0), Some(1)][..])
    );
    let findings = diagnose(&study, "featurescope diagnose f.npy");
    assert_eq!(findings.findings[0].diagnosis.alignment.unwrap().value, 0.0);
    assert!(crate::report::html::render(&findings.page, None).contains("f.npy, sha256"));
    let study = read(None, Some(&values)).unwrap();
    assert_eq!(study.labels, Some(Labels::Values(vec![Some(-2.0), Some(3.5), Some(0.0), Some(5.0)])));
}
