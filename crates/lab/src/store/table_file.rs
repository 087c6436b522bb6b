//! Opens Parquet files that may be damaged or hostile.
//!
//! The library that reads them believes what a page's header says: a few bytes can make it allocate
//! gigabytes, or more than there is, which ends the program. So every page header is walked through first: it
//! has to lie in the file, and its page may not claim to grow beyond what pages do. Headers are Thrift
//! structures in the compact protocol; only two of their numbers matter here, everything else is skipped.

use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, SerializedFileReader};

/// What a page may claim to grow to in any case. Writers make pages of about a megabyte.
const USUAL_PAGE: u64 = 16 << 20;
/// How much a page may claim to grow beyond that, per byte.
const MOST_EXPANSION: u64 = 1032;
/// Rows per byte of the file beyond which it is taken for an attempt to fill the memory.
const MOST_ROWS_PER_BYTE: u64 = 64;
/// Rows that any file may hold.
const FEW_ROWS: u64 = 1 << 16;
/// Structures within structures.
const DEEPEST: usize = 16;
/// Bytes that are read to see a page's header. Headers with long statistics take more: the window grows.
const WINDOW: u64 = 1 << 10;
const WINDOW_GROWTH: u64 = 32;

/// A reader of a whole Parquet file, in memory or on disk, whose pages are what they should be. Only headers
/// are read here. The library may still panic on damage: read under [`guarded`](super::guarded).
///
/// # Errors
/// If it is no Parquet file, claims more rows than it can hold, or has a page that cannot be.
pub fn open_table<R: ChunkReader + 'static>(source: R) -> Result<SerializedFileReader<R>, ParquetError> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&source)?;
    check(&source, &metadata).map_err(ParquetError::General)?;
    SerializedFileReader::new(source)
}

fn check(source: &impl ChunkReader, metadata: &ParquetMetaData) -> Result<(), String> {
    let length = source.len();
    let most = length.saturating_mul(MOST_ROWS_PER_BYTE).max(FEW_ROWS);
    let mut rows = 0u64;
    for group in metadata.row_groups() {
        let count = u64::try_from(group.num_rows()).map_err(|_| "a negative number of rows".to_owned())?;
        rows = rows.saturating_add(count);
        if rows > most {
            return Err(format!("it claims {rows} rows in {length} bytes"));
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let start = start.min(column.data_page_offset());
            let range = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
            let range = range.and_then(|(start, size)| Some((start, start.checked_add(size)?)));
            let name = column.column_path();
            let (start, end) = (range.filter(|range| range.1 <= length))
                .ok_or_else(|| format!("column {name} lies outside of the file"))?;
            check_pages(source, start, end)
                .ok_or_else(|| format!("column {name} has a page that cannot be"))?;
        }
    }
    Ok(())
}

/// Walks through the pages of a column; `None` if one cannot be.
fn check_pages(source: &impl ChunkReader, mut position: u64, end: u64) -> Option<()> {
    while position < end {
        let (header, [uncompressed, compressed]) = page_header(source, position, end)?;
        if uncompressed > compressed.saturating_mul(MOST_EXPANSION).max(USUAL_PAGE) {
            return None;
        }
        position = position.checked_add(header)?.checked_add(compressed)?;
    }
    (position == end).then_some(())
}

/// Length of the page header at `position`, and the sizes that it claims for its page, unpacked and stored.
fn page_header(source: &impl ChunkReader, position: u64, end: u64) -> Option<(u64, [u64; 2])> {
    let mut window = WINDOW;
    loop {
        let length = window.min(end - position);
        let bytes = source.get_bytes(position, usize::try_from(length).ok()?).ok()?;
        let mut header = Header { rest: &bytes, sizes: [None; 2] };
        if header.structure(0).is_some() {
            let size = |value: Option<i64>| u64::try_from(value?).ok();
            let sizes = [size(header.sizes[0])?, size(header.sizes[1])?];
            return Some((length - header.rest.len() as u64, sizes));
        }
        if length == end - position {
            return None;
        }
        window = window.saturating_mul(WINDOW_GROWTH);
    }
}

