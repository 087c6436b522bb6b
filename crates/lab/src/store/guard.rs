//! Damaged Parquet files make the library that reads them panic in some places instead of returning an error. A file from
//! outside must not end the program: such a panic becomes an error here.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread would be caught as damage of a file: nothing to tell a person about.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What `read` returns; if it panics, what it said.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    // What `read` was working on is dropped with it: nobody sees it half done.
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        text.unwrap_or_else(|| "its content is inconsistent".to_owned())
    })
}
