//! The floors of this crate, by the test of `sim`: it reads the sources of the crate that it is compiled for.

#[path = "../../sim/tests/imports.rs"]
mod imports;
