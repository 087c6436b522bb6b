//! Convolution of many pictures, forward and backward, as products of small matrices that stay in the cache.
//!
//! With the patches of one picture as the columns of a matrix P (weights of a filter × places),
//! ```text
//! y = W P        ∂W = Σ_pictures ∂y Pᵀ        ∂P = Wᵀ ∂y, added up where patches overlap
//! ```
//! P exists a few lines at a time, in the layout that the [kernels](featurescope_sim::math::kernel) read, so nothing is
//! transposed or packed in memory and y lies where the next layer reads it. Pictures are cut into pieces by their number
//! alone, and pieces are summed in their order: same bits on any number of threads.

use super::entry::Entry;
use super::geometry::{Frame, Geometry};
use featurescope_sim::math::fresh::{Fresh, FreshPiece};
use featurescope_sim::math::kernel::{
    ColumnBlock, LANES, Line, ROWS, Tile, add_rows_times_columns, transpose,
};
use featurescope_sim::math::parallel::for_each_piece;
use multiversion::multiversion;
use std::cell::Cell;

/// Blocks of sixteen that a tile sums at a time: 14 rows of 512 entries stay in the first-level cache.
const BLOCKS_PER_SUM: usize = 32;
/// Pieces that the pictures are cut into where a sum runs over them.
const PIECES: usize = 32;
/// Pictures of a piece where no sum runs over them.
const PICTURES: usize = 4;

/// ROWS rows side by side, sixteen columns at a time.
type Panel = [Line; ROWS];
const NO_ROWS: Panel = [Line::ZERO; ROWS];
const NO_COLUMNS: ColumnBlock = [[Line::ZERO; 2]; Line::LEN];

/// Buffers of a thread.
#[derive(Default)]
struct Scratch {
    frame: Vec<Line>,
    gradient: Vec<f32>,
    columns: Vec<ColumnBlock>,
    rows: Vec<ColumnBlock>,
    dy_columns: Vec<ColumnBlock>,
    dy_rows: Vec<ColumnBlock>,
    panels: Vec<Panel>,
    tiles: Vec<Tile>,
}

thread_local! {
    // Taken out while in use: a thread that waits inside may start another piece.
    static SCRATCH: Cell<Scratch> = Cell::default();
}

fn with_scratch(work: impl FnOnce(&mut Scratch)) {
    let mut scratch = SCRATCH.take();
    work(&mut scratch);
    SCRATCH.set(scratch);
}

/// Keeps the allocation.
fn refill<T: Clone>(buffer: &mut Vec<T>, length: usize, zero: T) {
    buffer.clear();
    buffer.resize(length, zero);
}

/// A matrix in panels: block b of panel q at q · blocks + b.
fn panels<E: Entry>(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f32) -> Vec<Panel> {
    let blocks = columns.div_ceil(E::PER_LINE);
    let mut panels = vec![NO_ROWS; rows.div_ceil(ROWS) * blocks];
    for r in 0..rows {
        for c in 0..columns {
            let line = &mut panels[r / ROWS * blocks + c / E::PER_LINE][r % ROWS];
            entries::<E>(line)[c % E::PER_LINE] = E::round(entry(r, c));
        }
    }
    panels
}

/// The entries of a line.
#[inline(always)]
fn entries<E: Entry>(line: &mut Line) -> &mut [E] {
    bytemuck::cast_slice_mut(std::slice::from_mut(line))
}

/// Lines of a picture's frame.
fn frame_lines<E: Entry>(frame: &Frame) -> usize {
    frame.entries().div_ceil(E::PER_LINE)
}

