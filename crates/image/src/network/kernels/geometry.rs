//! Which entries of a picture a convolution reads where.
//!
//! A picture is copied into a frame of zeros, its columns sorted by their remainder modulo the stride. Then what a weight
//! (c, i, j) is multiplied with along a row of the output is a run of neighbours:
//! ```text
//! frame[c][y][x mod s][x / s] = picture[c][y − p][x − p]
//! output (oy, ox) reads frame[taps[(c, i, j)] + oy · row_step + ox]
//! ```

use featurescope_sim::math::kernel::Line;

/// A convolution of pictures of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Rows and columns of a filter.
    pub kernel: [usize; 2],
    /// Pixels from one place of the filter to the next.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: usize,
}

impl Geometry {
    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|a| (self.input[a] + 2 * self.padding - self.kernel[a]) / self.stride + 1)
    }

    /// Weights of a filter.
    pub fn taps(&self) -> usize {
        self.channels[0] * self.kernel[0] * self.kernel[1]
    }

    /// Entries of a picture.
    pub fn picture(&self) -> usize {
        self.channels[0] * self.input[0] * self.input[1]
    }

    /// Places that a filter is put to.
    pub fn places(&self) -> usize {
        self.output()[0] * self.output()[1]
    }
}

/// Neighbouring places of a line of sixteen that read neighbouring entries.
#[derive(Clone, Copy, Debug)]
struct Run {
    lane: usize,
    start: usize,
    length: usize,
}

/// The index arithmetic of a [`Geometry`], done once.
#[derive(Clone, Debug)]
pub struct Frame {
    geometry: Geometry,
    /// Entries of a row of one remainder.
    width: usize,
    height: usize,
    /// Where the run of a weight starts for the first place.
    taps: Vec<usize>,
    /// The runs of every line of sixteen places.
    runs: Vec<Vec<Run>>,
}

impl Frame {
    /// The frame of these pictures.
    pub fn new(geometry: Geometry) -> Self {
        let Geometry { channels: [from, _], input: [h, w], kernel: [kh, kw], stride, padding } = geometry;
        let (height, width) = (h + 2 * padding, (w + 2 * padding).div_ceil(stride));
        let mut taps = Vec::with_capacity(geometry.taps());
        for c in 0..from {
            for i in 0..kh {
                taps.extend((0..kw).map(|j| ((c * height + i) * stride + j % stride) * width + j / stride));
            }
        }
        let [rows, columns] = geometry.output();
        let row_step = stride * stride * width;
        let mut runs = vec![Vec::new(); (rows * columns).div_ceil(Line::LEN)];
        for row in 0..rows {
            let (mut place, end) = (row * columns, (row + 1) * columns);
            while place < end {
                let lane = place % Line::LEN;
                let length = (end - place).min(Line::LEN - lane);
                let start = row * row_step + place % columns;
                runs[place / Line::LEN].push(Run { lane, start, length });
                place += length;
            }
        }
        Self { geometry, width, height, taps, runs }
    }

    /// The convolution.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Entries of a frame.
    pub fn len(&self) -> usize {
        self.geometry.channels[0] * self.height * self.geometry.stride * self.width
    }

    /// Lines of sixteen places; the last may be partly filled.
    pub fn lines(&self) -> usize {
        self.runs.len()
    }

    /// Calls `visit` with every row of the frame that a row of the picture goes to, and the index of the latter.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let Geometry { channels: [from, _], input: [h, _], stride, padding, .. } = self.geometry;
        let (height, step) = (self.height, stride * self.width);
        (0..from * h).map(move |row| (row, (row / h * height + row % h + padding) * step))
    }

    /// Copies a picture into a frame whose border is zero.
    pub fn fill(&self, frame: &mut [f32], picture: &[f32]) {
        let Geometry { input: [_, w], stride, padding, .. } = self.geometry;
        for (row, at) in self.rows() {
            let from = &picture[row * w..][..w];
            if stride == 1 {
                frame[at + padding..][..w].copy_from_slice(from);
            } else {
                for (x, value) in (padding..).zip(from) {
                    frame[at + x % stride * self.width + x / stride] = *value;
                }
            }
        }
    }

    /// Copies a picture out of its frame.
    pub fn read(&self, frame: &[f32], picture: &mut [f32]) {
        let Geometry { input: [_, w], stride, padding, .. } = self.geometry;
        for (row, at) in self.rows() {
            let to = &mut picture[row * w..][..w];
            if stride == 1 {
                to.copy_from_slice(&frame[at + padding..][..w]);
            } else {
                for (x, value) in (padding..).zip(to) {
                    *value = frame[at + x % stride * self.width + x / stride];
                }
            }
        }
    }

    /// What weight `tap` is multiplied with at the places of a line; lanes behind the last place keep their values.
    #[inline(always)]
    pub fn gather(&self, frame: &[f32], tap: usize, line: usize, to: &mut Line) {
        for run in &self.runs[line] {
            let from = &frame[self.taps[tap] + run.start..][..run.length];
            let to = &mut to.0[run.lane..][..run.length];
            match (to.first_chunk_mut::<16>(), from.first_chunk::<16>()) {
                (Some(to), Some(from)) => *to = *from,
                _ => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
            }
        }
    }

    /// The transpose of [`Self::gather`]: adds the lanes to the entries that they came from.
    #[inline(always)]
    pub fn scatter(&self, frame: &mut [f32], tap: usize, line: usize, from: &[f32]) {
        for run in &self.runs[line] {
            let to = &mut frame[self.taps[tap] + run.start..][..run.length];
            let from = &from[run.lane..][..run.length];
            match (to.first_chunk_mut::<16>(), from.first_chunk::<16>()) {
                (Some(to), Some(from)) => to.iter_mut().zip(from).for_each(|(to, from)| *to += from),
                _ => to.iter_mut().zip(from).for_each(|(to, from)| *to += from),
            }
        }
    }
}
