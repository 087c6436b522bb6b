//! Frames: pieces of a file that know whether they are whole. Length (u64), CRC-32 of length and content (u32), content;
//! little-endian.

use crc32fast::Hasher;
use std::io::{self, Read, Write};

const HEAD: usize = 12;

fn checksum(length: [u8; 8], content: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&length);
    hasher.update(content);
    hasher.finalize()
}

/// Contents up to this size are written together with their head, at once.
const SMALL: usize = 1 << 16;

/// Writes a frame and returns its length in the file.
pub fn write_frame(out: &mut impl Write, content: &[u8]) -> io::Result<u64> {
    let length = (content.len() as u64).to_le_bytes();
    let mut frame = length.to_vec();
    frame.extend_from_slice(&checksum(length, content).to_le_bytes());
    if content.len() <= SMALL {
        frame.extend_from_slice(content);
        out.write_all(&frame)?;
    } else {
        out.write_all(&frame)?;
        out.write_all(content)?;
    }
    Ok((HEAD + content.len()) as u64)
}

/// The frames of a file one after the other, up to its end or to the first one that is damaged.
pub struct Frames<R> {
    reader: R,
    /// Bytes that have not been read.
    left: u64,
}

impl<R: Read> Frames<R> {
    /// Reads the next `length` bytes of `reader` as frames.
    pub fn new(reader: R, length: u64) -> Self {
        Self { reader, left: length }
    }

    /// The content of the next frame; `None` at the end.
    ///
    /// # Errors
    /// `InvalidData` if the frame is cut short or its checksum is another. No more is allocated than the file can hold.
    pub fn next_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.next_whole()?.map(Some).ok_or_else(|| damaged("it is cut short"))
    }

    /// The same of a file that is still being written: `None` also where a frame is not whole yet.
    ///
    /// # Errors
    /// `InvalidData` if the checksum of a whole frame is another.
    pub fn next_whole(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(left) = self.left.checked_sub(HEAD as u64) else { return Ok(None) };
        let (mut length, mut sum) = ([0; 8], [0; 4]);
        self.reader.read_exact(&mut length)?;
        self.reader.read_exact(&mut sum)?;
        let size = u64::from_le_bytes(length);
        if size > left {
            return Ok(None);
        }
        let mut content = vec![0; usize::try_from(size).map_err(|_| damaged("it is too long"))?];
        self.reader.read_exact(&mut content)?;
        if checksum(length, &content) != u32::from_le_bytes(sum) {
            return Err(damaged("a checksum is not that of its content"));
        }
        self.left = left - size;
        Ok(Some(content))
    }

    /// Bytes that belong to no frame that was returned.
    pub fn left(&self) -> u64 {
        self.left
    }
}

fn damaged(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_damage_is_seen() {
        let mut file = Vec::new();
        for content in [&b"one"[..], b"", b"three"] {
            write_frame(&mut file, content).unwrap();
        }
        let read = |bytes: &[u8]| -> io::Result<Vec<Vec<u8>>> {
            let mut frames = Frames::new(bytes, bytes.len() as u64);
            std::iter::from_fn(|| frames.next_frame().transpose()).collect()
        };
        assert_eq!(read(&file).unwrap(), [&b"one"[..], b"", b"three"]);
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of byte {at}");
            }
        }
        for length in [1, 11, 14, file.len() - 1] {
            assert!(read(&file[..length]).is_err());
        }
    }
}
