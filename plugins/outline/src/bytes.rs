//! Searching bytes, in steps that suit a guest: there a turn of a loop costs as much as a comparison.

/// How many bytes are looked at in one turn.
const STEP: usize = 8;
/// How many bytes one word of [`Marks`] is of.
const BLOCK: usize = 64;
/// Times eight bytes that are 0 or 1, its highest byte is their eight bits.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// Where the first byte is that `stops`; the length where none does.
pub fn position(bytes: &[u8], stops: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk::<STEP>() {
        for (n, byte) in chunk.iter().enumerate() {
            if stops(*byte) {
                return at + n;
            }
        }
        at += STEP;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| stops(*byte)).unwrap_or(rest.len())
}

/// Where the first byte of that value is.
#[must_use]
pub fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let holds = |block: &[u8; BLOCK]| block.iter().fold(0, |found, byte| found | u8::from(*byte == wanted)) == 1;
    let passed = bytes.as_chunks().0.iter().take_while(|block| !holds(block)).count() * BLOCK;
    bytes[passed..].iter().position(|byte| *byte == wanted).map(|at| passed + at)
}

/// Where the bytes of a set stand in a text. A whole block is looked at in one turn, so where they stand close together this
/// is much cheaper than to search for each.
#[derive(Debug)]
pub struct Marks {
    blocks: Vec<u64>,
    length: usize,
}

impl Marks {
    /// The places of the bytes of `set`.
    #[must_use]
    pub fn of<const N: usize>(bytes: &[u8], set: [u8; N]) -> Self {
        let (whole, rest) = bytes.as_chunks::<BLOCK>();
        let mut blocks = Vec::with_capacity(whole.len() + 1);
        blocks.extend(whole.iter().map(|block| marks(block, set)));
        if !rest.is_empty() {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            blocks.push(marks(&last, set) & (u64::MAX >> (BLOCK - rest.len())));
        }
        Self { blocks, length: bytes.len() }
    }

    /// The first place at or behind `from`; the length of the text where there is none.
    #[must_use]
    pub fn next(&self, from: usize) -> usize {
        let (mut block, skipped) = (from / BLOCK, from % BLOCK);
        let Some(marks) = self.blocks.get(block) else { return self.length };
        let mut left = marks >> skipped << skipped;
        while left == 0 {
            block += 1;
            let Some(marks) = self.blocks.get(block) else { return self.length };
            left = *marks;
        }
        block * BLOCK + left.trailing_zeros() as usize
    }
}

/// A bit for each byte of the block that is of the set.
fn marks<const N: usize>(block: &[u8; BLOCK], set: [u8; N]) -> u64 {
    // Without a branch, so that the compiler compares sixteen bytes at once where the machine can.
    let found = block.map(|byte| set.iter().fold(0, |found, wanted| found | u8::from(byte == *wanted)));
    let eights = found.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |marks, (n, eight)| marks | (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        for length in 0..3 * STEP {
            for stop in 0..=length {
                let bytes: Vec<u8> = (0..length).map(|n| u8::from(n >= stop)).collect();
                assert_eq!(position(&bytes, |byte| byte == 1), stop, "{length}");
            }
        }
    }

    #[test]
    fn a_byte_is_found_where_it_stands_first() {
        for length in 0..3 * BLOCK {
            let bytes: Vec<u8> = (0..length).map(|n| u8::from(n % 70 == 69)).collect();
            assert_eq!(find(&bytes, 1), Some(69).filter(|at| *at < length), "{length}");
        }
    }

    #[test]
    fn every_byte_of_a_set_is_marked_and_no_other() {
        let bytes: Vec<u8> = (0..=255).cycle().step_by(7).take(3 * BLOCK + 5).collect();
        for length in 0..bytes.len() {
            let (bytes, set) = (&bytes[..length], [0, b'(', 0xff]);
            let marks = Marks::of(bytes, set);
            for from in 0..=length + BLOCK {
                let next = (from..length).find(|at| set.contains(&bytes[*at])).unwrap_or(length);
                assert_eq!(marks.next(from), next, "{from} of {length}");
            }
        }
    }
}
