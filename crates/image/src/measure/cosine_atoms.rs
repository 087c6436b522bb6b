//! Whether filters on patches are single atoms of the cosine basis.
//!
//! A JPEG picture is a sparse code by construction: each of its blocks of 8 × 8 pixels is a sum of few atoms
//! e_uv(x, y) ∝ cos(πu(x + ½)/8)·cos(πv(y + ½)/8), each in luma, blue-difference or red-difference, because small
//! coefficients were rounded to zero. For patches of 8 × 8 pixels of such pictures that do not overlap, the dictionary M of
//! x = M z + ξ is therefore known (but for chroma that was stored at half the resolution), and it can be asked of a neuron
//! what the theory says of it: is it one atom?

use featurescope_sim::math::linalg::dot;

/// |cos| beyond which a filter counts as an atom, as in the report of synthetic data.
const SINGLE: f32 = 0.9;
/// Y, Cb and Cr of JPEG (ITU-R BT.601), as directions in (R, G, B) along which a picture changes if that channel alone does.
const DIRECTIONS: [[f32; 3]; 3] = [[1.0, 1.0, 1.0], [0.0, -0.344_136, 1.772], [1.402, -0.714_136, 0.0]];

/// Share of filters (3·side² entries each, channel first) with |cos| > 0.9 to one of the 3·side² atoms.
pub fn share<'a>(filters: impl Iterator<Item = &'a [f32]>, side: usize) -> f64 {
    let atoms = atoms(side);
    let (mut single, mut all) = (0usize, 0usize);
    for filter in filters {
        let norm = dot(filter, filter).sqrt();
        let largest = atoms.iter().map(|atom| dot(filter, atom).abs()).fold(0.0, f32::max);
        all += 1;
        single += usize::from(largest > SINGLE * norm && norm > 0.0);
    }
    single as f64 / all as f64
}

/// Of norm 1.
fn atoms(side: usize) -> Vec<Vec<f32>> {
    let cosine =
        |k: usize, x: usize| (std::f32::consts::PI * k as f32 * (x as f32 + 0.5) / side as f32).cos();
    let mut atoms = Vec::new();
    for colour in DIRECTIONS {
        for (u, v) in (0..side * side).map(|i| (i / side, i % side)) {
            let entry = |i: usize| {
                let (channel, y, x) = (i / (side * side), i / side % side, i % side);
                colour[channel] * cosine(u, y) * cosine(v, x)
            };
            let mut atom: Vec<f32> = (0..3 * side * side).map(entry).collect();
            let norm = dot(&atom, &atom).sqrt();
            for value in &mut atom {
                *value /= norm;
            }
            atoms.push(atom);
        }
    }
    atoms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_single_and_mixtures_are_not() {
        let atoms = atoms(4);
        assert_eq!(atoms.len(), 48);
        // Orthonormal within a colour.
        for (i, a) in atoms[..16].iter().enumerate() {
            for (j, b) in atoms[..16].iter().enumerate() {
                assert!((dot(a, b) - f32::from(u8::from(i == j))).abs() < 1e-5);
            }
        }
        let mixture: Vec<f32> = atoms[3].iter().zip(&atoms[5]).map(|(a, b)| a + b).collect();
        let negative: Vec<f32> = atoms[40].iter().map(|a| -3.0 * a).collect();
        let filters = [&mixture[..], &negative, &atoms[7], &[0.0; 48]];
        assert_eq!(share(filters.into_iter(), 4), 0.5);
    }
}
