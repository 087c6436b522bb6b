//! Counter-based random numbers: Philox4x32-10, keyed by what the number is for.
//!
//! Every random number of a run is a pure function of (seed, purpose, step, row, position). Nothing is drawn "next",
//! so threads, tiles and added measurements cannot change any number.
//!
//! Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

use multiversion::multiversion;

/// What a random number is for. Two purposes never share a number.
///
/// The numbers are fixed: they are part of every stream, so changing one changes results. A part, a crate or a
/// program that draws for a purpose of its own declares one with a number that nobody has; a test compares all
/// of this workspace (`tests/purposes.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(u32);

/// What is below this leaves room for the [`Part`] of a sample in a word of the counter.
const PURPOSES: u32 = 1 << 24;

impl Purpose {
    /// The dictionary M.
    pub const DICTIONARY: Self = Self::numbered(1);
    /// Given directions of larger noise variance.
    pub const NOISE_DIRECTIONS: Self = Self::numbered(2);
    /// Initial weights.
    pub const INITIALISATION: Self = Self::numbered(3);
    /// Positive samples of a training step.
    pub const POSITIVES: Self = Self::numbered(4);
    /// Fresh negative samples of a training step.
    pub const NEGATIVES: Self = Self::numbered(5);
    /// Masks of the positives' views.
    pub const MASKS: Self = Self::numbered(6);
    /// Masks of the negatives (Remark 2.4).
    pub const NEGATIVE_MASKS: Self = Self::numbered(7);
    /// Fresh samples that a measurement looks at.
    pub const MEASUREMENT: Self = Self::numbered(8);
    /// Target vectors w* of downstream and supervised tasks.
    pub const TASKS: Self = Self::numbered(9);
    /// Labelled samples that a probe is fitted on.
    pub const PROBE_TRAINING: Self = Self::numbered(10);
    /// Labelled samples that choose a probe's regularisation.
    pub const PROBE_VALIDATION: Self = Self::numbered(11);
    /// Fresh samples that a probe is scored on.
    pub const PROBE_TEST: Self = Self::numbered(12);
    /// Monte-Carlo checks of closed forms.
    pub const MONTE_CARLO: Self = Self::numbered(13);
    /// What a training step adds to the weights outside all directions that the learner had before (reduced dynamics).
    pub const OUTSIDE: Self = Self::numbered(14);
    /// The order in which rows of a given set are gone through.
    pub const ORDER: Self = Self::numbered(17);
    /// Initial parameter arrays that a network has beside its first layer.
    pub const NETWORK_ARRAYS: Self = Self::numbered(19);
    /// Views beyond the second of the samples of a training step.
    pub const FURTHER_VIEWS: Self = Self::numbered(24);
    /// Labels of a training step that are not those of their samples.
    pub const LABELS: Self = Self::numbered(23);
    /// Directions in which the samples of a training step are moved.
    pub const DIRECTIONS: Self = Self::numbered(25);

    /// Samples that training goes through in epochs.
    pub const TRAINING_SET: Self = Self::numbered(40);

    /// The purpose with this number, which nothing else may have.
    ///
    /// # Panics
    /// If the number is not below 2²⁴; of a constant, while the program is compiled.
    pub const fn numbered(number: u32) -> Self {
        assert!(number < PURPOSES, "a purpose has 24 bits");
        Self(number)
    }
}

/// Which part of a sample a number belongs to, inside one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Part {
    /// Dense Gaussian numbers.
    Dense = 0,
    /// Sparse codes: which atoms are active, and their signs.
    Latent = 1,
    /// Bits or uniform numbers of a mask.
    Mask = 2,
    /// Gaussian numbers along given directions.
    Directions = 3,
    /// Chi-square numbers.
    ChiSquare = 4,
    /// Gaussian numbers that stand for a mask (reduced dynamics). A part of their own, so that views may be drawn from the
    /// stream of the samples they are views of.
    MaskLimit = 5,
    /// What one view's Gaussian numbers have beyond the other's.
    MaskLimitRest = 6,
    /// What is drawn for the anchor's view alone.
    AnchorView = 7,
    /// What is drawn for the positive's view alone.
    PositiveView = 8,
    /// Magnitudes of the active entries of a code.
    CodeValues = 20,
}

/// A family of random numbers: one independent stream per row and [`Part`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    purpose: u32,
    seed_high: u32,
}

