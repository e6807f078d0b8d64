//! `MurmurHash3` with 32 bits and seed 0, computed incrementally.
//!
//! All SDKs use this hash, so that a user gets the same variant in every language. A ruleset hashes the config key
//! once; an evaluation continues with the property.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// An incremental `MurmurHash3` with 32 bits and seed 0, as percentage rollouts use it. A copy continues independently.
///
/// # Examples
///
/// ```
/// use prefab_eval::Murmur3;
/// let key = Murmur3::default().absorb(b"feature-flag.weighted");
/// assert_eq!(key.absorb(b"a72c15f5").finish(), 25_307_073);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Murmur3 {
    state: u32,
    /// Up to three bytes of an incomplete block, the first byte lowest.
    tail: u32,
    tail_len: u32,
    len: u32,
}

impl Murmur3 {
    /// Adds bytes to the hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::Murmur3;
    /// let pieces = Murmur3::default().absorb(b"my.").absorb(b"flag");
    /// assert_eq!(pieces.finish(), Murmur3::default().absorb(b"my.flag").finish());
    /// ```
    #[must_use]
    #[inline]
    pub fn absorb(mut self, bytes: &[u8]) -> Self {
        // Lengths above 4 GiB wrap, as in other implementations.
        #[expect(clippy::cast_possible_truncation, reason = "the length enters the hash modulo 2^32")]
        let len = bytes.len() as u32;
        self.len = self.len.wrapping_add(len);

        let (blocks, rest) = bytes.as_chunks::<4>();
        if self.tail_len == 0 {
            for block in blocks {
                self.block(u32::from_le_bytes(*block));
            }
        } else {
            // Each block spans two: its first bytes complete the previous one.
            let begun = 8 * self.tail_len;
            for block in blocks {
                let block = u32::from_le_bytes(*block);
                self.block(self.tail | block << begun);
                self.tail = block >> (32 - begun);
            }
        }
        for &byte in rest {
            self.push(byte);
        }
        self
    }

    /// Returns the hash of the bytes added so far.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_eval::Murmur3::default().absorb(b"my.flag").finish(), 0xb02d_e998);
    /// ```
    #[inline]
    pub fn finish(self) -> u32 {
        let mut hash = self.state;
        if self.tail_len > 0 {
            hash ^= scramble(self.tail);
        }
        hash ^= self.len;
        hash ^= hash >> 16;
        hash = hash.wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        hash = hash.wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }

    fn push(&mut self, byte: u8) {
        self.tail |= u32::from(byte) << (8 * self.tail_len);
        self.tail_len += 1;
        if self.tail_len == 4 {
            let block = self.tail;
            self.tail = 0;
            self.tail_len = 0;
            self.block(block);
        }
    }

    fn block(&mut self, block: u32) {
        self.state ^= scramble(block);
        self.state = self.state.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
}

fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts_have_known_hashes() {
        for (text, hash) in [
            ("my.flag1", 0x9b33_b160u32),
            ("my.flag", 0xb02d_e998),
            ("ab", 0x9bbf_d75f),
            ("xabcd", 0x8b7f_aa36),
            ("xabc", 0xb0c6_d170),
            ("xab", 0xe8fc_4996),
            ("xa", 0x5b5b_3e33),
            ("klíčžluť", 0x3b63_d89b),
            ("日本語", 0xa5a4_7297),
            ("nula\0b", 0xba07_8d00),
        ] {
            assert_eq!(Murmur3::default().absorb(text.as_bytes()).finish(), hash, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_have_the_hash_of_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..64), cuts: (usize, usize)) {
            let whole = Murmur3::default().absorb(&bytes).finish();
            let first = cuts.0 % (bytes.len() + 1);
            let second = first + cuts.1 % (bytes.len() - first + 1);
            let pieces = Murmur3::default()
                .absorb(&bytes[..first])
                .absorb(&bytes[first..second])
                .absorb(&bytes[second..]);
            prop_assert_eq!(pieces.finish(), whole);
        }
    }
}
