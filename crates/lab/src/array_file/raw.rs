//! Arrays whose entries lie one after another, as in .npy and .safetensors: only the rows that are used are
//! read.

use super::element::{Element, Entry};
use std::io::{self, BufReader, ErrorKind, Read, Seek};

/// Entries in memory while a file is read: neighbouring rows of an array by columns come with one access.
pub(super) const BUFFER: usize = 1 << 16;

/// Where an array lies, and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StoredArray {
    /// Its name in the file, or the file's own.
    pub name: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// What its entries are; an error says why they cannot be read.
    pub element: Result<Element, String>,
    /// Whether the highest byte of an entry comes first.
    pub is_big_endian: bool,
    /// Whether the first index runs fastest.
    pub is_column_major: bool,
    /// Bytes of the file, or of the archive's entry, before the first entry.
    pub offset: u64,
}

/// Bytes that are read in order, some of them skipped.
pub(super) trait Forward {
    /// Goes on by so many bytes.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
    /// Fills the buffer with the next bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<()>;
}

/// A file: what is skipped is never read.
pub(super) struct Seeking<R>(pub BufReader<R>);

impl<R: Read + Seek> Forward for Seeking<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let offset = i64::try_from(bytes).map_err(|_| io::Error::from(ErrorKind::UnexpectedEof))?;
        self.0.seek_relative(offset)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(buffer)
    }
}

/// An entry of an archive, which has to be unpacked up to where it is read.
pub(super) struct Unpacking<R>(pub R);

impl<R: Read> Forward for Unpacking<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(buffer)
    }
}

/// Entries of a shape; `None` if their number is beyond counting.
pub(super) fn entries(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent))
}

impl StoredArray {
    /// Bytes of all entries; `None` if there are more than can be, or they cannot be read.
    pub fn bytes(&self) -> Option<u64> {
        let element = self.element.as_ref().ok()?;
        let bytes = entries(&self.shape)?.checked_mul(element.size())?;
        u64::try_from(bytes).ok()
    }

    /// Hands the entries of these rows (ascending) of the array, seen as `height` × `width`, to `take` with
    /// their place among `rows` and their column, in the order in which they lie. `source` stands at the
    /// beginning of the file or entry.
    ///
    /// # Errors
    /// If the bytes end early, or what `take` says.
    pub fn visit(
        &self,
        source: &mut dyn Forward,
        [height, width]: [usize; 2],
        rows: &[usize],
        mut take: impl FnMut(usize, usize, Entry) -> Result<(), String>,
    ) -> Result<(), String> {
        let element = self.element.clone()?;
        let size = element.size();
        let (lines, run) = if self.is_column_major { (width, 1) } else { (1, width) };
        let mut buffer = vec![0; size * run];
        let cut = |error: io::Error| format!("it cannot be read to its end ({error})");
        source.skip(self.offset).map_err(cut)?;
        let mut position = 0u64;
        for line in 0..lines {
            for (place, &row) in rows.iter().enumerate() {
                let target = ((line * height + row * run) * size) as u64;
                source.skip(target - position).map_err(cut)?;
                source.fill(&mut buffer).map_err(cut)?;
                position = target + buffer.len() as u64;
                for (column, bytes) in buffer.chunks_exact(size.max(1)).enumerate() {
                    take(place, line + column, element.decode(bytes, self.is_big_endian))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Rows 0, 2 and 3 of a 4 × 3 array in either order, from a file and from an archive.
    #[test]
    fn rows_are_the_same_in_either_order_from_either_source() {
        let entry = |i: usize, j: usize| (10 * i + j) as u8;
        let by_rows: Vec<u8> = [7; 5].into_iter().chain((0..12).map(|at| entry(at / 3, at % 3))).collect();
        let by_columns: Vec<u8> = [7; 5].into_iter().chain((0..12).map(|at| entry(at % 4, at / 4))).collect();
        let rows = [0, 2, 3];
        for (bytes, is_column_major) in [(by_rows, false), (by_columns, true)] {
            let array = StoredArray {
                name: "a".into(),
                shape: vec![4, 3],
                element: Ok(Element::Unsigned(1)),
                is_big_endian: false,
                is_column_major,
                offset: 5,
            };
            let mut seeking = Seeking(BufReader::with_capacity(2, Cursor::new(bytes.clone())));
            let mut unpacking = Unpacking(Cursor::new(bytes));
            let sources: [&mut dyn Forward; 2] = [&mut seeking, &mut unpacking];
            for source in sources {
                let mut found = [[0i128; 3]; 3];
                let take = |place: usize, column: usize, value: Entry| {
                    let Entry::Whole(value) = value else { return Err("kind".to_owned()) };
                    found[place][column] = value;
                    Ok(())
                };
                array.visit(source, [4, 3], &rows, take).unwrap();
                assert_eq!(found, [[0, 1, 2], [20, 21, 22], [30, 31, 32]]);
            }
            let mut short = Unpacking(Cursor::new(vec![0; 9]));
            assert!(
                array.visit(&mut short, [4, 3], &rows, |_, _, _| Ok(())).unwrap_err().contains("to its end")
            );
        }
    }
}