/// y (n × to × h' × w') of x (n × from × h × w) and the filters (to × from × kh × kw), both rounded to `E`.
pub fn forward<E: Entry>(geometry: Geometry, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let (frame, taps, to) = (Frame::new(geometry), geometry.taps(), geometry.channels[1]);
    let weight = panels::<E>(to, taps, |r, c| weight[r * taps + c]);
    let picture = geometry.picture();
    let output = to * geometry.places();
    let mut y = Fresh::new(x.len() / picture * output);
    let pieces = x.chunks(PICTURES * picture).zip(y.pieces(PICTURES * output));
    for_each_piece(pieces, |(x, y)| {
        let y = y.zeros();
        with_scratch(|scratch| {
            // The borders stay zero from picture to picture.
            refill(&mut scratch.frame, frame_lines::<E>(&frame), Line::ZERO);
            refill(&mut scratch.columns, taps.div_ceil(E::PER_LINE), NO_COLUMNS);
            refill(&mut scratch.rows, taps.div_ceil(E::PER_LINE), NO_COLUMNS);
            for (x, y) in x.chunks(picture).zip(y.chunks_mut(output)) {
                forward_picture::<E>(&frame, &weight, x, y, scratch);
            }
        });
    });
    y.into_vec()
}

fn forward_picture<E: Entry>(
    frame: &Frame,
    weight: &[Panel],
    x: &[f32],
    y: &mut [f32],
    scratch: &mut Scratch,
) {
    let Scratch { frame: framed, columns, rows, tiles, .. } = scratch;
    let framed = bytemuck::cast_slice_mut(framed);
    fill::<E>(frame, framed, x);
    let blocks = columns.len();
    for first_line in (0..frame.lines()).step_by(2) {
        gather_columns::<E>(frame, framed, first_line, columns, rows);
        refill(tiles, weight.len() / blocks, Tile::ZERO);
        for (start, columns) in (0..).step_by(BLOCKS_PER_SUM).zip(columns.chunks(BLOCKS_PER_SUM)) {
            for (tile, panel) in tiles.iter_mut().zip(weight.chunks(blocks)) {
                add_rows_times_columns(tile, E::PRECISION, &panel[start..][..columns.len()], columns);
            }
        }
        for (tile, rows) in tiles.iter().zip(y.chunks_mut(ROWS * frame.geometry().places())) {
            write_tile(tile, rows, frame.geometry().places(), first_line * Line::LEN);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn fill<E: Entry>(frame: &Frame, framed: &mut [E], x: &[f32]) {
    frame.fill(framed, x, E::round);
}

/// Two lines of places of all patches.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn gather_columns<E: Entry>(
    frame: &Frame,
    framed: &[E],
    first_line: usize,
    columns: &mut [ColumnBlock],
    rows: &mut [ColumnBlock],
) {
    E::pack(columns, rows, |rows| {
        for (slot, line) in (first_line..frame.lines()).take(2).enumerate() {
            frame.gather(framed, [0, line], rows, [LANES, slot * Line::LEN]);
        }
    });
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn write_tile(tile: &Tile, rows: &mut [f32], width: usize, first: usize) {
    let lanes = LANES.min(width - first);
    if lanes == LANES {
        for (row, sums) in rows.chunks_mut(width).zip(&tile.0) {
            if let Some(whole) = row[first..].first_chunk_mut() {
                *whole = *sums;
            }
        }
    } else {
        for (row, sums) in rows.chunks_mut(width).zip(&tile.0) {
            row[first..].copy_from_slice(&sums[..lanes]);
        }
    }
}

/// What is derived by what.
pub struct Gradients {
    /// By the pictures, if it is wanted.
    pub pictures: Option<Vec<f32>>,
    /// By the filters.
    pub weight: Vec<f32>,
}

/// The gradients of a loss whose gradient by y is `dy`; all factors of products are rounded to `E`.
pub fn backward<E: Entry>(
    geometry: Geometry,
    x: &[f32],
    weight: &[f32],
    dy: &[f32],
    by_pictures: bool,
) -> Gradients {
    let (frame, taps, to) = (Frame::new(geometry), geometry.taps(), geometry.channels[1]);
    let transposed = panels::<E>(taps, to, |r, c| weight[c * taps + frame.order()[r]]);
    let (picture, output) = (geometry.picture(), to * geometry.places());
    let per_piece = (x.len() / picture).div_ceil(PIECES).max(1);
    let tiles = to.div_ceil(ROWS) * taps.div_ceil(LANES);
    let mut sums = vec![Tile::ZERO; x.len().div_ceil(per_piece * picture) * tiles];
    let mut dx = Fresh::new(if by_pictures { x.len() } else { 0 });
    let mut dx_pieces = dx.pieces(per_piece * picture);
    let pieces = x.chunks(per_piece * picture).zip(dy.chunks(per_piece * output)).zip(sums.chunks_mut(tiles));
    let pieces = pieces.map(|(both, sums)| (both, sums, dx_pieces.next()));
    for_each_piece(pieces, |((x, dy), sums, dx)| {
        with_scratch(|scratch| {
            let mut dx = dx.map(FreshPiece::zeros).unwrap_or_default().chunks_mut(picture);
            // The borders stay zero from picture to picture.
            refill(&mut scratch.frame, frame_lines::<E>(&frame), Line::ZERO);
            refill(&mut scratch.panels, to.div_ceil(ROWS) * geometry.places().div_ceil(E::PER_LINE), NO_ROWS);
            refill(&mut scratch.dy_columns, to.div_ceil(E::PER_LINE), NO_COLUMNS);
            refill(&mut scratch.dy_rows, to.div_ceil(E::PER_LINE), NO_COLUMNS);
            for (x, dy) in x.chunks(picture).zip(dy.chunks(output)) {
                add_by_weight::<E>(&frame, x, dy, sums, scratch);
                if let Some(dx) = dx.next() {
                    by_picture::<E>(&frame, &transposed, dy, dx, scratch);
                }
            }
        });
    });
    drop(dx_pieces);
    Gradients { pictures: by_pictures.then(|| dx.into_vec()), weight: sum_of_pieces(&sums, tiles, to, taps) }
}

/// Tiles of every piece: tile (group of columns) · panels + panel.
fn sum_of_pieces(sums: &[Tile], tiles: usize, to: usize, taps: usize) -> Vec<f32> {
    let mut weight = vec![0.0; to * taps];
    let panels = to.div_ceil(ROWS);
    for piece in sums.chunks(tiles) {
        for (row, entries) in weight.chunks_mut(taps).enumerate() {
            for (group, entries) in entries.chunks_mut(LANES).enumerate() {
                let tile = &piece[group * panels + row / ROWS];
                entries.iter_mut().zip(&tile.0[row % ROWS]).for_each(|(entry, sum)| *entry += sum);
            }
        }
    }
    weight
}

/// sums += ∂y Pᵀ.
fn add_by_weight<E: Entry>(frame: &Frame, x: &[f32], dy: &[f32], sums: &mut [Tile], scratch: &mut Scratch) {
    let Scratch { frame: framed, columns, panels, .. } = scratch;
    let framed = bytemuck::cast_slice_mut(framed);
    let places = frame.geometry().places();
    let lines = places.div_ceil(E::PER_LINE);
    fill::<E>(frame, framed, x);
    for (rows, panel) in dy.chunks(ROWS * places).zip(panels.chunks_mut(lines)) {
        copy_rows::<E>(rows, places, panel);
    }
    let panel_count = panels.len() / lines;
    for (group, sums) in sums.chunks_mut(panel_count).enumerate() {
        for start in (0..lines).step_by(BLOCKS_PER_SUM) {
            // All are written.
            columns.resize(BLOCKS_PER_SUM.min(lines - start), NO_COLUMNS);
            for (line, block) in (start..).zip(&mut *columns) {
                gather_transposed::<E>(frame, framed, group * LANES, line, block);
            }
            for (tile, panel) in sums.iter_mut().zip(panels.chunks(lines)) {
                add_rows_times_columns(tile, E::PRECISION, &panel[start..][..columns.len()], columns);
            }
        }
    }
}

/// Rows of `places` values into a panel; what lies behind them keeps its value.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn copy_rows<E: Entry>(rows: &[f32], places: usize, panel: &mut [Panel]) {
    for (r, row) in rows.chunks(places).enumerate() {
        for (values, lines) in row.chunks(E::PER_LINE).zip(&mut *panel) {
            round_each::<E>(values, entries(&mut lines[r]));
        }
    }
}

#[inline(always)]
fn round_each<E: Entry>(values: &[f32], to: &mut [E]) {
    if values.len() == to.len() {
        // A length that is known when this is compiled.
        let (values, to) = (&values[..E::PER_LINE], &mut to[..E::PER_LINE]);
        to.iter_mut().zip(values).for_each(|(to, &value)| *to = E::round(value));
    } else {
        to.iter_mut().zip(values).for_each(|(to, &value)| *to = E::round(value));
    }
}

/// A line's worth of places of 32 weights, a place to a row.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn gather_transposed<E: Entry>(
    frame: &Frame,
    framed: &[E],
    first_tap: usize,
    line: usize,
    block: &mut ColumnBlock,
) {
    let slots = E::PER_LINE / Line::LEN;
    for half in 0..2 {
        let mut rows = [Line::ZERO; Line::LEN];
        let first_tap = first_tap + half * Line::LEN;
        for (slot, line) in (line * slots..frame.lines()).take(slots).enumerate() {
            let to = bytemuck::cast_slice_mut(&mut rows);
            frame.gather(framed, [first_tap, line], to, [E::PER_LINE, slot * Line::LEN]);
        }
        transpose(block, half, &std::array::from_fn(|l| &rows[l].0));
    }
}

/// ∂x of one picture.
fn by_picture<E: Entry>(
    frame: &Frame,
    transposed: &[Panel],
    dy: &[f32],
    dx: &mut [f32],
    scratch: &mut Scratch,
) {
    let Scratch { gradient, dy_columns: columns, dy_rows: rows, .. } = scratch;
    let (places, blocks) = (frame.geometry().places(), columns.len());
    refill(gradient, frame.entries(), 0.0);
    for first_line in (0..frame.lines()).step_by(2) {
        copy_columns::<E>(dy, places, first_line * Line::LEN, columns, rows);
        for (q, panel) in transposed.chunks(blocks).enumerate() {
            let mut tile = Tile::ZERO;
            for (rows, columns) in panel.chunks(BLOCKS_PER_SUM).zip(columns.chunks(BLOCKS_PER_SUM)) {
                add_rows_times_columns(&mut tile, E::PRECISION, rows, columns);
            }
            scatter_tile(frame, &tile, q * ROWS, first_line, gradient);
        }
    }
    frame.read(gradient, dx);
}

/// 32 places of every channel from the first on; lanes behind the last place are of no account.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn copy_columns<E: Entry>(
    dy: &[f32],
    places: usize,
    first: usize,
    columns: &mut [ColumnBlock],
    rows: &mut [ColumnBlock],
) {
    E::pack(columns, rows, |rows| {
        for (row, to) in dy.chunks(places).zip(rows.as_chunks_mut::<LANES>().0) {
            if let Some(values) = row[first..].first_chunk::<LANES>() {
                to.iter_mut().zip(values).for_each(|(to, &value)| *to = E::round(value));
            } else {
                to.iter_mut().zip(&row[first..]).for_each(|(to, &value)| *to = E::round(value));
            }
        }
    });
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn scatter_tile(frame: &Frame, tile: &Tile, first_tap: usize, first_line: usize, gradient: &mut [f32]) {
    for (slot, line) in (first_line..frame.lines()).take(2).enumerate() {
        frame.scatter(gradient, [first_tap, line], &tile.0, slot * Line::LEN);
    }
}
