//! Sets of labelled pictures: read from files, or drawn.

mod shapes;
pub mod synthetic;
mod decode;
mod rows;
mod parquet;
mod binary;
mod folder;
mod open;
mod cache;
pub mod pictures;

pub use cache::open_cached;
pub use open::open;
pub use pictures::{PICTURES, Pictures};
pub use synthetic::{SyntheticSpec, synthetic};

use featurescope_lab::identity::Digest;

/// Pictures of one size with labels: RGB, 8 bits, row-major, channel last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageSet {
    /// Pixels per line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// Channel c of pixel (x, y) of picture i at ((i·height + y)·width + x)·3 + c.
    pub pixels: Vec<u8>,
    /// Class of every picture, below the number of classes.
    pub labels: Vec<u32>,
    /// Name of every class.
    pub classes: Vec<String>,
}

impl ImageSet {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of one picture: width · height · 3.
    pub fn bytes_per_image(&self) -> usize {
        self.width * self.height * 3
    }

    /// The pixels of picture `i`: height × width × 3.
    pub fn image(&self, i: usize) -> &[u8] {
        let length = self.bytes_per_image();
        &self.pixels[i * length..][..length]
    }

    /// The pictures `first..first + count`, or as many of them as there are.
    #[must_use]
    pub fn subset(&self, first: usize, count: usize) -> Self {
        let first = first.min(self.len());
        let end = first.saturating_add(count).min(self.len());
        self.pick(first..end)
    }

    /// The pictures of these rows, in this order.
    #[must_use]
    pub fn pick(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let mut picked = self.without_pictures();
        for row in rows {
            picked.pixels.extend_from_slice(self.image(row));
            picked.labels.push(self.labels[row]);
        }
        picked
    }

    /// The pictures in the middle of black squares of `side` pixels: MNIST's 28 × 28 on 32 × 32. A picture that does not
    /// fit stays as it is.
    #[must_use]
    pub fn padded(&self, side: usize) -> Self {
        if side < self.width || side < self.height {
            return self.clone();
        }
        let (left, top) = ((side - self.width) / 2, (side - self.height) / 2);
        let mut pixels = vec![0; self.len() * side * side * 3];
        for (i, padded) in pixels.chunks_exact_mut((side * side * 3).max(1)).enumerate() {
            for (y, line) in self.image(i).chunks_exact(self.width * 3).enumerate() {
                padded[((top + y) * side + left) * 3..][..line.len()].copy_from_slice(line);
            }
        }
        Self { width: side, height: side, pixels, ..self.clone() }
    }

    fn without_pictures(&self) -> Self {
        Self { pixels: Vec::new(), labels: Vec::new(), classes: self.classes.clone(), ..*self }
    }
}

/// What is trained on and what is measured on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Pictures for training.
    pub train: ImageSet,
    /// Pictures for testing, of the same size and classes.
    pub test: ImageSet,
    /// What a user should know about how this split came about.
    pub notes: Vec<String>,
}

impl Split {
    /// Digest of sizes, pixels, labels and classes of both parts: equal pictures have equal digests, whatever
    /// their files are called.
    pub fn digest(&self) -> Digest {
        let mut described: Vec<u8> = Vec::new();
        for set in [&self.train, &self.test] {
            for count in [set.width, set.height, set.len(), set.classes.len()] {
                described.extend((count as u64).to_le_bytes());
            }
            for class in &set.classes {
                described.extend((class.len() as u64).to_le_bytes());
                described.extend(class.as_bytes());
            }
            set.labels.iter().for_each(|label| described.extend(label.to_le_bytes()));
            described.extend(Digest::of(&set.pixels).to_string().into_bytes());
        }
        Digest::of(described)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_sees_every_pixel_label_class_and_border() {
        let set = |pixels: Vec<u8>, labels: Vec<u32>, classes: &[&str]| ImageSet {
            width: 1,
            height: 1,
            pixels,
            labels,
            classes: classes.iter().map(|&class| class.to_owned()).collect(),
        };
        let digest = |train: ImageSet| Split { train, ..Split::default() }.digest();
        let usual = digest(set(vec![1, 2, 3, 4, 5, 6], vec![0, 1], &["a", "bc"]));
        assert_eq!(usual, digest(set(vec![1, 2, 3, 4, 5, 6], vec![0, 1], &["a", "bc"])));
        for other in [
            set(vec![1, 2, 3, 4, 5, 7], vec![0, 1], &["a", "bc"]),
            set(vec![1, 2, 3, 4, 5, 6], vec![1, 1], &["a", "bc"]),
            set(vec![1, 2, 3, 4, 5, 6], vec![0, 1], &["ab", "c"]),
            set(vec![1, 2, 3], vec![0], &["a", "bc"]),
        ] {
            assert_ne!(usual, digest(other));
        }
    }
}
