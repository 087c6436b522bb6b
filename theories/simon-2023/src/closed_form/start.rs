//! Which part of the initial weights each direction starts from.
//!
//! A direction that has been learned holds the features that it points to. What a slower direction had along these
//! features grows no more; what is left of it does. So direction j starts with the part of v_j = W(0) u_j that is
//! orthogonal to v_1 … v_(j−1), directions in the order of their growth: y_j(0) = R_jj², V = QR.
//!
//! Source: theory.md 3.4.

use featurescope_sim::math::Matrix;

/// Energies R_jj² that directions start from, fastest first; as many as there are neurons at most.
///
/// # Shapes
/// `along`: m × k, column j is W(0) u_j, columns in the order of their growth.
pub fn effective_starts(along: &Matrix<f64>) -> Vec<f64> {
    let mut learned: Vec<Vec<f64>> = Vec::new();
    let mut starts = Vec::new();
    for j in 0..along.cols().min(along.rows()) {
        let mut rest = along.column(j);
        for unit in &learned {
            let shared: f64 = unit.iter().zip(&rest).map(|(u, v)| u * v).sum();
            rest.iter_mut().zip(unit).for_each(|(v, u)| *v -= shared * u);
        }
        let energy: f64 = rest.iter().map(|v| v * v).sum();
        starts.push(energy);
        if energy > 0.0 {
            learned.push(rest.into_iter().map(|v| v / energy.sqrt()).collect());
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product of the R_jj² is the Gram determinant, whatever the order.
    #[test]
    fn starts_multiply_to_the_gram_determinant() {
        let along =
            Matrix::from_fn(4, 3, |i, j| ((3 * i + 2 * j) as f64 + 0.3).sin() + f64::from(u8::from(i == j)));
        let swapped = Matrix::from_fn(4, 3, |i, j| along[(i, 2 - j)]);
        let gram = |a: usize, b: usize| (0..4).map(|i| along[(i, a)] * along[(i, b)]).sum::<f64>();
        let determinant = gram(0, 0) * (gram(1, 1) * gram(2, 2) - gram(1, 2).powi(2))
            - gram(0, 1) * (gram(0, 1) * gram(2, 2) - gram(1, 2) * gram(0, 2))
            + gram(0, 2) * (gram(0, 1) * gram(1, 2) - gram(1, 1) * gram(0, 2));
        for matrix in [&along, &swapped] {
            let product: f64 = effective_starts(matrix).iter().product();
            assert!((product / determinant - 1.0).abs() < 1e-12, "{product} {determinant}");
        }
        let starts = effective_starts(&along);
        assert!((starts[0] - gram(0, 0)).abs() < 1e-12, "the fastest keeps all it has");
        assert!(starts[1] < gram(1, 1) && starts[2] < gram(2, 2));
    }

    #[test]
    fn there_is_room_for_as_many_directions_as_neurons() {
        let along = Matrix::from_fn(2, 5, |i, j| ((i + 3 * j) as f64).cos());
        assert_eq!(effective_starts(&along).len(), 2);
        let twins = Matrix::from_fn(3, 2, |i, _| i as f64);
        assert!(effective_starts(&twins)[1] < 1e-20, "what points the same way has no start of its own");
    }
}
