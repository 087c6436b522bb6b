//! Which samples of a large file are looked at: a fixed random choice, so that no order of the file can be
//! mistaken for a property of the network.
//!
//! Where samples have classes, each class gets its share of the places, rounded by largest remainders;
//! samples without a class are one more group. Within a group those with the smallest random numbers are
//! chosen, and the choice is read in the order of the file.

use featurescope_sim::math::random::Part;
use featurescope_sim::math::{Purpose, Stream};
use std::collections::BinaryHeap;

const SEED: u64 = 0;

/// At most `most` of the samples 0..n, ascending. `groups` has the group of every sample where there are
/// groups.
pub fn choose(n: usize, most: usize, groups: Option<&[u32]>) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let group = |i: usize| groups.map_or(0, |groups| groups[i] as usize);
    let mut counts =
        vec![0usize; groups.map_or(1, |groups| groups.iter().max().map_or(0, |&g| g as usize + 1))];
    (0..n).for_each(|i| counts[group(i)] += 1);
    let places = shares(&counts, most);
    // The smallest numbers of each group, the largest of them on top. A bounded heap: a file may have
    // billions of rows.
    let mut chosen: Vec<BinaryHeap<(u32, usize)>> = places.iter().map(|_| BinaryHeap::new()).collect();
    for i in 0..n {
        let key = (random_word(i), i);
        let (heap, places) = (&mut chosen[group(i)], places[group(i)]);
        if heap.len() < places {
            heap.push(key);
        } else if heap.peek().is_some_and(|&largest| key < largest) {
            heap.pop();
            heap.push(key);
        }
    }
    let mut chosen: Vec<usize> = chosen.into_iter().flatten().map(|key| key.1).collect();
    chosen.sort_unstable();
    chosen
}

/// The samples 0..n in a fixed random order.
pub fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&i| (random_word(i), i));
    order
}

fn random_word(i: usize) -> u32 {
    // Beyond 2³² rows the numbers repeat; the position decides between equal ones.
    Stream::new(SEED, Purpose::ORDER, 0).reader(Part::Dense, i as u32).word()
}

/// `most` places shared out in proportion to the counts, by largest remainders.
fn shares(counts: &[usize], most: usize) -> Vec<usize> {
    let total: u128 = counts.iter().map(|&count| count as u128).sum();
    let exact = |count: usize| count as u128 * most as u128;
    let mut places: Vec<usize> = counts.iter().map(|&count| (exact(count) / total) as usize).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&g| (std::cmp::Reverse(exact(counts[g]) % total), g));
    let left = most - places.iter().sum::<usize>();
    order.iter().take(left).for_each(|&g| places[g] += 1);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels that go round in a circle: a stride that divides their number would see one class.
    #[test]
    fn every_class_has_its_share_whatever_the_order_of_the_file() {
        let (n, most) = (20_480, 2048);
        for groups in [
            (0..n).map(|i| (i % 10) as u32).collect::<Vec<_>>(),
            (0..n).map(|i| (i / (n / 10)) as u32).collect(),
        ] {
            let chosen = choose(n, most, Some(&groups));
            assert_eq!(chosen.len(), most);
            assert!(chosen.is_sorted_by(|a, b| a < b));
            for class in 0..10 {
                let count = chosen.iter().filter(|&&i| groups[i] == class).count();
                assert!((204..=205).contains(&count), "{count} of class {class}");
            }
        }
    }

    /// Without classes the choice is random: every residue of a period occurs about equally often.
    #[test]
    fn no_period_of_the_file_is_seen() {
        let chosen = choose(20_480, 2048, None);
        assert_eq!(chosen, choose(20_480, 2048, None));
        for period in [2, 3, 5, 10] {
            for residue in 0..period {
                let count = chosen.iter().filter(|&&i| i % period == residue).count() as f64;
                let mean = 2048.0 / period as f64;
                // Six standard deviations of a binomial.
                assert!((count - mean).abs() < 6.0 * mean.sqrt(), "{count} of {residue} modulo {period}");
            }
        }
        assert_eq!(choose(5, 9, None), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn shares_add_up_and_are_proportional() {
        assert_eq!(shares(&[50, 30, 20], 10), [5, 3, 2]);
        assert_eq!(shares(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(shares(&[97, 2, 1], 10), [10, 0, 0]);
        let mut order = shuffled(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
