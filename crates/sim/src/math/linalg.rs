//! Products and factorisations. The only file that knows the linear-algebra crate (faer).
//!
//! Products are cut into tiles of the output whose borders depend on the shape alone, never on the number of
//! threads, and every output entry is one uninterrupted sum: same bits on any number of threads.

use super::kernel::Precision;
use super::matrix::Matrix;
use super::panels::{self, Right};
use super::parallel;
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch as apply_reflections_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj as apply_reflections,
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as apply_reflections_back_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as apply_reflections_back,
};
use faer::linalg::matmul::matmul;
use faer::linalg::qr::no_pivoting::factor::{qr_in_place, qr_in_place_scratch, recommended_block_size};
use faer::linalg::solvers::{Llt, Solve};
use faer::reborrow::ReborrowMut;
use faer::traits::ComplexField;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par, RowMut, Side, Spec};
use multiversion::multiversion;
use std::hint::black_box;

/// Output rows (or columns) a tile holds: at most so many that packing the other factor again costs little …
const LARGEST_TILE: usize = 256;
/// … and, where the output is short, so few that there is work for several threads.
const SMALLEST_TILE: usize = 64;
const FEWEST_TILES: usize = 4;
/// Below this many multiply-adds a product stays on the calling thread.
const SMALL_PRODUCT: usize = 1 << 18;

/// The scalar types that products are offered for: `f32` and `f64`.
pub trait Scalar: Copy + Default + Send + Sync + ComplexField + 'static {
    /// out = a b, or a bᵀ, of shapes that fit.
    #[doc(hidden)]
    fn multiply(out: &mut Matrix<Self>, a: &Matrix<Self>, b: Right<'_, Self>) {
        let right = match b {
            Right::Transposed(b) => view(b).transpose(),
            Right::Plain(b) => view(b),
        };
        out.resize(a.rows(), right.ncols());
        let (rows, cols) = (out.rows(), out.cols());
        tiled(out.as_mut_slice(), (rows, cols), Accum::Replace, view(a), right);
    }
}

impl Scalar for f64 {}
impl Scalar for f32 {
    fn multiply(out: &mut Matrix, a: &Matrix, b: Right<'_>) {
        panels::product(out, Precision::Single, a, b);
    }
}

/// out = a bᵀ.
///
/// # Shapes
/// `a`: n × k, `b`: m × k, `out` becomes n × m.
///
/// # Panics
/// If the inner dimensions differ.
pub fn times_transposed<T: Scalar>(out: &mut Matrix<T>, a: &Matrix<T>, b: &Matrix<T>) {
    assert_eq!(a.cols(), b.cols(), "a bᵀ needs as many columns in a as in b");
    T::multiply(out, a, Right::Transposed(b));
}

/// out = a b.
///
/// # Shapes
/// `a`: n × k, `b`: k × m, `out` becomes n × m.
///
/// # Panics
/// If the inner dimensions differ.
pub fn times<T: Scalar>(out: &mut Matrix<T>, a: &Matrix<T>, b: &Matrix<T>) {
    assert_eq!(a.cols(), b.rows(), "a b needs as many columns in a as rows in b");
    T::multiply(out, a, Right::Plain(b));
}

/// out += aᵀ b: the shape of every weight gradient.
///
/// # Shapes
/// `a`: k × n, `b`: k × m, `out`: n × m.
///
/// # Panics
/// If the shapes do not fit.
pub fn add_transposed_times<T: Scalar>(out: &mut Matrix<T>, a: &Matrix<T>, b: &Matrix<T>) {
    assert_eq!(a.rows(), b.rows(), "aᵀ b needs as many rows in a as in b");
    assert_eq!((out.rows(), out.cols()), (a.cols(), b.cols()), "the sum has the shape of aᵀ b");
    let (rows, cols) = (out.rows(), out.cols());
    tiled(out.as_mut_slice(), (rows, cols), Accum::Add, view(a).transpose(), view(b));
}

fn view<T: Scalar>(a: &Matrix<T>) -> MatRef<'_, T> {
    MatRef::from_row_major_slice(a.as_slice(), a.rows(), a.cols())
}

