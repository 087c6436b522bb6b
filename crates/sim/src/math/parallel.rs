//! The only file that knows about threads. Work is cut into pieces whose borders do not depend on the number of
//! threads, so results are the same bits on one thread and on many.

/// Number of threads that [`for_each_piece`] may use.
pub fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    1
}

/// Calls `work` once for every item, on as many threads as the current pool has.
///
/// Items must be independent; nothing is reduced here, so order cannot matter.
pub fn for_each_piece<I: Send>(items: impl IntoIterator<Item = I> + Send, work: impl Fn(I) + Sync + Send) {
    #[cfg(feature = "parallel")]
    if threads() > 1 {
        rayon::scope(|scope| {
            let work = &work;
            for item in items {
                scope.spawn(move |_| work(item));
            }
        });
        return;
    }
    items.into_iter().for_each(work);
}

/// Calls `work(first_row, rows)` for consecutive groups of `rows_per_piece` rows of a row-major buffer.
///
/// # Shapes
/// `data` holds rows of `cols` entries; the last group may be shorter.
pub fn for_each_row_group<T: Send>(
    data: &mut [T],
    cols: usize,
    rows_per_piece: usize,
    work: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    if cols == 0 {
        return;
    }
    for_each_piece(data.chunks_mut(rows_per_piece * cols).enumerate(), |(piece, rows)| {
        work(piece * rows_per_piece, rows);
    });
}
