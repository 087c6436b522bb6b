//! Large results whose memory is first touched by the threads that compute them: zeroing it beforehand on one thread would
//! hold up all others, and every line would go to memory and back.
#![allow(unsafe_code, reason = "memory is handed out before it holds numbers")]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Numbers that are not there yet.
#[derive(Debug)]
pub struct Fresh {
    numbers: Vec<f32>,
    length: usize,
    /// Numbers of the last [`Self::pieces`] that were written.
    written: AtomicUsize,
}

/// Neighbouring numbers of a [`Fresh`].
#[derive(Debug)]
pub struct FreshPiece<'a> {
    numbers: &'a mut [MaybeUninit<f32>],
    written: &'a AtomicUsize,
}

impl Fresh {
    /// Room for `length` numbers.
    pub fn new(length: usize) -> Self {
        Self { numbers: Vec::with_capacity(length), length, written: AtomicUsize::new(0) }
    }

    /// All of it, `length` numbers at a time; the last piece may be shorter.
    ///
    /// # Panics
    /// If `length` is zero.
    pub fn pieces(&mut self, length: usize) -> impl Iterator<Item = FreshPiece<'_>> + Send {
        *self.written.get_mut() = 0;
        let pieces = self.numbers.spare_capacity_mut()[..self.length].chunks_mut(length);
        let written = &self.written;
        pieces.map(move |numbers| FreshPiece { numbers, written })
    }

    /// The numbers; all zero if not every piece was written.
    pub fn into_vec(mut self) -> Vec<f32> {
        if *self.written.get_mut() == self.length {
            // SAFETY: the pieces of one call of `pieces` do not overlap and cover the length, a piece counts once and after
            // it was written, and whoever counted had it exclusively: all numbers are written.
            unsafe { self.numbers.set_len(self.length) };
        } else {
            self.numbers.resize(self.length, 0.0);
        }
        self.numbers
    }
}

impl<'a> FreshPiece<'a> {
    /// The numbers, all zero.
    pub fn zeros(self) -> &'a mut [f32] {
        self.numbers.fill(MaybeUninit::new(0.0));
        self.written.fetch_add(self.numbers.len(), Ordering::Relaxed);
        // SAFETY: all were written just now, and the layout is the same.
        unsafe { &mut *(std::ptr::from_mut(self.numbers) as *mut [f32]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::parallel::for_each_piece;

    #[test]
    fn pieces_become_the_numbers() {
        for (length, piece) in [(0, 3), (1, 3), (10, 3), (12, 3), (5, 100)] {
            let mut fresh = Fresh::new(length);
            for_each_piece(fresh.pieces(piece).enumerate(), |(index, numbers)| {
                let numbers = numbers.zeros();
                assert!(numbers.iter().all(|&x| x == 0.0));
                numbers.iter_mut().enumerate().for_each(|(i, x)| *x = (index * piece + i) as f32);
            });
            let expected: Vec<f32> = (0..length).map(|i| i as f32).collect();
            assert_eq!(fresh.into_vec(), expected);
        }
    }

    #[test]
    fn what_was_not_taken_leaves_zeros() {
        let mut fresh = Fresh::new(6);
        fresh.pieces(2).take(2).for_each(|piece| piece.zeros().fill(7.0));
        assert_eq!(fresh.into_vec(), [0.0; 6]);
        // Half of them twice is not all of them.
        let mut fresh = Fresh::new(4);
        for _ in 0..2 {
            fresh.pieces(2).take(1).for_each(|piece| piece.zeros().fill(7.0));
        }
        assert_eq!(fresh.into_vec(), [0.0; 4]);
        assert_eq!(Fresh::new(3).into_vec(), [0.0; 3]);
    }
}
