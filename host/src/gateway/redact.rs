//! Takes a key out of what a provider sent back: some repeat it in their errors.

use std::borrow::Cow;

/// What stands in its place.
const REMOVED: &[u8] = b"[removed]";

/// `bytes` without `key`.
pub(super) fn without_key<'a>(bytes: &'a [u8], key: Option<&str>) -> Cow<'a, [u8]> {
    let Some(key) = key.map(str::as_bytes).filter(|key| !key.is_empty()) else { return bytes.into() };
    let Some(first) = find(bytes, key) else { return bytes.into() };
    let (mut clean, mut rest, mut next) = (Vec::with_capacity(bytes.len()), bytes, Some(first));
    while let Some(at) = next {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(REMOVED);
        rest = &rest[at + key.len()..];
        next = find(rest, key);
    }
    clean.extend_from_slice(rest);
    clean.into()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_out_wherever_it_stands_and_nothing_else_is_touched() {
        for (text, clean) in [
            ("bad key sk-1, really sk-1", "bad key [removed], really [removed]"),
            ("sk-1", "[removed]"),
            ("sk-2", "sk-2"),
            ("", ""),
        ] {
            assert_eq!(without_key(text.as_bytes(), Some("sk-1")), clean.as_bytes());
        }
        assert_eq!(without_key(b"text", None), &b"text"[..]);
        assert_eq!(without_key(b"text", Some("")), &b"text"[..]);
    }
}
