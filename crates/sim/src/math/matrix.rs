//! A dense row-major matrix: one allocation, rows contiguous.

use std::ops::{Index, IndexMut};

/// A dense row-major matrix of `rows × cols` entries.
///
/// Training uses `Matrix<f32>`; probes, closed forms and oracles use `Matrix<f64>`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Matrix<T = f32> {
    rows: usize,
    cols: usize,
    data: Vec<T>,
}

impl<T: Copy + Default> Matrix<T> {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![T::default(); rows * cols] }
    }

    /// Takes a row-major buffer.
    ///
    /// # Panics
    /// If `data.len() != rows * cols`.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<T>) -> Self {
        assert_eq!(data.len(), rows * cols, "a {rows} × {cols} matrix needs {} entries", rows * cols);
        Self { rows, cols, data }
    }

    /// Fills entry (r, c) with `entry(r, c)`.
    pub fn from_fn(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for r in 0..rows {
            data.extend((0..cols).map(|c| entry(r, c)));
        }
        Self { rows, cols, data }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `r` as a slice of length `cols`.
    pub fn row(&self, r: usize) -> &[T] {
        &self.data[r * self.cols..(r + 1) * self.cols]
    }

    /// Row `r`, writable.
    pub fn row_mut(&mut self, r: usize) -> &mut [T] {
        &mut self.data[r * self.cols..(r + 1) * self.cols]
    }

    /// The rows in order.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.rows).map(|r| self.row(r))
    }

    /// The whole row-major buffer.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// The whole row-major buffer, writable.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Gives the row-major buffer back.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// Changes the shape, keeping the allocation where it is large enough. The contents are unspecified.
    pub fn resize(&mut self, rows: usize, cols: usize) {
        self.rows = rows;
        self.cols = cols;
        self.data.resize(rows * cols, T::default());
    }

    /// Column `c` as a new vector of length `rows`.
    pub fn column(&self, c: usize) -> Vec<T> {
        (0..self.rows).map(|r| self.data[r * self.cols + c]).collect()
    }

    /// The transposed matrix, `cols × rows`.
    #[must_use]
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |r, c| self.data[c * self.cols + r])
    }

    /// Entry by entry into another type or value.
    pub fn map<U: Copy + Default>(&self, f: impl Fn(T) -> U) -> Matrix<U> {
        Matrix { rows: self.rows, cols: self.cols, data: self.data.iter().map(|&v| f(v)).collect() }
    }
}

impl Matrix<f32> {
    /// The same matrix in double precision.
    pub fn to_f64(&self) -> Matrix<f64> {
        self.map(f64::from)
    }
}

impl Matrix<f64> {
    /// The same matrix rounded to single precision.
    pub fn to_f32(&self) -> Matrix<f32> {
        self.map(|v| v as f32)
    }
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (r, c): (usize, usize)) -> &T {
        debug_assert!(c < self.cols);
        &self.data[r * self.cols + c]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (r, c): (usize, usize)) -> &mut T {
        debug_assert!(c < self.cols);
        &mut self.data[r * self.cols + c]
    }
}
