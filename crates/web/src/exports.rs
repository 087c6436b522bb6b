//! The functions that a browser calls. Text and numbers cross in the memory of the module, whose addresses JavaScript
//! reads and writes; nothing here follows an address.

#![allow(
    unsafe_code,
    reason = "a function has a name outside only by an attribute that counts as unsafe code"
)]

use crate::protocol::{Answer, Lab};
use std::cell::RefCell;

thread_local! {
    static LAB: RefCell<Lab> = RefCell::default();
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Answer> = RefCell::default();
}

/// Room for a request of so many bytes; the caller writes it there.
#[unsafe(no_mangle)]
pub extern "C" fn lab_request(bytes: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|request| {
        request.clear();
        request.resize(bytes, 0);
        request.as_mut_ptr()
    })
}

/// Answers what was written; the answer stays until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn lab_answer() {
    let request = REQUEST.with_borrow(|request| String::from_utf8_lossy(request).into_owned());
    let answer = LAB.with_borrow_mut(|lab| lab.answer(&request));
    ANSWER.replace(answer);
}

/// Where the text of the answer is, UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn lab_text() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.text.as_ptr())
}

/// How many bytes the text has.
#[unsafe(no_mangle)]
pub extern "C" fn lab_text_bytes() -> usize {
    ANSWER.with_borrow(|answer| answer.text.len())
}

/// Where the numbers of the answer are, in double precision.
#[unsafe(no_mangle)]
pub extern "C" fn lab_numbers() -> *const f64 {
    ANSWER.with_borrow(|answer| answer.numbers.as_ptr())
}

/// How many numbers there are.
#[unsafe(no_mangle)]
pub extern "C" fn lab_number_count() -> usize {
    ANSWER.with_borrow(|answer| answer.numbers.len())
}
