//! Chains of names and calls, as both languages write them.

use super::MAX_TEXT;

/// True for what a name is made of.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// The characters of `code` that no bracket and no string holds, with their places; brackets themselves are among them.
pub fn outside_brackets(code: &str) -> impl Iterator<Item = (usize, char)> {
    let mut depth = 0_usize;
    let mut quote = None;
    code.char_indices().filter(move |(_, c)| match (quote, c) {
        (Some(open), _) => {
            if *c == open || *c == '\n' {
                quote = None;
            }
            false
        }
        (None, '"' | '\'' | '`') => {
            quote = Some(*c);
            false
        }
        (None, '(' | '[' | '{') => {
            depth += 1;
            depth == 1
        }
        (None, ')' | ']' | '}') => {
            depth = depth.saturating_sub(1);
            depth == 0
        }
        _ => depth == 0,
    })
}

/// A chain of names and calls without arguments, `StateGraph().compile`, and whether it ends in a call. None: it is no chain.
pub fn chain(code: &str) -> Option<(String, bool)> {
    let mut name = String::new();
    let mut called = false;
    for (_, c) in outside_brackets(code) {
        match c {
            '(' => {
                if std::mem::replace(&mut called, true) {
                    name.push_str("()");
                }
            }
            ')' => {}
            '.' => name.push_str(if std::mem::take(&mut called) { "()." } else { "." }),
            '#' | '\n' => break,
            c if is_word(c) && !called => name.push(c),
            c if c.is_whitespace() || c == '\\' => {}
            _ => return None,
        }
        if name.len() > MAX_TEXT {
            return None;
        }
    }
    name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$')).then_some((name, called))
}
