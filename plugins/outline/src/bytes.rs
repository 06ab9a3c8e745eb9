//! Searching bytes, in steps that suit a guest: there a turn of a loop costs as much as a comparison.

/// How many bytes are looked at in one turn.
const STEP: usize = 8;

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
}