impl Stream {
    /// The stream of `purpose` at training step `step` of the run with this `seed`.
    pub fn new(seed: u64, purpose: Purpose, step: u32) -> Self {
        Self { key: [seed as u32, step], purpose: purpose.0, seed_high: (seed >> 32) as u32 }
    }

    /// The key of the block cipher: (low half of the seed, step).
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    /// What its numbers are for.
    pub fn purpose(&self) -> Purpose {
        Purpose(self.purpose)
    }

    /// The training step that it belongs to.
    pub fn step(&self) -> u32 {
        self.key[1]
    }

    /// What tells it from every other stream: both halves of the seed, the purpose, the step. Generators that
    /// are not ours start from it.
    pub fn words_of_name(&self) -> [u32; 4] {
        [self.key[0], self.seed_high, self.purpose, self.key[1]]
    }

    /// The counter of block `block` of `part` in `row`.
    pub fn counter(&self, part: Part, row: u32, block: u32) -> [u32; 4] {
        [block, row, (self.purpose << 8) | part as u32, self.seed_high]
    }

    /// Four random words.
    pub fn words(&self, part: Part, row: u32, block: u32) -> [u32; 4] {
        philox(self.counter(part, row, block), self.key)
    }

    /// A sequential reader of one row, for short and branchy draws (a latent code, a permutation).
    pub fn reader(&self, part: Part, row: u32) -> Reader<'_> {
        self.reader_from(part, row, 0)
    }

    /// A reader that starts at block `first_block` of the row: several readers of one row whose numbers do not move when
    /// another one reads more or less.
    pub fn reader_from(&self, part: Part, row: u32, first_block: u32) -> Reader<'_> {
        Reader { stream: self, part, row, block: first_block, words: [0; 4], used: 4 }
    }
}

/// Reads one row of a [`Stream`] word after word.
pub struct Reader<'a> {
    stream: &'a Stream,
    part: Part,
    row: u32,
    block: u32,
    words: [u32; 4],
    used: usize,
}

impl Reader<'_> {
    /// The next word, uniform on 0..2³².
    pub fn word(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.stream.words(self.part, self.row, self.block);
            self.block += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// A number uniform on the open interval (0, 1), from 52 random bits.
    pub fn uniform(&mut self) -> f64 {
        let bits = (u64::from(self.word()) << 20) | u64::from(self.word() >> 12);
        (bits as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// An integer uniform on 0..bound (multiply-shift; bias below bound/2³²).
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(bound)) >> 32) as u32
    }

    /// A sign, +1 or −1 with equal probability.
    pub fn sign(&mut self) -> f32 {
        if self.word() & 1 == 0 { 1.0 } else { -1.0 }
    }

    /// A standard normal number in double precision (Box–Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    /// A chi-square number with `freedom` > 0 degrees of freedom, exact for any number of them: twice a gamma number by
    /// the rejection method of Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM TOMS 2000).
    pub fn chi_square(&mut self, freedom: f64) -> f64 {
        let shape = 0.5 * freedom;
        // Below 1 the method needs a detour: Γ(a) = Γ(a + 1)·U^(1/a).
        let (shape, factor) =
            if shape < 1.0 { (shape + 1.0, self.uniform().powf(1.0 / shape)) } else { (shape, 1.0) };
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                return 2.0 * d * v * factor;
            }
        }
    }
}

