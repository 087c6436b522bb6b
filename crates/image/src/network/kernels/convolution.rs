//! Convolution of many pictures, forward and backward, as products of small matrices that stay in the cache.
//!
//! With the patches of one picture as the columns of a matrix P (weights of a filter × places),
//! ```text
//! y = W P        ∂W = Σ_pictures ∂y Pᵀ        ∂P = Wᵀ ∂y, added up where patches overlap
//! ```
//! P exists a few lines at a time, in the layout that the [kernels](featurescope_sim::math::kernel) read, so nothing is
//! transposed or packed in memory and y lies where the next layer reads it. Pictures are cut into pieces by their number
//! alone, and pieces are summed in their order: same bits on any number of threads.

use super::geometry::{Frame, Geometry};
use featurescope_sim::math::kernel::{
    ColumnBlock, LANES, Line, Precision, ROWS, Tile, add_rows_times_columns, transpose,
};
use featurescope_sim::math::parallel::for_each_piece;
use multiversion::multiversion;
use std::cell::Cell;

/// Blocks of sixteen that a tile sums at a time: 14 rows of 512 entries stay in the first-level cache.
const BLOCKS_PER_SUM: usize = 32;
/// Pieces that the pictures are cut into where a sum runs over them.
const PIECES: usize = 32;

/// ROWS rows side by side, sixteen columns at a time.
type Panel = [Line; ROWS];
const NO_ROWS: Panel = [Line::ZERO; ROWS];
const NO_COLUMNS: ColumnBlock = [[Line::ZERO; 2]; Line::LEN];

