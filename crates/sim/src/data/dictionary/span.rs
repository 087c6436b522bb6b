//! How atoms lie to each other, and what lies in their span.
//!
//! With orthonormal atoms P = M Mᵀ projects on the span, and ⟨w, M_j⟩ is the coefficient of w along M_j. With other atoms
//! both ask for the Gram matrix G = MᵀM:
//!
//! ```text
//! P = M G⁻¹ Mᵀ        P w = Σ_j β_j M_j,   β = G⁻¹ Mᵀ w = Dᵀ w,   D = M G⁻¹ the dual basis, ⟨D_i, M_j⟩ = 1{i = j}
//! ```
//!
//! More atoms than dimensions span the whole space, P = I, and have no dual basis: many β give the same w.
//!
//! Source: any text on frames, for instance Christensen, "An Introduction to Frames and Riesz Bases" (2016), chapter 3.

use super::Dictionary;
use crate::math::linalg::{solve_positive_definite, times, times_transposed};
use crate::math::{Matrix, ParameterError, require};
use std::sync::Arc;

/// How far G G⁻¹ may be from I: beyond it atoms are dependent as far as double precision can tell.
const INVERSE_TOLERANCE: f64 = 1e-6;
/// How far the norm of an atom may be from 1: single precision rounding stays far below it.
const NORM_TOLERANCE: f64 = 1e-4;

/// How atoms lie to each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Geometry {
    /// MᵀM = I.
    Orthonormal,
    /// Unit atoms at any angles.
    Oblique(Arc<Angles>),
}

/// The angles of unit atoms.
#[derive(Debug, PartialEq)]
pub struct Angles {
    /// G = MᵀM, d × d.
    gram: Matrix<f64>,
    /// G⁻¹; `None` where there are more atoms than dimensions.
    inverse: Option<Matrix<f64>>,
}

impl Dictionary {
    /// Atoms of norm 1 at any angles, and as many as one likes: row j is M_j.
    ///
    /// # Shapes
    /// `atoms`: d × d1.
    ///
    /// # Errors
    /// If a norm is not 1, up to d1 atoms are linearly dependent, or more do not span the space.
    pub fn of_unit_atoms(atoms: Matrix) -> Result<Self, ParameterError> {
        let (d, d1) = (atoms.rows(), atoms.cols());
        let exact = atoms.to_f64();
        let mut gram = Matrix::zeros(0, 0);
        times_transposed(&mut gram, &exact, &exact);
        for j in 0..d {
            let holds = (gram[(j, j)].sqrt() - 1.0).abs() <= NORM_TOLERANCE;
            require(holds, "data.dictionary", format!("‖M_{j}‖² = {}", gram[(j, j)]), "atoms of norm 1")?;
        }
        let dependent = || ParameterError {
            name: "data.dictionary",
            value: format!("{d} atoms in {d1} dimensions"),
            accepted: "atoms that are linearly independent, or that span the space if there are more of them"
                .to_owned(),
        };
        let dual = if d <= d1 {
            Some(inverse(&gram).ok_or_else(dependent)?)
        } else {
            let (columns, mut moment) = (exact.transposed(), Matrix::zeros(0, 0));
            times_transposed(&mut moment, &columns, &columns);
            inverse(&moment).ok_or_else(dependent)?;
            None
        };
        Ok(Self { atoms, geometry: Geometry::Oblique(Arc::new(Angles { gram, inverse: dual })) })
    }

    /// Whether MᵀM = I.
    pub fn is_orthonormal(&self) -> bool {
        self.geometry == Geometry::Orthonormal
    }

    /// β of each row of x, n × d, from its coordinates ⟨x, M_j⟩, n × d: these themselves where atoms are orthonormal.
    /// `None` where there are more atoms than dimensions.
    pub fn dual_coordinates(&self, coordinates: &Matrix) -> Option<Matrix> {
        match &self.geometry {
            Geometry::Orthonormal => Some(coordinates.clone()),
            Geometry::Oblique(angles) => {
                let mut dual = Matrix::zeros(0, 0);
                times(&mut dual, &coordinates.to_f64(), angles.inverse.as_ref()?);
                Some(dual.to_f32())
            }
        }
    }

    /// P x of each row of x, n × d1, whose coordinates ⟨x, M_j⟩ are known, n × d.
    pub fn projection(&self, x: &Matrix, coordinates: &Matrix) -> Matrix {
        let mut inside = Matrix::zeros(0, 0);
        if self.is_orthonormal() {
            times(&mut inside, coordinates, &self.atoms);
            return inside;
        }
        match self.dual_coordinates(coordinates) {
            Some(dual) => {
                times(&mut inside, &dual, &self.atoms);
                inside
            }
            None => x.clone(),
        }
    }

    /// The angles of atoms that are not orthonormal.
    pub fn angles(&self) -> Option<&Arc<Angles>> {
        match &self.geometry {
            Geometry::Orthonormal => None,
            Geometry::Oblique(angles) => Some(angles),
        }
    }
}

