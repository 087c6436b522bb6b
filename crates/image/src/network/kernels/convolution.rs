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
/// Pictures of a piece where no sum runs over them.
const PICTURES: usize = 4;

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
    dy_columns: Vec<ColumnBlock>,
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
    let output = to * geometry.places();
    let mut y = vec![0.0; x.len() / picture * output];
    let pieces = x.chunks(PICTURES * picture).zip(y.chunks_mut(PICTURES * output));
    for_each_piece(pieces, |(x, y)| {
        with_scratch(|scratch| {
            // The borders stay zero from picture to picture.
            refill(&mut scratch.frame, frame.entries(), 0.0);
            refill(&mut scratch.columns, taps.div_ceil(Line::LEN), NO_COLUMNS);
            for (x, y) in x.chunks(picture).zip(y.chunks_mut(output)) {
                forward_picture(&frame, &weight, x, y, scratch);
            }
        });
    });
    y
}

fn forward_picture(frame: &Frame, weight: &[Panel], x: &[f32], y: &mut [f32], scratch: &mut Scratch) {
    let Scratch { frame: framed, columns, tiles, .. } = scratch;
    frame.fill(framed, x);
    let blocks = columns.len();
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
    for (slot, line) in (first_line..frame.lines()).take(2).enumerate() {
        frame.gather(framed, [0, line], columns.as_flattened_mut(), slot);
    }
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

/// The gradients of a loss whose gradient by y is `dy`.
pub fn backward(geometry: Geometry, x: &[f32], weight: &[f32], dy: &[f32], by_pictures: bool) -> Gradients {
    let (frame, taps, to) = (Frame::new(geometry), geometry.taps(), geometry.channels[1]);
    let transposed = panels(taps, to, |r, c| weight[c * taps + frame.order()[r]]);
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
            // The borders stay zero from picture to picture.
            refill(&mut scratch.frame, frame.entries(), 0.0);
            refill(&mut scratch.panels, to.div_ceil(ROWS) * frame.lines(), NO_ROWS);
            refill(&mut scratch.dy_columns, to.div_ceil(Line::LEN), NO_COLUMNS);
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
    frame.fill(framed, x);
    for (rows, panel) in dy.chunks(ROWS * places).zip(panels.chunks_mut(lines)) {
        for (r, row) in rows.chunks(places).enumerate() {
            let (whole, rest) = row.as_chunks();
            whole.iter().zip(&mut *panel).for_each(|(values, line)| line[r].0 = *values);
            if !rest.is_empty() {
                panel[whole.len()][r].0[..rest.len()].copy_from_slice(rest);
            }
        }
    }
    let panel_count = panels.len() / lines;
    for (group, sums) in sums.chunks_mut(panel_count).enumerate() {
        for start in (0..lines).step_by(BLOCKS_PER_SUM) {
            // All are written.
            columns.resize(BLOCKS_PER_SUM.min(lines - start), NO_COLUMNS);
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
    for half in 0..2 {
        let mut rows = [[Line::ZERO]; Line::LEN];
        frame.gather(framed, [first_tap + half * Line::LEN, line], &mut rows, 0);
        transpose(block, half, &std::array::from_fn(|l| &rows[l][0].0));
    }
}

/// ∂x of one picture.
fn by_picture(frame: &Frame, transposed: &[Panel], dy: &[f32], dx: &mut [f32], scratch: &mut Scratch) {
    let Scratch { gradient, dy_columns: columns, .. } = scratch;
    let (places, blocks) = (frame.geometry().places(), columns.len());
    refill(gradient, frame.entries(), 0.0);
    for first_line in (0..frame.lines()).step_by(2) {
        copy_columns(dy, places, first_line * Line::LEN, columns);
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

/// 32 places of every channel from the first on; lanes behind the last place are of no account.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn copy_columns(dy: &[f32], places: usize, first: usize, columns: &mut [ColumnBlock]) {
    let rows = || dy.chunks(places).map(|row| &row[first..]);
    let pairs = columns.as_flattened_mut();
    if places - first >= LANES {
        for (row, pair) in rows().zip(pairs) {
            for (values, line) in row.as_chunks().0.iter().zip(pair) {
                line.0 = *values;
            }
        }
    } else {
        for (row, pair) in rows().zip(pairs) {
            for (values, line) in row.chunks(Line::LEN).zip(pair) {
                line.0[..values.len()].copy_from_slice(values);
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn scatter_tile(frame: &Frame, tile: &Tile, first_tap: usize, first_line: usize, gradient: &mut [f32]) {
    for (slot, line) in (first_line..frame.lines()).take(2).enumerate() {
        frame.scatter(gradient, [first_tap, line], &tile.0, slot * Line::LEN);
    }
}