/// Buffers of a thread.
#[derive(Default)]
struct Scratch {
    frame: Vec<f32>,
    gradient: Vec<f32>,
    columns: Vec<ColumnBlock>,
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
fn panels(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f32) -> Vec<Panel> {
    let blocks = columns.div_ceil(Line::LEN);
    let mut panels = vec![NO_ROWS; rows.div_ceil(ROWS) * blocks];
    for r in 0..rows {
        for c in 0..columns {
            panels[r / ROWS * blocks + c / Line::LEN][r % ROWS].0[c % Line::LEN] = entry(r, c);
        }
    }
    panels
}

/// y (n × to × h' × w') of x (n × from × h × w) and the filters (to × from × kh × kw).
pub fn forward(geometry: Geometry, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let (frame, taps, to) = (Frame::new(geometry), geometry.taps(), geometry.channels[1]);
    let weight = panels(to, taps, |r, c| weight[r * taps + c]);
    let picture = geometry.picture();
    let mut y = vec![0.0; x.len() / picture * to * geometry.places()];
    let pictures = x.chunks(picture).zip(y.chunks_mut(to * geometry.places()));
    for_each_piece(pictures, |(x, y)| with_scratch(|scratch| forward_picture(&frame, &weight, x, y, scratch)));
    y
}

fn forward_picture(frame: &Frame, weight: &[Panel], x: &[f32], y: &mut [f32], scratch: &mut Scratch) {
    let Scratch { frame: framed, columns, tiles, .. } = scratch;
    refill(framed, frame.len(), 0.0);
    frame.fill(framed, x);
    let blocks = frame.geometry().taps().div_ceil(Line::LEN);
    refill(columns, blocks, NO_COLUMNS);
    for first_line in (0..frame.lines()).step_by(2) {
        gather_columns(frame, framed, first_line, columns);
        refill(tiles, weight.len() / blocks, Tile::ZERO);
        for (start, columns) in (0..).step_by(BLOCKS_PER_SUM).zip(columns.chunks(BLOCKS_PER_SUM)) {
            for (tile, panel) in tiles.iter_mut().zip(weight.chunks(blocks)) {
                add_rows_times_columns(tile, Precision::Single, &panel[start..][..columns.len()], columns);
            }
        }
        for (tile, rows) in tiles.iter().zip(y.chunks_mut(ROWS * frame.geometry().places())) {
            write_tile(tile, rows, frame.geometry().places(), first_line * Line::LEN);
        }
    }
}

/// Two lines of places of all patches.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn gather_columns(frame: &Frame, framed: &[f32], first_line: usize, columns: &mut [ColumnBlock]) {
    for (tap, pair) in columns.as_flattened_mut()[..frame.geometry().taps()].iter_mut().enumerate() {
        for (line, to) in (first_line..frame.lines()).zip(pair) {
            frame.gather(framed, tap, line, to);
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn write_tile(tile: &Tile, rows: &mut [f32], width: usize, first: usize) {
    for (row, sums) in rows.chunks_mut(width).zip(&tile.0) {
        let row = &mut row[first..];
        match row.first_chunk_mut() {
            Some(whole) => *whole = *sums,
            None => row.copy_from_slice(&sums[..row.len()]),
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

/// The gradients of a loss whose gradient by y is `dy`.
pub fn backward(geometry: Geometry, x: &[f32], weight: &[f32], dy: &[f32], by_pictures: bool) -> Gradients {
    let (frame, taps, to) = (Frame::new(geometry), geometry.taps(), geometry.channels[1]);
    let transposed = panels(taps, to, |r, c| weight[c * taps + r]);
    let (picture, output) = (geometry.picture(), to * geometry.places());
    let per_piece = (x.len() / picture).div_ceil(PIECES).max(1);
    let tiles = to.div_ceil(ROWS) * taps.div_ceil(LANES);
    let mut sums = vec![Tile::ZERO; x.len().div_ceil(per_piece * picture) * tiles];
    let mut dx = vec![0.0; if by_pictures { x.len() } else { 0 }];
    let mut dx_pieces = dx.chunks_mut(per_piece * picture);
    let pieces = x.chunks(per_piece * picture).zip(dy.chunks(per_piece * output)).zip(sums.chunks_mut(tiles));
    let pieces = pieces.map(|(both, sums)| (both, sums, dx_pieces.next().unwrap_or_default()));
    for_each_piece(pieces, |((x, dy), sums, dx)| {
        with_scratch(|scratch| {
            let mut dx = dx.chunks_mut(picture);
            for (x, dy) in x.chunks(picture).zip(dy.chunks(output)) {
                add_by_weight(&frame, x, dy, sums, scratch);
                if let Some(dx) = dx.next() {
                    by_picture(&frame, &transposed, dy, dx, scratch);
                }
            }
        });
    });
    Gradients { pictures: by_pictures.then_some(dx), weight: sum_of_pieces(&sums, tiles, to, taps) }
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
fn add_by_weight(frame: &Frame, x: &[f32], dy: &[f32], sums: &mut [Tile], scratch: &mut Scratch) {
    let Scratch { frame: framed, columns, panels, .. } = scratch;
    let (places, lines) = (frame.geometry().places(), frame.lines());
    refill(framed, frame.len(), 0.0);
    frame.fill(framed, x);
    refill(panels, dy.len().div_ceil(ROWS * places) * lines, NO_ROWS);
    for (rows, panel) in dy.chunks(ROWS * places).zip(panels.chunks_mut(lines)) {
        for (r, row) in rows.chunks(places).enumerate() {
            for (values, line) in row.chunks(Line::LEN).zip(&mut *panel) {
                line[r].0[..values.len()].copy_from_slice(values);
            }
        }
    }
    let panel_count = panels.len() / lines;
    for (group, sums) in sums.chunks_mut(panel_count).enumerate() {
        for start in (0..lines).step_by(BLOCKS_PER_SUM) {
            refill(columns, BLOCKS_PER_SUM.min(lines - start), NO_COLUMNS);
            for (line, block) in (start..).zip(&mut *columns) {
                gather_transposed(frame, framed, group * LANES, line, block);
            }
            for (tile, panel) in sums.iter_mut().zip(panels.chunks(lines)) {
                add_rows_times_columns(tile, Precision::Single, &panel[start..][..columns.len()], columns);
            }
        }
    }
}

/// A line of places of 32 weights, a place to a row.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn gather_transposed(frame: &Frame, framed: &[f32], first_tap: usize, line: usize, block: &mut ColumnBlock) {
    let taps = frame.geometry().taps();
    for half in 0..2 {
        let mut rows = [Line::ZERO; Line::LEN];
        for (tap, row) in (first_tap + half * Line::LEN..taps).zip(&mut rows) {
            frame.gather(framed, tap, line, row);
        }
        transpose(block, half, &std::array::from_fn(|l| &rows[l].0));
    }
}

/// ∂x of one picture.
fn by_picture(frame: &Frame, transposed: &[Panel], dy: &[f32], dx: &mut [f32], scratch: &mut Scratch) {
    let Scratch { gradient, columns, .. } = scratch;
    let places = frame.geometry().places();
    let blocks = frame.geometry().channels[1].div_ceil(Line::LEN);
    refill(gradient, frame.len(), 0.0);
    for first_line in (0..frame.lines()).step_by(2) {
        refill(columns, blocks, NO_COLUMNS);
        for (row, pair) in dy.chunks(places).zip(columns.as_flattened_mut()) {
            let row = &row[first_line * Line::LEN..];
            for (values, line) in row.chunks(Line::LEN).zip(pair) {
                line.0[..values.len()].copy_from_slice(values);
            }
        }
        for (q, panel) in transposed.chunks(blocks).enumerate() {
            let mut tile = Tile::ZERO;
            for (rows, columns) in panel.chunks(BLOCKS_PER_SUM).zip(columns.chunks(BLOCKS_PER_SUM)) {
                add_rows_times_columns(&mut tile, Precision::Single, rows, columns);
            }
            scatter_tile(frame, &tile, q * ROWS, first_line, gradient);
        }
    }
    frame.read(gradient, dx);
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn scatter_tile(frame: &Frame, tile: &Tile, first_tap: usize, first_line: usize, gradient: &mut [f32]) {
    for (tap, row) in (first_tap..frame.geometry().taps()).zip(&tile.0) {
        for (line, lanes) in (first_line..frame.lines()).zip(row.chunks(Line::LEN)) {
            frame.scatter(gradient, tap, line, lanes);
        }
    }
}