/// One product on the calling thread.
fn multiply<T: Scalar>(out: MatMut<'_, T>, accumulate: Accum, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>) {
    matmul(out, accumulate, lhs, rhs, faer::traits::math_utils::one(), Par::Seq);
    release_vector_registers();
}

/// Marks the upper parts of the vector registers as unused.
///
/// The kernels of faer leave them in use, and then every scalar floating-point instruction that follows on this
/// thread has to preserve them: on a Sapphire Rapids processor `f64::exp` went from 5 to 300 ns. A function that
/// uses wide vectors ends with the instruction that releases them (`vzeroupper`), so any such function does it.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx"))]
fn release_vector_registers() {
    black_box(black_box([1.0f32; 16]).map(|lane| lane + 1.0));
}

/// Length of the tiles that `length` rows or columns are cut into. It depends on nothing else.
fn tile_length(length: usize) -> usize {
    length.div_ceil(FEWEST_TILES).next_multiple_of(SMALLEST_TILE / 2).clamp(SMALLEST_TILE, LARGEST_TILE)
}

/// Cuts the longer side of the output into tiles and multiplies each on one thread.
fn tiled<T: Scalar>(
    out: &mut [T],
    (rows, cols): (usize, usize),
    accumulate: Accum,
    lhs: MatRef<'_, T>,
    rhs: MatRef<'_, T>,
) {
    let whole = MatMut::from_row_major_slice_mut(out, rows, cols);
    if rows * cols * lhs.ncols() <= SMALL_PRODUCT {
        multiply(whole, accumulate, lhs, rhs);
    } else if rows >= cols {
        let length = tile_length(rows);
        let tiles = whole.row_partition_by(length).zip((0..rows).step_by(length));
        parallel::for_each_piece(tiles, |(tile, first)| {
            let lhs = lhs.subrows(first, tile.nrows());
            multiply(tile, accumulate, lhs, rhs);
        });
    } else {
        let length = tile_length(cols);
        let tiles = whole.column_partition_by(length).zip((0..cols).step_by(length));
        parallel::for_each_piece(tiles, |(tile, first)| {
            let rhs = rhs.subcols(first, tile.ncols());
            multiply(tile, accumulate, lhs, rhs);
        });
    }
}

/// Cuts a matrix into consecutive tiles.
trait Partition<'a, T> {
    fn row_partition_by(self, rows: usize) -> std::vec::IntoIter<MatMut<'a, T>>;
    fn column_partition_by(self, cols: usize) -> std::vec::IntoIter<MatMut<'a, T>>;
}

impl<'a, T: Scalar> Partition<'a, T> for MatMut<'a, T> {
    fn row_partition_by(self, rows: usize) -> std::vec::IntoIter<MatMut<'a, T>> {
        let (mut rest, mut tiles) = (self, Vec::new());
        while rest.nrows() > rows {
            let (tile, below) = rest.split_at_row_mut(rows);
            tiles.push(tile);
            rest = below;
        }
        tiles.push(rest);
        tiles.into_iter()
    }

    fn column_partition_by(self, cols: usize) -> std::vec::IntoIter<MatMut<'a, T>> {
        let (mut rest, mut tiles) = (self, Vec::new());
        while rest.ncols() > cols {
            let (tile, right) = rest.split_at_col_mut(cols);
            tiles.push(tile);
            rest = right;
        }
        tiles.push(rest);
        tiles.into_iter()
    }
}

/// Some neighbouring columns of a row-major matrix, writable.
pub struct Band<'a> {
    first: usize,
    view: MatMut<'a, f32>,
}

impl Band<'_> {
    /// The index of its first column.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.view.ncols()
    }

    /// Its part of row `r`.
    pub fn row_mut(&mut self, r: usize) -> &mut [f32] {
        let row = self.view.rb_mut().row_mut(r).try_as_row_major_mut();
        row.map_or(&mut [], RowMut::as_slice_mut)
    }
}

