//! Everything that reads what others wrote, one function each. Whatever the bytes are, it returns: no panic, no hang, no
//! allocation out of proportion. The bounded test beside this file and the fuzzer in `fuzz/` call the same functions.

// The fuzzer takes this file from where it stands: those beside it are named.
#[path = "odd.rs"]
mod odd;
#[path = "runs.rs"]
pub mod runs;

use featurescope_lab::claim::add_claims;
use featurescope_lab::diagnose::{Request, Source, Study};
use featurescope_lab::experiments::Experiment;
use featurescope_lab::matrix_file::read_matrix;
use featurescope_lab::run::StoredManifest;
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::store::{
    JournalRecords, read_alignment, read_neurons, read_records, read_representation, read_resume_state,
    read_whole_checkpoint,
};
use featurescope_lab::sweep::runs_in;
use featurescope_wen_li_2021::PAPER;
use std::cell::OnceCell;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A reader of hostile bytes; true if it took them.
pub type Target = fn(&[u8]) -> bool;

/// All of them, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("spec", spec),
    ("overrides", overrides),
    ("claims", claims),
    ("matrix_npy", matrix_npy),
    ("matrix_text", matrix_text),
    ("npy", npy),
    ("npz", npz),
    ("safetensors", safetensors),
    ("parquet", parquet),
    ("records", records),
    ("neurons", neurons),
    ("checkpoint", checkpoint),
    ("pictures", pictures),
    ("journal", journal),
    ("state", state),
    ("manifest", manifest),
    ("sweep", sweep),
    ("report", runs::report),
    ("judge", runs::judged),
    ("compare", runs::compared),
    ("fork", runs::forked),
    ("resume", runs::resumed),
];

/// A folder in memory where there is one.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.unwrap()
}

/// The bytes as a file of this name.
fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> bool) -> bool {
    thread_local! {
        static SCRATCH: OnceCell<TempDir> = const { OnceCell::new() };
    }
    SCRATCH.with(|folder| {
        let path = folder.get_or_init(scratch).path().join(name);
        fs::write(&path, bytes).unwrap();
        read(&path)
    })
}

/// A spec in TOML, down to the runs that it describes.
pub fn spec(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let layer = Layer::parse(&text, "spec.toml", Path::new("/specs"));
    layer.is_ok_and(|layer| Spec::all_from_layers(&[layer]).is_ok())
}

/// Arguments of the command line, one per line, over a shipped experiment.
pub fn overrides(bytes: &[u8]) -> bool {
    thread_local! {
        static LAYERS: Vec<Layer> = Experiment::find("smoke").unwrap().layers(true).unwrap();
    }
    let text = String::from_utf8_lossy(bytes);
    let arguments: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let Ok(layer) = Layer::overrides(&arguments) else { return false };
    LAYERS.with(|layers| {
        let mut layers = layers.clone();
        layers.push(layer);
        Spec::all_from_layers(&layers).is_ok()
    })
}

/// A file of claims.
pub fn claims(bytes: &[u8]) -> bool {
    add_claims(&PAPER, &mut Vec::new(), "claims.toml", &String::from_utf8_lossy(bytes)).is_ok()
}

/// A dictionary as a NumPy array.
pub fn matrix_npy(bytes: &[u8]) -> bool {
    with_file("m.npy", bytes, |path| read_matrix(path, None, 3).is_ok())
}

/// A dictionary as text.
pub fn matrix_text(bytes: &[u8]) -> bool {
    with_file("m.csv", bytes, |path| read_matrix(path, None, 3).is_ok())
}

fn foreign(name: &str, bytes: &[u8]) -> bool {
    with_file(name, bytes, |path| {
        let source =
            |array: Option<&str>| Source { path: path.to_path_buf(), array: array.map(ToOwned::to_owned) };
        let labels = Some(source(Some("b")));
        let requests = [
            Request::of(source(None)),
            Request { labels, ..Request::of(source(Some("a"))) },
            Request { labels: Some(source(None)), ..Request::of(source(Some("all"))) },
        ];
        // Every one of them is tried.
        requests.iter().filter(|request| Study::read(request).is_ok()).count() > 0
    })
}

/// Representations as .npy.
pub fn npy(bytes: &[u8]) -> bool {
    foreign("a.npy", bytes)
}

/// Representations as .npz.
pub fn npz(bytes: &[u8]) -> bool {
    foreign("a.npz", bytes)
}

/// Representations as .safetensors.
pub fn safetensors(bytes: &[u8]) -> bool {
    foreign("a.safetensors", bytes)
}

/// Representations as .parquet.
pub fn parquet(bytes: &[u8]) -> bool {
    foreign("a.parquet", bytes)
}

/// The table of records.
pub fn records(bytes: &[u8]) -> bool {
    with_file("records.parquet", bytes, |path| read_records(path).is_ok())
}

/// The table of neurons.
pub fn neurons(bytes: &[u8]) -> bool {
    with_file("neurons.parquet", bytes, |path| read_neurons(path).is_ok())
}

/// A checkpoint.
pub fn checkpoint(bytes: &[u8]) -> bool {
    with_file("c.safetensors", bytes, |path| read_whole_checkpoint(path).is_ok())
}

/// The files for pictures.
pub fn pictures(bytes: &[u8]) -> bool {
    with_file("p.safetensors", bytes, |path| {
        let alignment = read_alignment(path).is_ok();
        read_representation(path).is_ok() || alignment
    })
}

/// Bytes in frames whose checksums are right: the first byte says how many, each begins with its length in two bytes.
/// Otherwise the checksums would keep everything hostile from the readers behind them.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let Some((&count, mut rest)) = bytes.split_first() else { return Vec::new() };
    let mut file = Vec::new();
    for _ in 0..=count % 8 {
        let Some((&[low, high], after)) = rest.split_first_chunk::<2>() else { break };
        let (content, after) = after.split_at(after.len().min(usize::from(u16::from_le_bytes([low, high]))));
        let length = (content.len() as u64).to_le_bytes();
        let mut sum = crc32fast::Hasher::new();
        sum.update(&length);
        sum.update(content);
        file.extend_from_slice(&length);
        file.extend_from_slice(&sum.finalize().to_le_bytes());
        file.extend_from_slice(content);
        rest = after;
    }
    file
}

/// The raw bytes, or with the first one odd the others in frames.
fn raw_or_framed(bytes: &[u8]) -> Vec<u8> {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 2 == 1 => framed(rest),
        Some((_, rest)) => rest.to_vec(),
        None => Vec::new(),
    }
}

/// The journal of a running arm.
pub fn journal(bytes: &[u8]) -> bool {
    let content = raw_or_framed(bytes);
    with_file("records.journal", &content, |path| {
        let Ok(mut records) = JournalRecords::open(path, content.len() as u64) else { return false };
        let mut found = false;
        while let Ok(Some(_)) = records.next_record() {
            found = true;
        }
        found
    })
}

/// The state of a running arm.
pub fn state(bytes: &[u8]) -> bool {
    with_file("resume.state", &raw_or_framed(bytes), |path| read_resume_state(path).is_ok())
}

/// A manifest.
pub fn manifest(bytes: &[u8]) -> bool {
    with_file("manifest.json", bytes, |path| StoredManifest::read(path.parent().unwrap()).is_ok())
}

/// The index of a sweep.
pub fn sweep(bytes: &[u8]) -> bool {
    with_file("sweep.json", bytes, |path| runs_in(path.parent().unwrap()).is_ok())
}
