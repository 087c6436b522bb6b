//! Round trips, the formats that other programs rely on, and files that are not whole.

use super::*;
use featurescope_sim::math::Matrix;
use featurescope_sim::measure::{Column, Record, Shape};
use featurescope_sim::train::{Snapshot, StageTimes};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const COLUMNS: &[Column] =
    &[Column::new("loss", "1", "the loss"), Column::new("coverage_90", "fraction", "covered atoms")];
const NEURON_COLUMNS: &[Column] = &[Column::new("norm", "norm", "‖w_i‖")];
const WIDTH: usize = 3;

fn record(step: u64) -> Record {
    let x = step as f64;
    let loss = if step == 0 { f64::NAN } else { 1.0 / (x + 0.1) };
    Record {
        step: 10 * step,
        scalars: vec![loss, x.sin()],
        neurons: vec![(0..WIDTH).map(|i| (x + i as f64).cos() as f32).collect()],
    }
}

fn write(dir: &Path, records: u64) -> ArmWriter {
    let mut writer = ArmWriter::create(dir, COLUMNS, NEURON_COLUMNS, WIDTH).unwrap();
    (0..records).for_each(|step| writer.write(&record(step)).unwrap());
    writer
}

fn check_contents(records: &Path, neurons: &Path, count: u64) {
    let (records, neurons) = (read_records(records).unwrap(), read_neurons(neurons).unwrap());
    let steps: Vec<u64> = (0..count).map(|step| 10 * step).collect();
    assert_eq!((&records.steps, &neurons.steps), (&steps, &steps));
    let names: Vec<&str> = records.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["loss", "coverage_90"]);
    let (loss, coverage) = (records.column("loss").unwrap(), records.column("coverage_90").unwrap());
    let norm = neurons.column("norm").unwrap();
    assert!(records.column("missing").is_none() && neurons.column("missing").is_none());
    assert_eq!((norm.rows(), norm.cols()), (count as usize, if count == 0 { 0 } else { WIDTH }));
    for step in 0..count as usize {
        let expected = record(step as u64);
        assert_eq!(loss[step].to_bits(), expected.scalars[0].to_bits());
        assert_eq!(coverage[step].to_bits(), expected.scalars[1].to_bits());
        assert_eq!(norm.row(step), &expected.neurons[0][..]);
    }
}

/// More than two row groups, the last one not full.
const MANY: u64 = 2 * writer::RECORDS_PER_GROUP as u64 + 5;

#[test]
fn tables_come_back_as_they_were_written() {
    for count in [0, 1, MANY] {
        let dir = TempDir::new().unwrap();
        write(dir.path(), count).finish().unwrap();
        check_contents(&dir.path().join(RECORDS_FILE), &dir.path().join(NEURONS_FILE), count);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no partial file is left");
    }
}

#[test]
fn equal_records_give_equal_bytes() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for dir in [&a, &b] {
        write(dir.path(), MANY).finish().unwrap();
    }
    for name in [RECORDS_FILE, NEURONS_FILE] {
        assert_eq!(fs::read(a.path().join(name)).unwrap(), fs::read(b.path().join(name)).unwrap());
    }
}

#[test]
fn row_groups_reach_the_disk_while_they_are_written() {
    let dir = TempDir::new().unwrap();
    let writer = write(dir.path(), 200 * writer::RECORDS_PER_GROUP as u64);
    // All values but those of the pending group; the BufWriter below holds back a few kilobytes.
    let on_disk = fs::metadata(dir.path().join("records.parquet.tmp")).unwrap().len();
    assert!(on_disk > 190 * 8 * writer::RECORDS_PER_GROUP as u64, "{on_disk} bytes");
    drop(writer);
    assert!(!dir.path().join(RECORDS_FILE).exists());
}

#[test]
fn finished_tables_replace_what_was_there() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), 3).finish().unwrap();
    drop(write(dir.path(), 5));
    check_contents(&dir.path().join(RECORDS_FILE), &dir.path().join(NEURONS_FILE), 3);
    write(dir.path(), 7).finish().unwrap();
    check_contents(&dir.path().join(RECORDS_FILE), &dir.path().join(NEURONS_FILE), 7);
    let nowhere =
        ArmWriter::create(&dir.path().join("missing"), COLUMNS, NEURON_COLUMNS, WIDTH).err().unwrap();
    assert!(matches!(&nowhere, StoreError::Io { action: "created", .. }), "{nowhere}");
}