/// Cuts a matrix into bands of `width` columns; the last may be narrower.
pub fn bands(matrix: &mut Matrix, width: usize) -> impl Iterator<Item = Band<'_>> + Send {
    let (rows, cols) = (matrix.rows(), matrix.cols());
    let mut rest = Some(MatMut::from_row_major_slice_mut(matrix.as_mut_slice(), rows, cols));
    (0..cols).step_by(width.max(1)).map_while(move |first| {
        let whole = rest.take()?;
        let (view, right) = whole.split_at_col_mut(width.min(cols - first));
        rest = Some(right);
        Some(Band { first, view })
    })
}

/// Solves A X = B for a symmetric positive definite A by Cholesky. `None` if A is not positive definite.
///
/// # Shapes
/// `a`: n × n (the lower triangle is read), `b`: n × k; the answer is n × k.
pub fn solve_positive_definite(a: &Matrix<f64>, b: &Matrix<f64>) -> Option<Matrix<f64>> {
    let factor = Llt::new(view(a), Side::Lower).ok()?;
    let solution = factor.solve(view(b));
    release_vector_registers();
    Some(Matrix::from_fn(b.rows(), b.cols(), |r, c| solution[(r, c)]))
}

/// Eigenvalues in ascending order and the matrix of eigenvectors (columns) of a symmetric matrix. `None` if the
/// iteration does not converge (entries that are not finite).
///
/// One thread: the reduction to tridiagonal form would otherwise split its sums by the number of threads.
///
/// # Shapes
/// `a`: n × n (the lower triangle is read).
///
/// # Panics
/// If `a` is not square.
pub fn symmetric_eigen(a: &Matrix<f64>) -> Option<(Vec<f64>, Matrix<f64>)> {
    assert_eq!(a.rows(), a.cols(), "only a square matrix can be symmetric");
    let n = a.rows();
    let (mut values, mut vectors) = (Diag::zeros(n), Mat::zeros(n, n));
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    self_adjoint_evd(view(a), values.as_mut(), Some(vectors.as_mut()), Par::Seq, stack, Spec::default())
        .ok()?;
    release_vector_registers();
    Some(((0..n).map(|i| values[i]).collect(), Matrix::from_fn(n, n, |r, c| vectors[(r, c)])))
}

/// An orthonormal basis of the columns of `a`, with the signs that make the triangular factor's diagonal
/// positive: a Gaussian `a` then gives a Haar-distributed basis.
///
/// One thread, for the same reason as [`symmetric_eigen`].
///
/// # Shapes
/// `a`: n × k with n ≥ k; the answer is n × k.
pub fn orthonormal_columns(a: &Matrix<f64>) -> Matrix<f64> {
    let (n, k) = (a.rows(), a.cols());
    let block = recommended_block_size::<f64>(n, k);
    let mut factored = view(a).to_owned();
    let mut coefficients = Mat::zeros(block, k);
    let scratch = qr_in_place_scratch::<f64>(n, k, block, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut memory);
    qr_in_place(factored.as_mut(), coefficients.as_mut(), Par::Seq, stack, Spec::default());

    let mut basis = Mat::<f64>::identity(n, k);
    let mut memory = MemBuffer::new(apply_reflections_scratch::<f64>(n, block, k));
    let stack = MemStack::new(&mut memory);
    apply_reflections(factored.as_ref(), coefficients.as_ref(), Conj::No, basis.as_mut(), Par::Seq, stack);
    release_vector_registers();
    Matrix::from_fn(n, k, |i, j| if factored[(j, j)] < 0.0 { -basis[(i, j)] } else { basis[(i, j)] })
}

