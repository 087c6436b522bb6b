//! Coverage-guided fuzzing of everything that reads what others wrote. One binary: the environment says which target.
//!
//! `fuzz/run.sh TARGET SECONDS` builds and runs it; docs/reliability.md holds what it found.

#![no_main]

#[path = "../../crates/lab/tests/hostile/targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fn target() -> targets::Target {
    static TARGET: OnceLock<targets::Target> = OnceLock::new();
    *TARGET.get_or_init(|| {
        // Panics that are caught as damage of a file are none; any other one is what is looked for.
        let stop = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !featurescope_lab::store::is_guarded() {
                stop(panic);
            }
        }));
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let found = targets::TARGETS.iter().find(|(known, _)| *known == name);
        let names: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
        found.unwrap_or_else(|| panic!("FUZZ_TARGET is one of {}", names.join(", "))).1
    })
}

fuzz_target!(|bytes: &[u8]| {
    target()(bytes);
});
