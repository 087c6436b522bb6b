//! No circle between the files of this crate, by the test of `sim`.

#[path = "../../sim/tests/imports.rs"]
mod imports;