impl Angles {
    /// ‖Σ_j π_j M_(first + j)‖, the length of a combination of neighbouring atoms.
    pub fn combination_norm(&self, first: usize, pattern: &[f32]) -> f64 {
        let row = |(i, &left): (usize, &f32)| {
            let products = pattern.iter().enumerate();
            let products = products.map(|(j, &right)| f64::from(right) * self.gram[(first + i, first + j)]);
            f64::from(left) * products.sum::<f64>()
        };
        pattern.iter().enumerate().map(row).sum::<f64>().max(0.0).sqrt()
    }
}

/// The inverse of a positive definite matrix; `None` where it has none in double precision.
fn inverse(matrix: &Matrix<f64>) -> Option<Matrix<f64>> {
    let n = matrix.rows();
    let identity = Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)));
    let inverse = solve_positive_definite(matrix, &identity)?;
    let mut product = Matrix::zeros(0, 0);
    times(&mut product, matrix, &inverse);
    let off = product.as_slice().iter().zip(identity.as_slice()).map(|(a, b)| (a - b).abs());
    off.fold(0.0, f64::max).le(&INVERSE_TOLERANCE).then_some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linalg::{dot, squared_norm};

    /// Three atoms in R⁴, at 60° and 90°.
    fn oblique() -> Dictionary {
        let half = 0.75f32.sqrt();
        let atoms = vec![1.0, 0.0, 0.0, 0.0, 0.5, half, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        Dictionary::of_unit_atoms(Matrix::from_vec(3, 4, atoms)).unwrap()
    }

    /// w = 2 M_0 − M_1 + 3 e_4: the dual coordinates are (2, −1, 0), whatever the angles, and e_4 lies outside.
    #[test]
    fn dual_coordinates_are_the_coefficients_and_the_projection_leaves_out_the_rest() {
        let dictionary = oblique();
        let mut w = Matrix::zeros(1, 4);
        dictionary.add_combination(&[2.0, -1.0, 0.0], w.row_mut(0));
        w[(0, 3)] = 3.0;
        let coordinates = dictionary.coordinates(&w);
        assert!((coordinates[(0, 0)] - 1.5).abs() < 1e-6, "⟨w, M_0⟩ = 2 − 1/2");
        let dual = dictionary.dual_coordinates(&coordinates).unwrap();
        for (found, expected) in dual.as_slice().iter().zip([2.0, -1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-5, "{found} against {expected}");
        }
        let inside = dictionary.projection(&w, &coordinates);
        assert!((squared_norm(inside.row(0)) - 3.0).abs() < 1e-5, "‖2 M_0 − M_1‖² = 4 + 1 − 2");
        assert!(dot(inside.row(0), &[0.0, 0.0, 0.0, 1.0]).abs() < 1e-6);
        assert!(!dictionary.is_orthonormal());
    }

    #[test]
    fn combinations_have_their_norm_and_orthonormal_atoms_stay_simple() {
        let dictionary = oblique();
        for pattern in [&[1.0, -1.0][..], &[1.0, 1.0], &[1.0, -1.0, 1.0]] {
            let mut code = [0.0; 3];
            code[..pattern.len()].copy_from_slice(pattern);
            let mut x = [0.0; 4];
            dictionary.add_combination(&code, &mut x);
            let found = dictionary.angles().unwrap().combination_norm(0, pattern);
            assert!((found - squared_norm(&x).sqrt()).abs() < 1e-6, "{pattern:?}: {found}");
        }
        let axes = Dictionary::axes(4, 3).unwrap();
        assert!(axes.angles().is_none());
        let x = Matrix::from_vec(1, 4, vec![1.0, 2.0, 3.0, 4.0]);
        let coordinates = axes.coordinates(&x);
        assert_eq!(axes.dual_coordinates(&coordinates).unwrap(), coordinates);
        assert_eq!(axes.projection(&x, &coordinates).as_slice(), [1.0, 2.0, 3.0, 0.0]);
    }

    #[test]
    fn more_atoms_than_dimensions_span_everything_and_have_no_dual() {
        let half = 0.75f32.sqrt();
        let atoms = Matrix::from_vec(3, 2, vec![1.0, 0.0, -0.5, half, -0.5, -half]);
        let dictionary = Dictionary::of_unit_atoms(atoms).unwrap();
        let x = Matrix::from_vec(1, 2, vec![0.3, -2.0]);
        let coordinates = dictionary.coordinates(&x);
        assert_eq!(dictionary.dual_coordinates(&coordinates), None);
        assert_eq!(dictionary.projection(&x, &coordinates), x);
    }

    #[test]
    fn atoms_that_depend_on_each_other_or_are_no_unit_vectors_are_refused() {
        let message = |rows, cols, values: &[f32]| {
            Dictionary::of_unit_atoms(Matrix::from_vec(rows, cols, values.to_vec())).unwrap_err().to_string()
        };
        assert!(message(2, 3, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]).contains("linearly independent"));
        assert!(message(3, 2, &[1.0, 0.0, 1.0, 0.0, -1.0, 0.0]).contains("span the space"));
        assert!(message(1, 2, &[0.5, 0.0]).contains("atoms of norm 1"));
        assert!(message(1, 2, &[f32::NAN, 0.0]).contains("atoms of norm 1"));
    }
}
