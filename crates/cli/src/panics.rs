//! A mistake of this program must not cost a person their run: a panic says where it is saved.

use crate::output;
use featurescope_lab::store::is_guarded;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

static SAVED_IN: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on a panic names this run directory.
pub fn saved_in(run: &Path) {
    if let Ok(mut saved) = SAVED_IN.lock() {
        *saved = Some(run.to_path_buf());
    }
}

/// Adds to what a panic prints.
pub fn install() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if is_guarded() {
            // Damage of a file, about to be told as such.
            return;
        }
        print(panic);
        // Whatever thread it is: a lock that somebody holds is no reason to wait here.
        let run = SAVED_IN.try_lock().ok().and_then(|saved| saved.clone());
        output::last_words(&advice(run.as_deref()));
    }));
}

fn advice(run: Option<&Path>) -> String {
    let mistake =
        "this is a mistake in featurescope, not in your settings: please report it with the lines above";
    match run {
        None => mistake.to_owned(),
        Some(run) => {
            let run = run.display();
            format!("{mistake}. The run is saved in {run}: `featurescope resume {run}` goes on from there")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hook is the process's own: one test for all of it.
    #[test]
    fn a_panic_says_where_the_run_is() {
        assert!(!advice(None).contains("resume"));
        assert!(
            advice(Some(Path::new("runs/a-1")))
                .ends_with("`featurescope resume runs/a-1` goes on from there")
        );
        install();
        saved_in(Path::new("runs/b-2"));
        assert!(panic::catch_unwind(|| panic!("on purpose, to see that the hook holds no lock")).is_err());
        assert_eq!(SAVED_IN.lock().unwrap().as_deref(), Some(Path::new("runs/b-2")));
    }
}
