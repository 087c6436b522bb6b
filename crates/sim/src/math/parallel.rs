//! The only file that knows about threads. Work is cut into pieces whose borders do not depend on the number of
//! threads, so results are the same bits on one thread and on many.

/// Number of threads that [`for_each_piece`] may use.
pub fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    1
}

/// Calls `work` once for every item, on as many threads as the current pool has. Allocates nothing: every thread takes
/// the next item when it is done with its last.
///
/// Items must be independent; nothing is reduced here, so order cannot matter.
pub fn for_each_piece<I: Send>(
    items: impl IntoIterator<Item = I, IntoIter: Send> + Send,
    work: impl Fn(I) + Sync + Send,
) {
    #[cfg(feature = "parallel")]
    if threads() > 1 {
        let items = std::sync::Mutex::new(items.into_iter());
        let next = || items.lock().ok().and_then(|mut items| items.next());
        return on_threads(threads(), &|| {
            while let Some(item) = next() {
                work(item);
            }
        });
    }
    items.into_iter().for_each(work);
}

#[cfg(feature = "parallel")]
fn on_threads(count: usize, work: &(dyn Fn() + Sync)) {
    if count > 1 {
        rayon::join(work, || on_threads(count - 1, work));
    } else {
        work();
    }
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