/// Rotates the rows of `a` so that they become lower triangular: a = [l 0] vᵀ with an orthogonal v that is not formed.
/// Where `companion` is given, its rows are rotated alike, companion ← companion v.
///
/// Inner products of rows, of `a` or between the two, do not change. In `a` the entries right of the diagonal are set to
/// zero. The factorisation runs on one thread, for the same reason as [`symmetric_eigen`]; rows of the companion are
/// independent of each other.
///
/// # Shapes
/// `a`: n × k, `companion`: any number of rows, k columns.
///
/// # Panics
/// If the numbers of columns differ.
pub fn rotate_to_lower_triangle<T: Scalar>(a: &mut Matrix<T>, companion: Option<&mut Matrix<T>>) {
    let (n, k) = (a.rows(), a.cols());
    let size = n.min(k);
    if size == 0 {
        return;
    }
    // In column-major order, which is what the factorisation likes, the transposed matrix lies as it is.
    let mut transposed = MatMut::from_column_major_slice_mut(a.as_mut_slice(), k, n);
    let block = recommended_block_size::<T>(k, n).min(size);
    let mut coefficients = Mat::zeros(block, size);
    let params = Spec::default();
    let mut memory = MemBuffer::new(qr_in_place_scratch::<T>(k, n, block, Par::Seq, params));
    qr_in_place(transposed.rb_mut(), coefficients.as_mut(), Par::Seq, MemStack::new(&mut memory), params);
    if let Some(companion) = companion {
        assert_eq!(companion.cols(), k, "both matrices are rotated by the same v");
        let (basis, coefficients) = (transposed.as_ref().subcols(0, size), coefficients.as_ref());
        let length = tile_length(companion.rows());
        parallel::for_each_row_group(companion.as_mut_slice(), k, length, |_, rows| {
            let count = rows.len() / k;
            let rotated = MatMut::from_column_major_slice_mut(rows, k, count);
            let mut memory = MemBuffer::new(apply_reflections_back_scratch::<T>(k, block, count));
            let stack = MemStack::new(&mut memory);
            apply_reflections_back(basis, coefficients, Conj::No, rotated, Par::Seq, stack);
            release_vector_registers();
        });
    }
    release_vector_registers();
    for r in 0..n.min(k) {
        a.row_mut(r)[r + 1..].fill(T::default());
    }
}

/// Σ aᵢ bᵢ in sixteen interleaved partial sums: a fixed order that the compiler can vectorise.
///
/// # Panics
/// If the lengths differ.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + tail
}

