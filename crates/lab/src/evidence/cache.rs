//! Results that are made once and kept, told apart by their types.

use std::any::Any;
use std::cell::OnceCell;

/// A chain of kept results: a link once made is never changed, so that what is in it can be lent.
#[derive(Default)]
pub(super) struct Cache(OnceCell<Box<Link>>);

struct Link {
    kept: Box<dyn Any>,
    next: Cache,
}

impl Cache {
    /// The result of this type; `make` makes it where there is none yet.
    pub fn get_or_make<T: Any>(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(found) = self.links().find_map(|link| link.kept.downcast_ref()) {
            return found;
        }
        let mut made: Option<Box<dyn Any>> = Some(Box::new(make()));
        let mut end = self;
        loop {
            // Making it may have made other results, which stand before it.
            let link = end.0.get_or_init(|| {
                Box::new(Link { kept: made.take().unwrap_or(Box::new(())), next: Self::default() })
            });
            if let Some(found) = link.kept.downcast_ref() {
                return found;
            }
            end = &link.next;
        }
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.0.get(), |link| link.next.0.get()).map(Box::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_made_once_and_may_ask_for_others() {
        let cache = Cache::default();
        let text = cache.get_or_make(|| format!("{}", cache.get_or_make(|| 7_u32)));
        assert_eq!((text.as_str(), *cache.get_or_make(|| 8_u32)), ("7", 7));
        assert_eq!(cache.get_or_make(|| String::from("another")), "7");
    }
}