fn shape() -> RecordShape {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.to_owned()).collect();
    RecordShape::new(names(COLUMNS), names(NEURON_COLUMNS), WIDTH)
}

fn journal(path: &Path, records: std::ops::Range<u64>) -> Journal {
    let mut journal = Journal::create(path, shape()).unwrap();
    records.for_each(|step| journal.write(&record(step)).unwrap());
    journal
}

fn steps(records: &mut JournalRecords) -> Vec<u64> {
    std::iter::from_fn(|| records.next_record().unwrap()).map(|record| record.step).collect()
}

/// What was written after the remembered length is cut off, and the journal goes on from there.
#[test]
fn a_journal_goes_on_from_a_length_that_was_remembered() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(JOURNAL_FILE);
    let length = journal(&path, 0..3).length();
    let mut again = Journal::reopen(&path, shape(), length).unwrap();
    again.write(&record(3)).unwrap();
    let half = fs::read(&path).unwrap()[..again.length() as usize - 5].to_vec();
    fs::write(&path, half).unwrap();
    let mut again = Journal::reopen(&path, shape(), length).unwrap();
    (3..6).for_each(|step| again.write(&record(step)).unwrap());
    let mut records = again.records().unwrap();
    assert_eq!(steps(&mut records), [0, 10, 20, 30, 40, 50]);
    let mut records = again.records().unwrap();
    let second = (records.next_record().unwrap(), records.next_record().unwrap()).1.unwrap();
    assert_eq!((second.scalars, second.neurons), (record(1).scalars, record(1).neurons));
}

#[test]
fn a_journal_that_is_damaged_or_of_another_arm_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(JOURNAL_FILE);
    let length = journal(&path, 0..3).length();
    let refused = |length: u64, reason: &str| {
        let message = Journal::reopen(&path, shape(), length).unwrap_err().to_string();
        assert!(message.contains(JOURNAL_FILE) && message.contains(reason), "{message}");
    };
    refused(length + 1, "bytes");
    refused(length - 1, "cut short");
    let mut other = shape();
    other.width += 1;
    assert!(Journal::reopen(&path, other, length).unwrap_err().to_string().contains("other columns"));
    let good = fs::read(&path).unwrap();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&path, damaged).unwrap();
    refused(length, "checksum");
    fs::write(&path, &good[..20]).unwrap();
    refused(20, "cut short");
}

#[test]
fn a_resume_state_comes_back_bit_for_bit_and_damage_is_seen() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(RESUME_FILE);
    let mut alignment = AlignmentHistory::default();
    alignment.push(0, &Matrix::from_fn(2, 3, |i, j| (i + j) as f32 / 4.0));
    alignment.push(7, &Matrix::from_fn(2, 3, |i, j| (i * j) as f32 / -4.0));
    let state = ResumeState {
        snapshot: snapshot(),
        memory: vec![vec![], vec![3, -1, i64::MAX]],
        alignment,
        alignment_stride: 2,
        alignment_seen: 9,
        journal_length: 1234,
        product_inputs: crate::status::ProductInputs::Single,
        seconds: 1.5,
    };
    write_resume_state(&path, &state).unwrap();
    assert_eq!(read_resume_state(&path).unwrap(), state);
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        assert!(read_resume_state(&path).is_err(), "byte {at}");
        fs::write(&path, &good[..at]).unwrap();
        assert!(read_resume_state(&path).is_err(), "cut to {at}");
    }
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let dir = TempDir::new().unwrap();
    let mut writer = write(dir.path(), 1);
    let good = record(1);
    let bad = [
        Record { scalars: vec![1.0], ..good.clone() },
        Record { neurons: vec![], ..good.clone() },
        Record { neurons: vec![vec![1.0; WIDTH + 1]], ..good },
    ];
    for record in bad {
        let error = writer.write(&record).unwrap_err();
        assert!(error.to_string().contains("the record of step 10 has other columns"), "{error}");
    }
    writer.finish().unwrap();
    check_contents(&dir.path().join(RECORDS_FILE), &dir.path().join(NEURONS_FILE), 1);
}

