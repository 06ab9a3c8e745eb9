//! The read side of `/v2/` as pure functions: names, tags, digests and ranges
//! (OCI distribution spec 1.1, "Pull"; RFC 9110, section 14).

use crate::{Digest, ImageError};

/// The longest repository name in bytes that clients agree on (distribution spec, "Pulling manifests").
pub const MAX_REPOSITORY: usize = 255;
/// The longest tag in bytes (the same section).
pub const MAX_TAG: usize = 128;
/// The media type of the manifests that we write.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an index.
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The content type of a blob on the wire, whatever is in it.
pub const BLOB_TYPE: &str = "application/octet-stream";

/// What stands behind `manifests/` in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestReference {
    /// A tag.
    Tag(String),
    /// A digest.
    Digest(Digest),
}

/// Reads a digest from a URL.
pub fn parse_digest(text: &str) -> Result<Digest, ImageError> {
    Digest::parse(text)
}

/// Reads a tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub fn parse_tag(text: &str) -> Result<&str, ImageError> {
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let good = text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|c| word(c) || matches!(c, b'.' | b'-'));
    if good { Ok(text) } else { Err(ImageError::name("a tag: 1 to 128 of letters, digits, `_`, `.` and `-`", text)) }
}

/// Reads a tag or a digest; a digest is what has a colon.
pub fn parse_manifest_reference(text: &str) -> Result<ManifestReference, ImageError> {
    if text.contains(':') {
        Digest::parse(text).map(ManifestReference::Digest)
    } else {
        parse_tag(text).map(|tag| ManifestReference::Tag(tag.to_owned()))
    }
}

/// Reads a repository name: lower-case words joined by `/`.
pub fn parse_repository(text: &str) -> Result<&str, ImageError> {
    if text.len() <= MAX_REPOSITORY && text.split('/').all(is_path_component) {
        Ok(text)
    } else {
        Err(ImageError::name("a repository: lower-case words joined by `/`, at most 255 bytes", text))
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(part: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.first().is_some_and(|&c| word(c))
        && bytes.last().is_some_and(|&c| word(c))
        && part
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|c| c == b'-'))
}

/// What a `Range` header asks for, measured on content of a known length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeRequest {
    /// No range, or one that a server shall ignore (another unit, several ranges, not well formed): answer 200 with everything.
    Whole,
    /// Bytes `start` to `end`, both included: answer 206.
    Part {
        /// The first byte.
        start: u64,
        /// The last byte.
        end: u64,
    },
    /// Nothing of it exists: answer 416 with `Content-Range: bytes */length`.
    Unsatisfiable,
}

/// Measures a `Range` header (`bytes=a-b`, `bytes=a-`, `bytes=-n`) on content of `length` bytes.
#[must_use]
pub fn parse_range(header: Option<&str>, length: u64) -> RangeRequest {
    let Some((first, last)) = header
        .and_then(|header| header.trim().split_once('='))
        .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
        .and_then(|(_, set)| set.trim().split_once('-'))
    else {
        return RangeRequest::Whole;
    };
    match (parse_position(first), parse_position(last)) {
        (Position::At(start), Position::At(end)) if end < start => RangeRequest::Whole,
        (Position::At(start), _) if start >= length => RangeRequest::Unsatisfiable,
        (Position::At(start), Position::At(end)) => RangeRequest::Part { start, end: end.min(length - 1) },
        (Position::At(start), Position::Absent) => RangeRequest::Part { start, end: length - 1 },
        (Position::Absent, Position::At(count)) if count == 0 || length == 0 => RangeRequest::Unsatisfiable,
        (Position::Absent, Position::At(count)) => {
            RangeRequest::Part { start: length.saturating_sub(count), end: length - 1 }
        }
        (Position::Absent, Position::Absent) | (Position::Malformed, _) | (_, Position::Malformed) => {
            RangeRequest::Whole
        }
    }
}

/// One side of a range.
enum Position {
    Absent,
    At(u64),
    Malformed,
}

fn parse_position(text: &str) -> Position {
    match text.trim() {
        "" => Position::Absent,
        // Too large for a u64 is past the end of everything; both are digits only, so `parse` fails on size alone.
        digits if digits.bytes().all(|c| c.is_ascii_digit()) => Position::At(digits.parse().unwrap_or(u64::MAX)),
        _ => Position::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_measured_on_the_content() {
        let part = |start, end| RangeRequest::Part { start, end };
        for (header, expected) in [
            ("bytes=0-9", part(0, 9)),
            ("bytes=5-", part(5, 99)),
            ("bytes=-10", part(90, 99)),
            ("bytes=-1000", part(0, 99)),
            ("bytes=90-1000", part(90, 99)),
            ("Bytes= 99-99 ", part(99, 99)),
            ("bytes=0-99999999999999999999999", part(0, 99)),
            ("bytes=100-", RangeRequest::Unsatisfiable),
            ("bytes=99999999999999999999999-", RangeRequest::Unsatisfiable),
            ("bytes=-0", RangeRequest::Unsatisfiable),
            ("bytes=9-0", RangeRequest::Whole),
            ("bytes=0-1,5-6", RangeRequest::Whole),
            ("bytes=-", RangeRequest::Whole),
            ("bytes=a-b", RangeRequest::Whole),
            ("bytes=+1-2", RangeRequest::Whole),
            ("lines=0-1", RangeRequest::Whole),
            ("", RangeRequest::Whole),
        ] {
            assert_eq!(parse_range(Some(header), 100), expected, "{header}");
        }
        assert_eq!(parse_range(None, 100), RangeRequest::Whole);
        assert_eq!(parse_range(Some("bytes=0-"), 0), RangeRequest::Unsatisfiable);
        assert_eq!(parse_range(Some("bytes=-5"), 0), RangeRequest::Unsatisfiable);
    }

    #[test]
    fn tags_and_repositories_follow_the_grammar() {
        let (longest, too_long) = ("t".repeat(128), "t".repeat(129));
        for good in ["latest", "a1b2c3", "_x", "V1.0-rc_1", &longest] {
            assert_eq!(parse_tag(good).expect("a tag"), good);
        }
        for bad in ["", ".x", "-x", "a/b", "a b", "ä", "..", &too_long] {
            assert!(parse_tag(bad).is_err(), "{bad}");
        }
        for good in ["default/agent", "a", "a/b__c.d-e--f"] {
            assert_eq!(parse_repository(good).expect("a repository"), good);
        }
        for bad in ["", "A", "a//b", "/a", "a/", "../a", "a/..", "a/b___c"] {
            assert!(parse_repository(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_manifest_is_named_by_a_tag_or_a_digest() {
        let digest = Digest::of(b"x");
        assert_eq!(parse_manifest_reference(&digest.to_string()).expect("a digest"), ManifestReference::Digest(digest));
        assert_eq!(parse_manifest_reference("v1").expect("a tag"), ManifestReference::Tag("v1".to_owned()));
        assert!(parse_manifest_reference("sha512:00").is_err());
    }
}
