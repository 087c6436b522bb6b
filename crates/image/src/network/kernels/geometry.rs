//! Which entries of a picture a convolution reads where.
//!
//! A picture is copied into a frame of zeros, its columns sorted by their remainder modulo the stride. Then what a weight
//! (c, i, j) is multiplied with along a row of the output is a run of neighbours:
//! ```text
//! frame[c][y][x mod s][x / s] = picture[c][y − p][x − p]
//! output (oy, ox) reads frame[taps[(c, i, j)] + oy · row_step + ox]
//! ```

use featurescope_sim::math::kernel::{LANES, Line};

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
    /// The weights in the order in which [`Self::scatter`] goes through them: neighbours belong to different channels. A
    /// sum that overlaps the last one would wait until that is in the cache.
    order: Vec<usize>,
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
        let order = (0..kh * kw).flat_map(|place| (0..from).map(move |c| c * kh * kw + place)).collect();
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
        Self { geometry, width, height, taps, order, runs }
    }

    /// The convolution.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The weights in the order of [`Self::scatter`].
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Entries of a frame.
    pub fn entries(&self) -> usize {
        self.geometry.channels[0] * self.height * self.geometry.stride * self.width
    }

    /// Lines of sixteen places; the last may be partly filled.
    pub fn lines(&self) -> usize {
        self.runs.len()
    }

    /// The rows of a picture, channel after channel, and where each is in the frame.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let Geometry { channels: [from, _], input: [h, _], stride, padding, .. } = self.geometry;
        let (height, step) = (self.height, stride * self.width);
        (0..from * h).map(move |row| (row, (row / h * height + row % h + padding) * step))
    }

    /// Copies a picture into a frame whose border is zero, every entry converted.
    #[inline(always)]
    pub fn fill<T>(&self, frame: &mut [T], picture: &[f32], convert: impl Fn(f32) -> T) {
        let [_, w] = self.geometry.input;
        for (row, at) in self.rows() {
            let from = &picture[row * w..][..w];
            for (first, to) in self.remainders(at) {
                let count = w.saturating_sub(first).div_ceil(self.geometry.stride);
                let to = &mut frame[to..][..count];
                if self.geometry.stride == 1 {
                    to.iter_mut().zip(from).for_each(|(to, &from)| *to = convert(from));
                } else {
                    let from = from[first.min(w)..].iter().step_by(self.geometry.stride);
                    to.iter_mut().zip(from).for_each(|(to, &from)| *to = convert(from));
                }
            }
        }
    }

    /// Copies a picture out of its frame.
    pub fn read(&self, frame: &[f32], picture: &mut [f32]) {
        let [_, w] = self.geometry.input;
        for (row, at) in self.rows() {
            let to = &mut picture[row * w..][..w];
            for (first, from) in self.remainders(at) {
                let to = to[first.min(w)..].iter_mut().step_by(self.geometry.stride);
                to.zip(&frame[from..]).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// The first column of a picture of every remainder, and where it is in the frame's row at `at`.
    fn remainders(&self, at: usize) -> impl Iterator<Item = (usize, usize)> {
        let Geometry { stride, padding, .. } = self.geometry;
        let width = self.width;
        (0..stride).map(move |first| {
            let column = first + padding;
            (first, at + column % stride * width + column / stride)
        })
    }

    /// Writes what the weights from `first_tap` on are multiplied with at the places of a line to `to`: a weight to every
    /// `stride` entries, from entry `offset` of these on. What belongs to places behind the last, or lies behind the last
    /// weight, keeps its value.
    #[inline(always)]
    pub fn gather<T: Copy>(
        &self,
        frame: &[T],
        [first_tap, line]: [usize; 2],
        to: &mut [T],
        [stride, offset]: [usize; 2],
    ) {
        for run in &self.runs[line] {
            let rows = self.taps_from(first_tap).zip(to.chunks_exact_mut(stride));
            let rows = rows.map(|(tap, to)| (&frame[tap + run.start..], &mut to[offset + run.lane..]));
            match run.length {
                16 => copy_each::<T, 16>(rows),
                8 => copy_each::<T, 8>(rows),
                length => rows.for_each(|(from, to)| to[..length].copy_from_slice(&from[..length])),
            }
        }
    }

    #[inline(always)]
    fn taps_from(&self, first: usize) -> impl Iterator<Item = usize> {
        self.taps[first.min(self.taps.len())..].iter().copied()
    }

    #[inline(always)]
    fn ordered_from(&self, first: usize) -> impl Iterator<Item = usize> {
        self.order[first..].iter().map(|&tap| self.taps[tap])
    }

    /// The transpose of [`Self::gather`]: adds the lanes from `first_lane` on to the entries that they came
    /// from, for the weights from number `first` of [`Self::order`] on.
    #[inline(always)]
    pub fn scatter(
        &self,
        frame: &mut [f32],
        [first, line]: [usize; 2],
        from: &[[f32; LANES]],
        first_lane: usize,
    ) {
        for run in &self.runs[line] {
            let first_lane = first_lane + run.lane;
            match run.length {
                16 => self.scatter_run::<16>(frame, first, run, from, first_lane),
                8 => self.scatter_run::<8>(frame, first, run, from, first_lane),
                _ => {
                    for (tap, from) in self.ordered_from(first).zip(from) {
                        let to = &mut frame[tap + run.start..][..run.length];
                        to.iter_mut().zip(&from[first_lane..]).for_each(|(to, from)| *to += from);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn scatter_run<const LENGTH: usize>(
        &self,
        frame: &mut [f32],
        first: usize,
        run: &Run,
        from: &[[f32; LANES]],
        first_lane: usize,
    ) {
        for (tap, from) in self.ordered_from(first).zip(from) {
            let to = frame[tap + run.start..].first_chunk_mut::<LENGTH>();
            if let (Some(to), Some(from)) = (to, from[first_lane..].first_chunk::<LENGTH>()) {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }
}

/// A length that is known when this is compiled: copied without a call.
#[inline(always)]
fn copy_each<'a, T: Copy + 'a, const LENGTH: usize>(rows: impl Iterator<Item = (&'a [T], &'a mut [T])>) {
    for (from, to) in rows {
        if let (Some(from), Some(to)) = (from.first_chunk::<LENGTH>(), to.first_chunk_mut::<LENGTH>()) {
            *to = *from;
        }
    }
}
