//! Random views of pictures.