#[test]
fn tables_that_are_not_whole_or_not_ours_are_refused_by_name() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), MANY).finish().unwrap();
    let path = dir.path().join(RECORDS_FILE);
    let bytes = fs::read(&path).unwrap();
    for keep in [0, 3, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..keep]).unwrap();
        let error = read_records(&path).unwrap_err();
        assert!(
            matches!(&error, StoreError::Table { .. }) && error.to_string().contains(RECORDS_FILE),
            "{error}"
        );
    }
    let error = read_records(&dir.path().join(NEURONS_FILE)).unwrap_err();
    assert!(error.to_string().contains("column 1 should be `neuron` of type DOUBLE"), "{error}");
    let error = read_neurons(&dir.path().join("missing.parquet")).unwrap_err();
    assert!(matches!(&error, StoreError::Io { action: "opened", .. }), "{error}");
}

fn snapshot() -> Snapshot {
    Snapshot {
        step: 41,
        stages: StageTimes { first: Some(17), second: None },
        arrays: vec![
            ("bias".into(), Matrix::from_vec(1, 2, vec![0.0, -0.5])),
            ("norms_at_first_stage_end".into(), Matrix::zeros(1, 0)),
            ("weights".into(), Matrix::from_fn(2, 3, |r, c| (r as f32 + 0.1) / (c as f32 + 0.3))),
        ],
    }
}

fn checkpoint() -> Checkpoint {
    Checkpoint { snapshot: snapshot(), memory: Vec::new() }
}

#[test]
fn checkpoints_come_back_bit_for_bit() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("checkpoint.safetensors");
    write_checkpoint(&path, &checkpoint()).unwrap();
    assert_eq!(read_checkpoint(&path).unwrap(), snapshot());
    let later = Snapshot { step: 99, stages: StageTimes { first: Some(17), second: Some(90) }, ..snapshot() };
    let later = Checkpoint { snapshot: later, memory: vec![vec![1, -1], vec![]] };
    write_checkpoint(&path, &later).unwrap();
    assert_eq!(read_whole_checkpoint(&path).unwrap(), later);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left aside");
}

/// The layout that other programs read. If this has to change, so does the format version.
#[test]
fn the_checkpoint_format_is_fixed() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("checkpoint.safetensors");
    write_checkpoint(&path, &checkpoint()).unwrap();
    let bytes = fs::read(&path).unwrap();
    let header_length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + header_length]).unwrap();
    let golden = concat!(
        r#"{"__metadata__":{"featurescope":"{\"format_version\":1,\"step\":41,\"t1\":17,\"t2\":null}"},"#,
        r#""bias":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#,
        r#""norms_at_first_stage_end":{"dtype":"F32","shape":[1,0],"data_offsets":[8,8]},"#,
        r#""weights":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}"#,
    );
    assert_eq!(header.trim_end(), golden);
    assert_eq!(&bytes[8 + header_length..][4..8], &(-0.5f32).to_le_bytes());
}

