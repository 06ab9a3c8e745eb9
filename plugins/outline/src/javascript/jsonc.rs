//! JSON as tools of JavaScript write it: with comments and with commas before a closing bracket.

/// The text as plain JSON, in the same length where nothing had to go; strings stay as they are.
#[must_use]
pub fn plain_json(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let bytes = text.as_bytes();
    let mut plain: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let end = match byte {
            b'"' => string_end(rest),
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with(b"/*") => {
                at += text.get(at + 2..).and_then(|rest| rest.find("*/")).map_or(rest.len(), |end| end + 4);
                continue;
            }
            b']' | b'}' => {
                drop_comma(&mut plain);
                1
            }
            _ => 1,
        };
        plain.extend_from_slice(&rest[..end]);
        at += end;
    }
    String::from_utf8(plain).unwrap_or_default()
}

/// The length of the string that starts here, quotes included.
fn string_end(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn drop_comma(plain: &mut Vec<u8>) {
    if let Some(last) = plain.iter().rposition(|byte| !byte.is_ascii_whitespace()).filter(|last| plain[*last] == b',') {
        plain.remove(last);
    }
}

#[cfg(test)]
mod tests {
    use super::plain_json;

    #[test]
    fn comments_and_trailing_commas_go_and_strings_stay() {
        let text = "\u{feff}{ // why\n \"a\": [1, 2, /* x */ ], \"b\": \"// no, ]\\\"\", }";
        assert_eq!(plain_json(text), "{ \n \"a\": [1, 2  ], \"b\": \"// no, ]\\\"\" }");
        for broken in ["\"", "\"\\", "/*", "{,", "/"] {
            assert!(plain_json(broken).len() <= broken.len());
        }
    }
}
