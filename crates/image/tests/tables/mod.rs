//! Tables of pictures as Hugging Face writes them.

use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const CLASSES: &str =
    r#"{"info":{"features":{"label":{"names":["cat","dog","frog"],"_type":"ClassLabel"}}}}"#;

/// Three rows a row group.
pub fn write(path: &Path, rows: &[(Option<Vec<u8>>, i64)]) {
    let schema = "message schema { optional group img { optional binary bytes; optional binary path (UTF8); } \
                  optional int64 label; }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let metadata = KeyValue::new("huggingface".to_owned(), CLASSES.to_owned());
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![metadata]))
        .set_compression(parquet::basic::Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).expect("a writer");
    for rows in rows.chunks(3) {
        let mut group = writer.next_row_group().expect("a group");
        let bytes: Vec<ByteArray> = rows.iter().filter_map(|(b, _)| b.clone().map(ByteArray::from)).collect();
        let levels: Vec<i16> = rows.iter().map(|(b, _)| if b.is_some() { 2 } else { 1 }).collect();
        let mut column = group.next_column().expect("bytes").expect("a column");
        column.typed::<ByteArrayType>().write_batch(&bytes, Some(&levels), None).expect("written");
        column.close().expect("closed");
        let mut column = group.next_column().expect("path").expect("a column");
        column.typed::<ByteArrayType>().write_batch(&[], Some(&vec![1; rows.len()]), None).expect("written");
        column.close().expect("closed");
        let labels: Vec<i64> = rows.iter().map(|(_, label)| *label).collect();
        let mut column = group.next_column().expect("label").expect("a column");
        column.typed::<Int64Type>().write_batch(&labels, Some(&vec![1; rows.len()]), None).expect("written");
        column.close().expect("closed");
        group.close().expect("closed");
    }
    writer.close().expect("closed");
}
