//! Plane shapes as signed distances: negative inside, positive outside, in units of the shape's radius.
//!
//! Exact distances on straight edges and circles; beyond corners some are shorter than the distance (a maximum of
//! half-planes), which rounds nothing off, since only the zero set and a pixel around it are drawn.

use std::f32::consts::PI;

/// The signed distance at (x, y).
pub type Shape = fn(f32, f32) -> f32;

/// The name of each class with its shape, upright around the origin.
pub const SHAPES: [(&str, Shape); 10] = [
    ("disc", disc),
    ("ring", ring),
    ("square", square),
    ("triangle", triangle),
    ("cross", cross),
    ("bars", bars),
    ("star", star),
    ("crescent", crescent),
    ("frame", frame),
    ("chevron", chevron),
];

fn disc(x: f32, y: f32) -> f32 {
    x.hypot(y) - 0.85
}

fn ring(x: f32, y: f32) -> f32 {
    (x.hypot(y) - 0.72).abs() - 0.2
}

fn rectangle(x: f32, y: f32, half_width: f32, half_height: f32) -> f32 {
    (x.abs() - half_width).max(y.abs() - half_height)
}

fn square(x: f32, y: f32) -> f32 {
    rectangle(x, y, 0.75, 0.75)
}

fn frame(x: f32, y: f32) -> f32 {
    (rectangle(x, y, 0.62, 0.62)).abs() - 0.18
}

/// Equilateral, with the apex at the top.
fn triangle(x: f32, y: f32) -> f32 {
    let slope = (0.75_f32.sqrt() * x.abs() - 0.5 * y) - 0.47;
    slope.max(y - 0.47)
}

fn cross(x: f32, y: f32) -> f32 {
    rectangle(x, y, 0.95, 0.28).min(rectangle(x, y, 0.28, 0.95))
}

/// Three bars of one third of the period each.
fn bars(x: f32, y: f32) -> f32 {
    let nearest = (x / 0.62).round().clamp(-1.0, 1.0) * 0.62;
    rectangle(x - nearest, y, 0.19, 0.82)
}

/// Five points, inner radius 0.42.
fn star(x: f32, y: f32) -> f32 {
    const INNER: f32 = 0.42;
    let sector = PI / 5.0;
    // Fold into half a sector, so that the outer vertex lies at angle 0 and the inner one at π/5.
    let angle = x.atan2(-y).rem_euclid(2.0 * sector);
    let folded = if angle > sector { 2.0 * sector - angle } else { angle };
    let (px, py) = (x.hypot(y) * folded.cos(), x.hypot(y) * folded.sin());
    let (ix, iy) = (INNER * sector.cos(), INNER * sector.sin());
    // Signed distance to the line from (1, 0) to the inner vertex.
    ((px - 1.0) * iy + py * (1.0 - ix)) / iy.hypot(1.0 - ix)
}

fn crescent(x: f32, y: f32) -> f32 {
    (x.hypot(y) - 0.9).max(0.78 - (x - 0.48).hypot(y))
}

/// A bent band that points up.
fn chevron(x: f32, y: f32) -> f32 {
    let band = (y - x.abs() + 0.45).abs() * std::f32::consts::FRAC_1_SQRT_2 - 0.24;
    band.max(x.abs() - 0.85)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every shape has an inside and an outside, stays in the circle that is kept free of the picture's border, and covers
    /// a different set of points than every other.
    #[test]
    fn shapes_are_bounded_and_differ() {
        let grid: Vec<(f32, f32)> =
            (0..121 * 121).map(|i| ((i % 121) as f32 / 40.0 - 1.5, (i / 121) as f32 / 40.0 - 1.5)).collect();
        let covered = |shape: Shape| -> Vec<bool> { grid.iter().map(|&(x, y)| shape(x, y) < 0.0).collect() };
        let all: Vec<Vec<bool>> = SHAPES.iter().map(|&(_, shape)| covered(shape)).collect();
        for (i, (name, _)) in SHAPES.iter().enumerate() {
            let area = all[i].iter().filter(|&&inside| inside).count() as f32 / 1600.0;
            assert!((0.5..2.6).contains(&area), "{name} covers {area}");
            for (&(x, y), &inside) in grid.iter().zip(&all[i]) {
                assert!(!inside || x.hypot(y) < 1.2, "{name} reaches ({x}, {y})");
            }
            for j in 0..i {
                let different = all[i].iter().zip(&all[j]).filter(|(a, b)| a != b).count() as f32 / 1600.0;
                assert!(different > 0.25, "{name} is {} up to {different}", SHAPES[j].0);
            }
        }
    }

    /// Areas against elementary geometry.
    #[test]
    fn areas_are_right() {
        let steps = 600;
        let area = |name: &str| {
            let shape = SHAPES.iter().find(|(other, _)| *other == name).expect("known").1;
            let at = |i: i32| -1.5 + 3.0 * (i as f32 + 0.5) / steps as f32;
            let inside =
                (0..steps * steps).filter(|i| shape(at(i % steps), at(i / steps)) < 0.0).count() as f32;
            inside * (3.0 / steps as f32).powi(2)
        };
        let expected = [
            ("disc", PI * 0.85 * 0.85),
            ("ring", PI * (0.92_f32.powi(2) - 0.52_f32.powi(2))),
            ("square", 1.5 * 1.5),
            ("triangle", 3.0 * 3.0_f32.sqrt() * 0.47 * 0.47),
            ("cross", 2.0 * 1.9 * 0.56 - 0.56 * 0.56),
            ("bars", 3.0 * 0.38 * 1.64),
            ("star", 5.0 * 0.42 * (PI / 5.0).sin()),
            ("frame", 1.6 * 1.6 - 0.88 * 0.88),
            ("chevron", 1.7 * 0.48 * 2.0_f32.sqrt()),
        ];
        for (name, expected) in expected {
            // The sum over cells is off by at most the cells that the outline crosses: far below one per cent.
            assert!(
                (area(name) / expected - 1.0).abs() < 0.01,
                "{name}: {} instead of {expected}",
                area(name)
            );
        }
    }
}
