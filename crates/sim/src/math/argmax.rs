//! Where values are largest. Of equals the first counts, here and everywhere: what is read off a state then
//! depends on the state alone, not on the loop that looked.

/// The position of the largest value, the first of equals; NaN is never the largest. `None` where there is no
/// number.
pub fn argmax(values: impl IntoIterator<Item = f64>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (position, value) in values.into_iter().enumerate() {
        if best.map_or(!value.is_nan(), |(_, largest)| value > largest) {
            best = Some((position, value));
        }
    }
    best.map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::argmax;

    #[test]
    fn the_first_of_equals_and_never_a_nan() {
        assert_eq!(argmax([1.0, 3.0, 2.0, 3.0]), Some(1));
        assert_eq!(argmax([f64::NAN, -2.0, f64::NAN, -1.0, f64::NAN]), Some(3));
        assert_eq!(argmax([f64::NEG_INFINITY, f64::NEG_INFINITY]), Some(0));
        assert_eq!(argmax([0.0, -0.0]), Some(0));
        assert_eq!((argmax([f64::NAN]), argmax([])), (None, None));
    }
}