/// A page header that is being skipped.
struct Header<'a> {
    rest: &'a [u8],
    /// Fields 2 and 3 of the outermost structure: the size of the page, and what is stored of it.
    sizes: [Option<i64>; 2],
}

impl Header<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    /// A number in groups of seven bits, lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A signed number: 0, −1, 1, −2 …
    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    fn structure(&mut self, depth: usize) -> Option<()> {
        let mut field = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = if head >> 4 == 0 { self.signed()? } else { field.checked_add(i64::from(head >> 4))? };
            match (depth, field, head & 0xf) {
                (0, 2 | 3, 5) => self.sizes[(field - 2) as usize] = Some(self.signed()?),
                // True and false stand in the head itself.
                (_, _, 1 | 2) => {}
                (_, _, kind) => self.value(kind, depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => self.number().map(drop),
            7 => self.skip(8),
            8 => {
                let length = self.number()?;
                self.skip(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 0xf { self.number()? } else { u64::from(head >> 4) };
                self.values(count, &[head & 0xf], depth)
            }
            11 => {
                let count = self.number()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                self.values(count, &[kinds >> 4, kinds & 0xf], depth)
            }
            12 if depth < DEEPEST => self.structure(depth + 1),
            _ => None,
        }
    }

    fn values(&mut self, count: u64, kinds: &[u8], depth: usize) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        // Every value takes a byte at least, so a count beyond the file ends soon.
        (0..count).try_for_each(|_| kinds.iter().try_for_each(|&kind| self.value(kind, depth + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn walk(pages: &[u8]) -> Option<()> {
        check_pages(&Bytes::copy_from_slice(pages), 0, pages.len() as u64)
    }

    /// Field 1 (type) = 0, field 2 = `size`, field 3 = `stored`, then `stored` bytes.
    fn page(size: u64, stored: u64, bytes: usize) -> Vec<u8> {
        let mut page = vec![0x15, 0];
        for number in [size, stored] {
            page.push(0x15);
            let mut zigzag = number << 1;
            while zigzag >= 0x80 {
                page.push(zigzag as u8 | 0x80);
                zigzag >>= 7;
            }
            page.push(zigzag as u8);
        }
        page.push(0);
        page.extend(std::iter::repeat_n(7, bytes));
        page
    }

    #[test]
    fn pages_that_can_be_pass_and_others_do_not() {
        let good = page(100, 20, 20);
        assert_eq!(walk(&[good.clone(), page(1 << 24, 1, 1)].concat()), Some(()));
        assert_eq!(walk(&page((1 << 24) + 1, 1, 1)), None, "grows too much");
        assert_eq!(walk(&page(1 << 31, 20, 20)), None);
        assert_eq!(walk(&page(100, 20, 19)), None, "cut short");
        assert_eq!(walk(&[0x15, 0, 0]), None, "no sizes");
        // A statistic of 2⁶⁰ bytes, a list of 2⁶⁰ numbers, structures without end.
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(walk(&[&[0x18][..], &huge].concat()), None);
        assert_eq!(walk(&[&[0x19, 0xf5][..], &huge].concat()), None);
        assert_eq!(walk(&[0x1c; 1000]), None);
        // A header that is longer than the first look at it: a statistic of 5000 bytes.
        let mut long = page(100, 20, 0);
        long.splice(long.len() - 1.., [&[0x18, 0x88, 0x27][..], &[7; 5000], &[0], &[7; 20]].concat());
        assert_eq!(walk(&long), Some(()));
        let signed = |bytes: &[u8]| Header { rest: bytes, sizes: [None; 2] }.signed();
        assert_eq!(
            [signed(&[0]), signed(&[1]), signed(&[2]), signed(&[3])],
            [Some(0), Some(-1), Some(1), Some(-2)]
        );
    }
}
