//! Sound input for every target, made by the program itself: what mutations start from.

use crate::targets::runs::{FILES, UNFINISHED_FILES, make_run, tiny_plan};
use featurescope_wen_li_2021::PAPER;
use parquet::basic::Compression;
use parquet::data_type::{DoubleType, FloatType, Int64Type};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// The seeds of target `name`.
pub fn of(name: &str) -> Vec<Vec<u8>> {
    match name {
        "spec" => specs(),
        "overrides" => vec![
            b"training.steps=3\ndata.latent_dim=[8,16]\nseed=[1,2,3]".to_vec(),
            b"arms.none.bias.kind=staged\narms.none.bias.cap=.4\nbias.reset=1e-3".to_vec(),
            b"objective.kind=spectral\ntraining.schedule.kind=drops\ntraining.schedule.at=[1,[2,3]]".to_vec(),
        ],
        "claims" => vec![PAPER.claims[2].1.into(), b"[[claim]]\nid = \"x\"\n".to_vec()],
        "matrix_npy" | "npy" => vec![
            npy("<f4", false, "(4, 3)", 48),
            npy("<f8", true, "(4, 3)", 96),
            npy("<i2", false, "(12,)", 24),
        ],
        "matrix_text" => vec![b"# M\n1, 2, 3\n4 5\t6\n".to_vec()],
        "npz" => vec![npz(true), npz(false)],
        "safetensors" => vec![safetensors()],
        "parquet" => {
            let codecs = [
                Compression::UNCOMPRESSED,
                Compression::SNAPPY,
                Compression::ZSTD(parquet::basic::ZstdLevel::default()),
            ];
            let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
            codecs.iter().flat_map(|&codec| versions.map(|version| parquet(codec, version))).collect()
        }
        "records" => vec![of_run("arms/none/records.parquet", None)],
        "neurons" => vec![of_run("arms/none/neurons.parquet", None)],
        "checkpoint" => vec![of_run("arms/none/checkpoint-final.safetensors", None)],
        "pictures" => vec![
            of_run("arms/none/alignment.safetensors", None),
            of_run("arms/none/representation.safetensors", None)[..4096].to_vec(),
        ],
        "journal" => raw_and_framed(&of_run("arms/random_mask/records.journal", Some(3))),
        "state" => raw_and_framed(&of_run("arms/random_mask/resume.state", Some(3))),
        "manifest" => vec![of_run("manifest.json", None), of_run("manifest.json", Some(3))],
        "sweep" => vec![include_bytes!("sweep.json").to_vec()],
        "report" => [chosen(FILES, None), changes(FILES)].concat(),
        // The first file as it is: a sound run.
        "judge" | "compare" | "fork" => [chosen(&FILES[..1], None), changes(FILES)].concat(),
        "resume" => resumed(),
        _ => Vec::new(),
    }
}

fn specs() -> Vec<Vec<u8>> {
    PAPER
        .experiments
        .iter()
        .flat_map(|experiment| [experiment.spec, experiment.smoke])
        .map(Into::into)
        .collect()
}

/// A file of the tiny run.
fn of_run(file: &str, steps: Option<u64>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    make_run(&tiny_plan(), folder.path(), steps);
    fs::read(folder.path().join(file)).unwrap()
}

/// The files of the tiny run, each after its position and the byte that says that it is replaced.
fn chosen(files: &[&str], steps: Option<u64>) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    make_run(&tiny_plan(), folder.path(), steps);
    let read = |file: &str| fs::read(Path::new(folder.path()).join(file)).unwrap();
    files.iter().enumerate().map(|(n, file)| [&[n as u8, 0][..], &read(file)].concat()).collect()
}

/// A change of every file that leaves it well formed, and some of the tables of neurons, whose numbers are
/// looked up by.
fn changes(files: &[&str]) -> Vec<Vec<u8>> {
    let change = |n: u8, seed: u8| -> Vec<u8> {
        let choices = (0..24u8).map(|at| at.wrapping_mul(53).wrapping_add(seed.wrapping_mul(29)));
        [n, 1].into_iter().chain(choices).collect()
    };
    let neurons = files.iter().position(|file| file.ends_with("neurons.parquet")).unwrap() as u8;
    let all = (0..files.len() as u8).map(|n| change(n, n));
    all.chain((0..8).map(|seed| change(neurons, 100 + seed))).collect()
}

fn resumed() -> Vec<Vec<u8>> {
    let mut seeds = chosen(UNFINISHED_FILES, Some(3));
    let framed: Vec<Vec<u8>> =
        (seeds.iter().filter(|seed| UNFINISHED_FILES[usize::from(seed[0])].starts_with("arms")))
            .map(|seed| [&[seed[0]][..], &raw_and_framed(&seed[2..])[1]].concat())
            .collect();
    seeds.extend(framed);
    seeds
}

/// A file of frames as it is, and taken apart so that its frames can be mutated.
fn raw_and_framed(file: &[u8]) -> Vec<Vec<u8>> {
    let mut contents: Vec<&[u8]> = Vec::new();
    let mut rest = file;
    while let Some((head, after)) = rest.split_first_chunk::<12>() {
        let length = u64::from_le_bytes(head[..8].try_into().unwrap()) as usize;
        contents.push(&after[..length]);
        rest = &after[length..];
    }
    let mut framed = vec![1, (contents.len() - 1) as u8];
    for content in contents {
        framed.extend((content.len() as u16).to_le_bytes());
        framed.extend(content);
    }
    vec![[&[0][..], file].concat(), framed]
}

fn npy(dtype: &str, is_fortran: bool, shape: &str, bytes: usize) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend((0..bytes).map(|at| if at % 4 == 3 { 0x3f } else { at as u8 }));
    file
}

fn npz(is_packed: bool) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let method = if is_packed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    for (name, content) in [("a", npy("<f4", false, "(4, 3)", 48)), ("b", npy("<i2", false, "(4,)", 8))] {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(&content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn safetensors() -> Vec<u8> {
    use safetensors::tensor::{Dtype, TensorView};
    let data: Vec<u8> = (0..48u8).collect();
    let view = |dtype, shape: &[usize], length: usize| {
        TensorView::new(dtype, shape.to_vec(), &data[..length]).unwrap()
    };
    let views = vec![("a", view(Dtype::I8, &[4, 3], 12)), ("b", view(Dtype::I16, &[4], 8))];
    safetensors::serialize(views, None).unwrap()
}

/// Plain columns, missing values, and lists.
fn parquet(codec: Compression, version: WriterVersion) -> Vec<u8> {
    let schema = "message m { required float x; optional double y; required int64 b; \
                  required group a (LIST) { repeated group list { required float element; } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(codec).set_writer_version(version).build();
    let mut file = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<FloatType>().write_batch(&[1.0, 2.0, 2.0, 4.0], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[1.0, 2.0, 3.0, 4.0], Some(&[1; 4]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[0, 1, 1, 0], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let repetition = [0, 1, 0, 1, 0, 1, 0, 1];
    column.typed::<FloatType>().write_batch(&[0.5; 8], Some(&[1; 8]), Some(&repetition)).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    file
}