/// Fills `out` with the words of `part` in `row`: word 64 g + 16 k + l is word k of block 16 g + l.
pub fn fill_words(out: &mut [u32], stream: &Stream, part: Part, row: u32) {
    words_of_row(out, stream.counter(part, row, 0), stream.key());
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn words_of_row(out: &mut [u32], counter: [u32; 4], key: [u32; 2]) {
    const LANES: usize = 16;
    for (group, words) in out.chunks_mut(4 * LANES).enumerate() {
        let mut lanes = counter.map(|word| [word; LANES]);
        for (l, block) in lanes[0].iter_mut().enumerate() {
            *block = (group * LANES + l) as u32;
        }
        philox_lanes(&mut lanes, key);
        for (to, from) in words.iter_mut().zip(lanes.as_flattened()) {
            *to = *from;
        }
    }
}

/// Fills `out` with the words that [`Stream::reader`] would give one after the other from block `first_block` on, sixteen
/// blocks at a time.
pub fn fill_words_in_order(out: &mut [u32], stream: &Stream, part: Part, row: u32, first_block: u32) {
    words_in_order(out, stream.counter(part, row, first_block), stream.key());
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn words_in_order(out: &mut [u32], counter: [u32; 4], key: [u32; 2]) {
    const LANES: usize = 16;
    for (group, words) in out.chunks_mut(4 * LANES).enumerate() {
        let mut lanes = counter.map(|word| [word; LANES]);
        for (l, block) in lanes[0].iter_mut().enumerate() {
            *block += (group * LANES + l) as u32;
        }
        philox_lanes(&mut lanes, key);
        for (i, to) in words.iter_mut().enumerate() {
            *to = lanes[i % 4][i / 4];
        }
    }
}

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// One block of Philox4x32-10.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut lanes = counter.map(|word| [word]);
    philox_lanes(&mut lanes, key);
    lanes.map(|[word]| word)
}

/// Philox4x32-10 on `LANES` counters at once: `lanes[k][l]` is word k of counter l, replaced by the output.
#[inline(always)]
pub(super) fn philox_lanes<const LANES: usize>(lanes: &mut [[u32; LANES]; 4], key: [u32; 2]) {
    let mut key = key;
    for _ in 0..ROUNDS {
        let [c0, c1, c2, c3] = *lanes;
        for l in 0..LANES {
            let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c0[l]);
            let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c2[l]);
            lanes[0][l] = (p1 >> 32) as u32 ^ c1[l] ^ key[0];
            lanes[1][l] = p1 as u32;
            lanes[2][l] = (p0 >> 32) as u32 ^ c3[l] ^ key[1];
            lanes[3][l] = p0 as u32;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that come with Random123 (kat_vectors, philox4x32-10).
    #[test]
    fn known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_row_of_words_follows_the_documented_layout() {
        let stream = Stream::new(11, Purpose::MASKS, 2);
        let mut words = vec![0; 200];
        fill_words(&mut words, &stream, Part::Mask, 4);
        for (i, &word) in words.iter().enumerate() {
            let (group, k, l) = (i / 64, i % 64 / 16, i % 16);
            assert_eq!(word, stream.words(Part::Mask, 4, (16 * group + l) as u32)[k]);
        }
    }

    /// Mean n, variance 2n and the third central moment 8n, at five standard errors; the law itself against its normal
    /// limit at a billion degrees of freedom.
    #[test]
    fn chi_square_numbers_have_their_moments_at_any_freedom() {
        let draws = 40_000;
        for freedom in [1.0, 2.0, 3.0, 17.0, 1e4, 1e9] {
            let stream = Stream::new(5, Purpose::MONTE_CARLO, 7);
            let sample: Vec<f64> = (0..draws)
                .map(|row| {
                    (stream.reader(Part::ChiSquare, row).chi_square(freedom) - freedom) / freedom.sqrt()
                })
                .collect();
            let moment = |k: i32| sample.iter().map(|v| v.powi(k)).sum::<f64>() / f64::from(draws);
            for (k, expected) in [(1, 0.0), (2, 2.0), (3, 8.0 / freedom.sqrt())] {
                let error = ((moment(2 * k) - moment(k).powi(2)) / f64::from(draws)).sqrt();
                let off = (moment(k) - expected).abs() / error;
                assert!(off < 5.0, "{freedom} degrees: moment {k} is {off} standard errors off");
            }
        }
    }

    #[test]
    fn words_in_order_are_those_of_a_reader() {
        let stream = Stream::new(11, Purpose::POSITIVES, 2);
        let mut words = vec![0; 150];
        fill_words_in_order(&mut words[..64], &stream, Part::Latent, 4, 0);
        fill_words_in_order(&mut words[64..], &stream, Part::Latent, 4, 16);
        let mut reader = stream.reader(Part::Latent, 4);
        assert!(words.iter().all(|&word| word == reader.word()));
    }

    #[test]
    fn every_coordinate_of_the_key_matters() {
        let base = Stream::new(7, Purpose::MASKS, 3);
        let words = base.words(Part::Mask, 5, 0);
        assert_ne!(words, Stream::new(8, Purpose::MASKS, 3).words(Part::Mask, 5, 0));
        assert_ne!(words, Stream::new(7 | 1 << 40, Purpose::MASKS, 3).words(Part::Mask, 5, 0));
        assert_ne!(words, Stream::new(7, Purpose::POSITIVES, 3).words(Part::Mask, 5, 0));
        assert_ne!(words, Stream::new(7, Purpose::MASKS, 4).words(Part::Mask, 5, 0));
        assert_ne!(words, base.words(Part::Dense, 5, 0));
        assert_ne!(words, base.words(Part::Mask, 6, 0));
        assert_ne!(words, base.words(Part::Mask, 5, 1));
    }
}
