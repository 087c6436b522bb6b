//! The mathematics of the training step against an oracle, closed forms, itself on other threads, and PyTorch.

#![expect(clippy::unwrap_used, reason = "a proof that cannot be set up must fail")]

mod oracle;
mod setup;
mod oracle_gradients;
mod contrastive_step;
mod fast_step;
mod layers;
mod supervised_step;
mod stage_one;
mod determinism;
#[cfg(feature = "parallel")]
mod threads;
mod mixed;
mod golden;
mod reduced;
