//! The lab in the browser: one learner behind a page, on the same core as the terminal's.
//!
//! The page has a worker for each learner. A worker sends a [`Request`] as JSON and gets an [`Answer`]: JSON, and
//! beside it the numbers of all arrays that the JSON names. Settings are read, checked and built by the crate that
//! reads them for the terminal, so the same settings give the same run.
//!
//! | module | what it is | uses |
//! |---|---|---|
//! | [`settings`] | the list of settings, for sliders and texts; what a page chose, as a plan | – |
//! | [`session`] | a learner that is stepped, rewound, and given other settings on the way | settings |
//! | [`sample`] | one sample with everything that it is made of | settings |
//! | [`reading`] | what neurons fire for, and what a probe reads off the features | settings |
//! | [`protocol`] | requests and answers | settings, session, sample, reading |
//!
//! Where it is compiled to WebAssembly, `exports` has the functions that a browser calls.

pub mod settings;
pub mod session;
pub mod sample;
pub mod reading;
pub mod protocol;
#[cfg(target_arch = "wasm32")]
mod exports;

pub use protocol::{Answer, Lab, Request};
