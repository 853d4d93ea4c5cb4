//! Repeatable chance: the same seed gives the same world. Nothing here guards a secret.

/// A small generator (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Starts at what several words say, so that the same situation throws the same dice after a restart.
    #[must_use]
    pub fn of(words: &[&str]) -> Self {
        // FNV-1a, with a byte between words that no text holds.
        let bytes = words.iter().flat_map(|word| word.bytes().chain(std::iter::once(0xff)));
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self::new(hash)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// Whether something of so many in a hundred happens.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of several; `None` when there are none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.below(of.len() as u64);
        usize::try_from(index).ok().and_then(|index| of.get(index))
    }

    /// Index of one of several by weight; `None` when all weights are 0.
    pub fn weighed(&mut self, weights: &[u64]) -> Option<usize> {
        let mut left = self.below(weights.iter().sum());
        weights.iter().position(|weight| {
            let hit = left < *weight;
            left = left.saturating_sub(*weight);
            hit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_decide() {
        let mut dice = Dice::new(7);
        let mut counts = [0_u32; 3];
        for _ in 0..1_000 {
            counts[dice.weighed(&[0, 1, 3]).expect("one has weight")] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!(counts[2] > 2 * counts[1], "{counts:?}");
        assert_eq!(dice.weighed(&[0, 0]), None);
    }

    #[test]
    fn the_same_words_throw_the_same_dice() {
        assert_eq!(Dice::of(&["a", "bc"]).roll(), Dice::of(&["a", "bc"]).roll());
        assert_ne!(Dice::of(&["a", "bc"]).roll(), Dice::of(&["ab", "c"]).roll());
    }
}
