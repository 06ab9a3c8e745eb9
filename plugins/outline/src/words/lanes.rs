//! The search with WebAssembly's 128-bit instructions: the first three bytes of words, at sixteen places at once.
//!
//! Each half of a byte is looked up in a table of the words (eight groups of them, a bit each) that have it there; a place
//! where a group is left over by all six tables is looked at. Elsewhere nothing is searched, and the caller does it.

/// The bytes of a word that are looked up.
const DEPTH: usize = 3;

/// For each of the first bytes of the words: which groups have it, by its lower and by its upper half.
#[derive(Debug)]
pub struct Lanes {
    lower: [[u8; 16]; DEPTH],
    upper: [[u8; 16]; DEPTH],
}

impl Lanes {
    /// The tables of words in lower case, which match in either.
    pub const fn new(words: &[&str]) -> Self {
        let mut lanes = Self { lower: [[0; 16]; DEPTH], upper: [[0; 16]; DEPTH] };
        let mut index = 0;
        while index < words.len() {
            let (word, group, mut depth) = (words[index].as_bytes(), 1 << (index % 8), 0);
            while depth < DEPTH {
                let (byte, other) = (word[depth], word[depth].to_ascii_uppercase());
                lanes.lower[depth][(byte & 15) as usize] |= group;
                lanes.upper[depth][(byte >> 4) as usize] |= group;
                lanes.upper[depth][(other >> 4) as usize] |= group;
                depth += 1;
            }
            index += 1;
        }
        lanes
    }

    /// The first place at or behind `from` that `is_wanted`, or up to where there is none.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    #[expect(clippy::unused_self, reason = "see the module")]
    pub fn find(&self, _: &[u8], from: usize, _: impl Fn(usize) -> bool) -> Result<usize, usize> {
        Err(from)
    }

    /// The first place at or behind `from` that `is_wanted`, or up to where there is none.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    pub fn find(&self, bytes: &[u8], from: usize, is_wanted: impl Fn(usize) -> bool) -> Result<usize, usize> {
        use core::arch::wasm32::{u8x16_bitmask, u8x16_ne, u8x16_shr, u8x16_splat, u8x16_swizzle, v128, v128_and};
        let (lower, upper) = (self.lower.map(|table| vector(&table)), self.upper.map(|table| vector(&table)));
        let groups = |depth: usize, bytes: v128| {
            let lower = u8x16_swizzle(lower[depth], v128_and(bytes, u8x16_splat(15)));
            v128_and(lower, u8x16_swizzle(upper[depth], u8x16_shr(bytes, 4)))
        };
        let mut at = from;
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<{ 16 + DEPTH - 1 }>()) {
            let [first, second, third] = [0, 1, 2].map(|depth| {
                let bytes = window[depth..].first_chunk().map_or_else(|| u8x16_splat(0), vector);
                groups(depth, bytes)
            });
            let left = v128_and(v128_and(first, second), third);
            let mut places = u8x16_bitmask(u8x16_ne(left, u8x16_splat(0)));
            while places != 0 {
                let place = at + places.trailing_zeros() as usize;
                if is_wanted(place) {
                    return Ok(place);
                }
                places &= places - 1;
            }
            at += 16;
        }
        Err(at)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn vector(bytes: &[u8; 16]) -> core::arch::wasm32::v128 {
    let half = |from: usize| bytes[from..].first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
    core::arch::wasm32::u64x2(half(0), half(8))
}
