//! Matrices as NumPy arrays, and back.

use featurescope_sim::math::Matrix;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A matrix as an array of the same shape, of which it becomes the memory.
pub fn of_matrix(py: Python<'_>, matrix: Matrix) -> PyResult<Bound<'_, PyArray2<f32>>> {
    let shape = [matrix.rows(), matrix.cols()];
    PyArray1::from_vec(py, matrix.into_vec()).reshape(shape)
}

/// The same, not to be written to.
pub fn read_only(py: Python<'_>, matrix: Matrix) -> PyResult<Bound<'_, PyArray2<f32>>> {
    let array = of_matrix(py, matrix)?;
    lock(&array)?;
    Ok(array)
}

/// Numbers as an array that is not to be written to.
pub fn read_only_vector(py: Python<'_>, values: Vec<f32>) -> PyResult<Bound<'_, PyArray1<f32>>> {
    let array = PyArray1::from_vec(py, values);
    lock(&array)?;
    Ok(array)
}

fn lock(array: &Bound<'_, PyAny>) -> PyResult<()> {
    let options = PyDict::new(array.py());
    options.set_item("write", false)?;
    array.call_method("setflags", (), Some(&options)).map(drop)
}

/// A copy of an array in single precision, in any layout, as a matrix.
pub fn to_matrix(array: &PyReadonlyArray2<'_, f32>) -> Matrix {
    let view = array.as_array();
    Matrix::from_vec(view.nrows(), view.ncols(), view.iter().copied().collect())
}

/// Copies an array into a matrix of the same shape; whether all of it is finite.
pub fn copy_into(matrix: &mut Matrix, array: &PyReadonlyArray2<'_, f32>) -> bool {
    let copied = match array.as_slice() {
        Ok(values) => {
            matrix.as_mut_slice().copy_from_slice(values);
            true
        }
        Err(_) => false,
    };
    if !copied {
        *matrix = to_matrix(array);
    }
    // The sum of squares of finite numbers may overflow, so each is asked.
    matrix.as_slice().iter().fold(true, |finite, value| finite & value.is_finite())
}
