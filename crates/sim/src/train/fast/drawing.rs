//! Draws the samples of a step into panels: every row on its own, by whichever thread comes to it.

use crate::data::DataModel;
use crate::math::kernel::ROWS;
use crate::math::panels::Panels;
use crate::math::{Stream, parallel};
use std::cell::Cell;

thread_local! {
    /// x, x⁺⁺ and z of one sample. Taken out while in use.
    static ROW: Cell<[Vec<f32>; 3]> = const { Cell::new([Vec::new(), Vec::new(), Vec::new()]) };
}

/// Lends buffers for one sample: two of length d1 and one of length d.
pub(super) fn with_row(data: &dyn DataModel, work: impl FnOnce(&mut [f32], &mut [f32], &mut [f32])) {
    let [mut x, mut y, mut z] = ROW.take();
    x.resize(data.ambient_dim(), 0.0);
    y.resize(data.ambient_dim(), 0.0);
    z.resize(data.latent_dim(), 0.0);
    work(&mut x, &mut y, &mut z);
    ROW.set([x, y, z]);
}

/// Draws every row from `stream`, changed by `view(row, x, z)`.
pub(super) fn draw_panels(
    panels: &mut Panels,
    data: &dyn DataModel,
    stream: &Stream,
    view: impl Fn(u32, &mut [f32], &[f32]) + Sync + Send,
) {
    let rows = panels.rows();
    parallel::for_each_piece(panels.panels_mut(), |mut panel| {
        with_row(data, |x, _, z| {
            for r in 0..ROWS.min(rows - panel.first_row) {
                let row = (panel.first_row + r) as u32;
                data.draw(stream, row, x, z);
                view(row, x, z);
                panel.set_row(r, x);
            }
        });
    });
}