/// Σ aᵢ² in double precision, in sixteen interleaved partial sums.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
pub fn squared_norm(a: &[f32]) -> f64 {
    let (blocks, rest) = a.as_chunks::<16>();
    let mut sums = [0.0f64; 16];
    for block in blocks {
        for lane in 0..16 {
            let entry = f64::from(block[lane]);
            sums[lane] += entry * entry;
        }
    }
    let tail = rest.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>();
    sums.iter().sum::<f64>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
        Matrix::from_fn(a.rows(), b.cols(), |r, c| (0..a.cols()).map(|k| a[(r, k)] * b[(k, c)]).sum())
    }

    fn wavy(rows: usize, cols: usize, phase: f64) -> Matrix<f64> {
        Matrix::from_fn(rows, cols, |r, c| ((r * 31 + c * 17) as f64 + phase).sin())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn products_agree_with_the_definition(n in 1usize..600, m in 1usize..70, k in 1usize..40, phase in 0.0..9.0) {
            let (a, b) = (wavy(n, k, phase), wavy(k, m, 1.0 + phase));
            let expected = naive(&a, &b);
            let mut out = Matrix::zeros(0, 0);
            times(&mut out, &a, &b);
            let mut transposed = Matrix::zeros(0, 0);
            times_transposed(&mut transposed, &a, &b.transposed());
            let start = wavy(n, m, 0.0);
            let mut added = start.clone();
            add_transposed_times(&mut added, &a.transposed(), &b);
            for r in 0..n {
                for c in 0..m {
                    prop_assert!((out[(r, c)] - expected[(r, c)]).abs() < 1e-11);
                    prop_assert!((transposed[(r, c)] - expected[(r, c)]).abs() < 1e-11);
                    prop_assert!((added[(r, c)] - start[(r, c)] - expected[(r, c)]).abs() < 1e-11);
                }
            }
        }
    }

    #[test]
    fn a_positive_definite_system_is_solved_and_an_indefinite_one_refused() {
        let root = wavy(6, 6, 0.3);
        let mut a = Matrix::zeros(0, 0);
        times_transposed(&mut a, &root, &root);
        (0..6).for_each(|i| a[(i, i)] += 1.0);
        let b = wavy(6, 2, 2.0);
        let x = solve_positive_definite(&a, &b).unwrap();
        let back = naive(&a, &x);
        assert!(back.as_slice().iter().zip(b.as_slice()).all(|(p, q)| (p - q).abs() < 1e-10));
        a[(3, 3)] = -50.0;
        assert!(solve_positive_definite(&a, &b).is_none());
    }

    /// Best of ten times for a thousand exponentials.
    fn time_of_exponentials() -> std::time::Duration {
        let arguments: Vec<f64> = (0..1000).map(|i| black_box(f64::from(i) * 1e-3)).collect();
        let once = |_| {
            let start = std::time::Instant::now();
            black_box(arguments.iter().map(|x| x.exp()).sum::<f64>());
            start.elapsed()
        };
        (0..10).map(once).min().unwrap()
    }

    /// On processors where it matters at all the factor is 60.
    #[test]
    fn scalar_functions_stay_fast_after_products_and_factorisations() {
        let a = wavy(40, 40, 0.2);
        let mut gram = Matrix::zeros(0, 0);
        let before = time_of_exponentials();
        times_transposed(&mut gram, &a, &a);
        assert!(time_of_exponentials() < 10 * before, "after a product");
        (0..40).for_each(|i| gram[(i, i)] += 1.0);
        symmetric_eigen(&gram).unwrap();
        assert!(time_of_exponentials() < 10 * before, "after an eigendecomposition");
        solve_positive_definite(&gram, &a).unwrap();
        assert!(time_of_exponentials() < 10 * before, "after a Cholesky solution");
        orthonormal_columns(&a);
        assert!(time_of_exponentials() < 10 * before, "after a QR decomposition");
    }

    /// Large enough that faer would split the factorisations among threads.
    #[cfg(feature = "parallel")]
    #[test]
    fn factorisations_have_the_same_bits_on_one_thread_and_two() {
        let a = wavy(500, 500, 0.4).map(|entry| entry + (57.0 * entry).sin());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut gram = Matrix::zeros(0, 0);
                times_transposed(&mut gram, &a, &a);
                (0..500).for_each(|i| gram[(i, i)] += 1.0);
                let solution = solve_positive_definite(&gram, &a).unwrap();
                (symmetric_eigen(&gram).unwrap(), solution, orthonormal_columns(&a))
            })
        };
        let (one, two) = (on(1), on(2));
        assert!(one.0 == two.0, "eigenvectors");
        assert!(one.1 == two.1, "Cholesky solution");
        assert!(one.2 == two.2, "QR decomposition");
    }

    #[test]
    fn a_rotation_to_lower_triangle_keeps_inner_products() {
        for (n, k) in [(7, 7), (5, 12), (12, 5), (70, 140), (1, 3)] {
            let (a, b) = (wavy(n, k, 0.4).map(|v| v + (31.0 * v).sin()), wavy(4, k, 2.0));
            let (mut rotated, mut companion) = (a.clone(), b.clone());
            rotate_to_lower_triangle(&mut rotated, Some(&mut companion));
            for r in 0..n {
                assert!(rotated.row(r).iter().skip(r + 1).all(|&entry| entry == 0.0));
            }
            for (x, y, u, v) in [(&a, &a, &rotated, &rotated), (&a, &b, &rotated, &companion)] {
                let (before, after) = (naive(x, &y.transposed()), naive(u, &v.transposed()));
                let close =
                    before.as_slice().iter().zip(after.as_slice()).all(|(p, q)| (p - q).abs() < 1e-10);
                assert!(close, "{n} × {k}");
            }
        }
    }

    #[test]
    fn orthonormal_columns_span_the_same_space() {
        let a = wavy(40, 5, 0.1);
        let q = orthonormal_columns(&a);
        let gram = naive(&q.transposed(), &q);
        for r in 0..5 {
            for c in 0..5 {
                assert!((gram[(r, c)] - f64::from(u8::from(r == c))).abs() < 1e-12);
            }
        }
        // Q Qᵀ a = a
        let back = naive(&q, &naive(&q.transposed(), &a));
        assert!(back.as_slice().iter().zip(a.as_slice()).all(|(p, q)| (p - q).abs() < 1e-9));
    }
}