#[test]
fn checkpoints_that_cannot_be_used_are_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("checkpoint.safetensors");
    write_checkpoint(&path, &checkpoint()).unwrap();
    let bytes = fs::read(&path).unwrap();
    let refused = |bytes: &[u8], reason: &str| {
        fs::write(&path, bytes).unwrap();
        let error = read_checkpoint(&path).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, StoreError::Content { .. }), "{message}");
        assert!(message.contains("checkpoint.safetensors") && message.contains(reason), "{message}");
    };
    for keep in [0, 7, 40, bytes.len() - 4] {
        refused(&bytes[..keep], "cut short");
    }
    let edited = |from: &str, to: &str| {
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        assert_eq!(from.len(), to.len());
        [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
    };
    refused(&edited(r#"version\":1"#, r#"version\":2"#), "its format version is 2, this program reads 1");
    refused(&edited(r#""featurescope""#, r#""another tool""#), "no metadata `featurescope`");
    refused(&edited(r#"\"step\""#, r#"\"stop\""#), "missing field `step`");
    refused(
        &edited(r#""F32","shape":[2,3]"#, r#""I32","shape":[2,3]"#),
        "tensor `weights` holds I32, not F32",
    );
    refused(&edited(r#""shape":[2,3]"#, r#""shape":[ 6 ]"#), "tensor `weights` is not a matrix");
    fs::remove_file(&path).unwrap();
    assert!(matches!(read_checkpoint(&path).unwrap_err(), StoreError::Io { action: "read", .. }));
}

#[test]
fn text_and_json_replace_the_old_file_whole() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("summary.json");
    write_text_atomically(&path, "a much longer text than what follows").unwrap();
    write_json_atomically(&path, &vec![Some(0.1), None]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "[\n  0.1,\n  null\n]\n");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_write_that_fails_keeps_the_old_file_and_cleans_up() {
    let dir = TempDir::new().unwrap();
    // A folder in the place of the file: the renaming fails.
    let taken = dir.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let error = write_text_atomically(&taken, "text").unwrap_err();
    assert!(matches!(&error, StoreError::Io { action: "put in place", .. }), "{error}");
    assert!(taken.is_dir() && fs::read_dir(dir.path()).unwrap().count() == 1);
    let unreachable = write_text_atomically(&dir.path().join("missing/file"), "text").unwrap_err();
    assert!(unreachable.to_string().contains("missing/file.tmp cannot be created"), "{unreachable}");
}

/// Neurons of one record: best atom and number of atoms held.
fn counted(dir: &Path, steps: &[u64], atoms: [f32; WIDTH], held: f32) {
    let column = |name| Column::new(name, "atoms", "for the test");
    let columns: &[Column] = &[column("best_atom"), column("atom_count")];
    let mut writer = ArmWriter::create(dir, COLUMNS, columns, WIDTH).unwrap();
    for &step in steps {
        let neurons = vec![atoms.to_vec(), vec![held; WIDTH]];
        writer.write(&Record { step, scalars: vec![0.0, 0.0], neurons }).unwrap();
    }
    writer.finish().unwrap();
}

/// An atom's number is an index sooner or later: nothing that is none gets past the reader.
#[test]
fn numbers_that_are_looked_up_by_are_checked() {
    let dir = TempDir::new().unwrap();
    let read = |latent_dim| read_tables(dir.path(), Shape { width: WIDTH, latent_dim });
    let sound = [0.0, 2.0, 6.0];
    counted(dir.path(), &[0, 10], sound, 7.0);
    assert_eq!(read(7).unwrap().1.column("best_atom").unwrap().row(1), sound);
    let mut refused = 0;
    for odd in [-1.0, 0.5, 7.0, 1e30, -1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        counted(dir.path(), &[0, 10], [0.0, odd, 6.0], 7.0);
        let error = read(7).unwrap_err().to_string();
        let said =
            format!("`best_atom` of neuron 1 at step 0 is {odd}; an atom is a whole number from 0 to 6");
        assert!(error.contains(&said) && error.contains(NEURONS_FILE), "{error}");
        counted(dir.path(), &[0, 10], sound, odd);
        refused += usize::from(read(7).is_err());
    }
    assert_eq!(refused, 7, "all but 7 are no number of atoms");
    counted(dir.path(), &[0, 10], sound, 7.0);
    assert!(read(6).unwrap_err().to_string().contains("`best_atom` of neuron 2"), "fewer atoms");
    let error = read_tables(dir.path(), Shape { width: WIDTH + 1, latent_dim: 7 }).unwrap_err().to_string();
    assert!(error.contains("it holds 3 neurons, the settings ask for 4"), "{error}");
}

#[test]
fn steps_that_do_not_ascend_or_are_of_another_table_are_refused() {
    for steps in [&[10, 0][..], &[5, 5], &[u64::MAX]] {
        let dir = TempDir::new().unwrap();
        counted(dir.path(), steps, [0.0; WIDTH], 0.0);
        for read in [
            read_records(&dir.path().join(RECORDS_FILE)).err(),
            read_neurons(&dir.path().join(NEURONS_FILE)).err(),
        ] {
            assert!(
                read.unwrap().to_string().contains("its steps do not ascend from 0 or more"),
                "{steps:?}"
            );
        }
    }
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    counted(dir.path(), &[0, 10], [0.0; WIDTH], 0.0);
    counted(other.path(), &[0, 20], [0.0; WIDTH], 0.0);
    fs::copy(other.path().join(NEURONS_FILE), dir.path().join(NEURONS_FILE)).unwrap();
    let error = read_tables(dir.path(), Shape { width: WIDTH, latent_dim: 1 }).unwrap_err().to_string();
    assert!(error.contains("its steps are not those of records.parquet"), "{error}");
}
