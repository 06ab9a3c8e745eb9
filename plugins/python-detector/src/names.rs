//! Maps by names of the tree, with a hash that costs less than the search for which it is taken: the standard library's is
//! made for keys that an attacker chooses against a server, and a guest is bounded by its time.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by names.
pub type Names<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;

/// Mixes eight bytes at once.
#[derive(Debug, Default)]
pub struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        // Multiplication mixes upwards, and a guest's map takes the lower half.
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.mix(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    #[test]
    fn names_that_differ_by_a_byte_have_hashes_of_their_own() {
        let names: Vec<String> = (0..2_000).map(|n| format!("package/step_{n}")).collect();
        let build = BuildHasherDefault::<NameHasher>::default();
        let lower: HashSet<u64> = names.iter().map(|name| build.hash_one(name) & 0xffff_ffff).collect();
        assert_eq!(lower.len(), names.len());
        let map: Names<(usize, &str), usize> =
            names.iter().enumerate().map(|(n, name)| ((n % 7, name.as_str()), n)).collect();
        assert!(names.iter().enumerate().all(|(n, name)| map.get(&(n % 7, name.as_str())) == Some(&n)));
    }
}
