//! Where a text holds one of several words, in letters of either case.

mod lanes;

use lanes::Lanes;

/// How many bytes of each word decide how far a search may jump; no word is shorter.
const WINDOW: usize = 4;
/// A jump where no word has the pair.
const LONGEST_JUMP: u8 = 3;
/// Pairs of bytes, five bits of each: letters count alike in either case.
const PAIRS: usize = 1 << 10;

/// Words to search for: sixteen bytes at once where the machine can, else by the jumps of Horspool's algorithm over the pair
/// that ends their first four bytes.
#[derive(Debug)]
pub struct Words {
    all: &'static [&'static str],
    jumps: [u8; PAIRS],
    lanes: Lanes,
}

impl Words {
    /// Words of ASCII in lower case, each of four bytes or more.
    ///
    /// # Panics
    ///
    /// Where a word is shorter: made as a constant, that is an error of the compiler.
    #[must_use]
    pub const fn new(words: &'static [&'static str]) -> Self {
        let mut jumps = [LONGEST_JUMP; PAIRS];
        let mut index = 0;
        while index < words.len() {
            let word = words[index].as_bytes();
            assert!(word.len() >= WINDOW, "a word is shorter than the window");
            let (mut from, mut jump) = (0, LONGEST_JUMP);
            while jump > 0 {
                jump -= 1;
                let pair = pair(word[from], word[from + 1]);
                if jump < jumps[pair] {
                    jumps[pair] = jump;
                }
                from += 1;
            }
            index += 1;
        }
        Self { all: words, jumps, lanes: Lanes::new(words) }
    }

    /// Where the first of the words starts at or behind byte `from`, within a longer word too.
    #[must_use]
    pub fn find(&self, text: &str, from: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = match self.lanes.find(bytes, from, |at| self.start(&bytes[at..])) {
            Ok(found) => return Some(found),
            Err(left) => left,
        };
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<WINDOW>()) {
            match self.jumps[pair(window[2], window[3])] {
                0 if self.start(&bytes[at..]) => return Some(at),
                0 => at += 1,
                jump => at += usize::from(jump),
            }
        }
        None
    }

    fn start(&self, bytes: &[u8]) -> bool {
        let starts =
            |word: &&str| bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
        self.all.iter().any(starts)
    }
}

const fn pair(first: u8, second: u8) -> usize {
    ((first & 31) as usize) << 5 | (second & 31) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words = Words::new(&["tool", "model", "_agent"]);

    #[test]
    fn a_word_is_found_wherever_it_stands_in_either_case() {
        for word in ["tool", "MODEL", "_Agent", "toOL"] {
            for before in 0..40 {
                for after in 0..20 {
                    let text = format!("{}{word}{}", "o".repeat(before), "é".repeat(after));
                    for from in 0..=before {
                        assert_eq!(WORDS.find(&text, from), Some(before), "{text}");
                    }
                    assert_eq!(WORDS.find(&text, before + 1), None, "{text}");
                }
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_word_is_none() {
        for text in ["", "too", "agent", "mode", "t ool", "töol", "4ool", "?agent", "TOO LMODE L"] {
            assert_eq!(WORDS.find(text, 0), None, "{text}");
            assert_eq!(WORDS.find(&text.repeat(9), 0), None, "{text}");
        }
        // Bytes of one pair that are no letters of it.
        assert_eq!(WORDS.find("\u{14}\u{f}\u{f}\u{c}", 0), None);
    }
}
