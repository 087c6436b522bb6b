//! Opens Parquet files that may be damaged or hostile.
//!
//! The library that reads them believes what a page's header says: a few bytes can make it allocate gigabytes, or more than there
//! is, which ends the program. So every page header is walked through first: it has to lie in the file, and its page may not
//! claim to grow beyond what pages do. Headers are Thrift structures in the compact protocol; only two of their numbers
//! matter here, everything else is skipped.

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

/// What a page may claim to grow to in any case. Writers make pages of about a megabyte.
const USUAL_PAGE: usize = 16 << 20;
/// How much a page may claim to grow beyond that, per byte.
const MOST_EXPANSION: usize = 1032;
/// Rows per byte of the file beyond which it is taken for an attempt to fill the memory.
const MOST_ROWS_PER_BYTE: usize = 64;
/// Rows that any file may hold.
const FEW_ROWS: usize = 1 << 16;
/// Structures within structures.
const DEEPEST: usize = 16;

/// A reader of a whole Parquet file whose pages are what they should be. The library may still panic on damage: read under
/// [`guarded`](super::guarded).
///
/// # Errors
/// If it is no Parquet file, claims more rows than it can hold, or has a page that cannot be.
pub fn open_table(bytes: Vec<u8>) -> Result<SerializedFileReader<Bytes>, ParquetError> {
    let bytes = Bytes::from(bytes);
    let file = SerializedFileReader::new(bytes.clone())?;
    check(&bytes, file.metadata()).map_err(ParquetError::General)?;
    Ok(file)
}

fn check(bytes: &[u8], metadata: &ParquetMetaData) -> Result<(), String> {
    let most = bytes.len().saturating_mul(MOST_ROWS_PER_BYTE).max(FEW_ROWS);
    let mut rows = 0usize;
    for group in metadata.row_groups() {
        let count = usize::try_from(group.num_rows()).map_err(|_| "a negative number of rows".to_owned())?;
        rows = rows.saturating_add(count);
        if rows > most {
            return Err(format!("it claims {rows} rows in {} bytes", bytes.len()));
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let start = start.min(column.data_page_offset());
            let range = usize::try_from(start).ok().zip(usize::try_from(column.compressed_size()).ok());
            let pages = range.and_then(|(start, length)| bytes.get(start..start.checked_add(length)?));
            let name = column.column_path();
            let pages = pages.ok_or_else(|| format!("column {name} lies outside of the file"))?;
            check_pages(pages).ok_or_else(|| format!("column {name} has a page that cannot be"))?;
        }
    }
    Ok(())
}

/// Walks through the pages of a column; `None` if one cannot be.
fn check_pages(mut pages: &[u8]) -> Option<()> {
    while !pages.is_empty() {
        let mut header = Header { rest: pages, sizes: [None; 2] };
        header.structure(0)?;
        let size = |value: Option<i64>| usize::try_from(value?).ok();
        let [uncompressed, compressed] = header.sizes;
        let (uncompressed, compressed) = (size(uncompressed)?, size(compressed)?);
        if uncompressed > compressed.saturating_mul(MOST_EXPANSION).max(USUAL_PAGE) {
            return None;
        }
        pages = header.rest.get(compressed..)?;
    }
    Some(())
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
        assert_eq!(check_pages(&[good.clone(), page(1 << 24, 1, 1)].concat()), Some(()));
        assert_eq!(check_pages(&page((1 << 24) + 1, 1, 1)), None, "grows too much");
        assert_eq!(check_pages(&page(1 << 31, 20, 20)), None);
        assert_eq!(check_pages(&page(100, 20, 19)), None, "cut short");
        assert_eq!(check_pages(&[0x15, 0, 0]), None, "no sizes");
        // A statistic of 2⁶⁰ bytes, a list of 2⁶⁰ numbers, structures without end.
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(check_pages(&[&[0x18][..], &huge].concat()), None);
        assert_eq!(check_pages(&[&[0x19, 0xf5][..], &huge].concat()), None);
        assert_eq!(check_pages(&[0x1c; 1000]), None);
        let signed = |bytes: &[u8]| Header { rest: bytes, sizes: [None; 2] }.signed();
        assert_eq!(
            [signed(&[0]), signed(&[1]), signed(&[2]), signed(&[3])],
            [Some(0), Some(-1), Some(1), Some(-2)]
        );
    }
}
