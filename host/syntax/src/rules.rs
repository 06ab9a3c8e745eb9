//! What a pattern may look like, told from its text: the first of three fences against patterns that never end.
//!
//! Tried on tree-sitter 0.27: 3 KB compile for over 20 s, uninterruptibly; so do 487 bytes of `_?` (16 s), which only the
//! check in a child process stops; and 80 bytes match for over 20 s, which only the limits of the match stop.

/// The most patterns of one plugin.
pub const MAX_PATTERNS: usize = 64;
/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 512;
/// The most brackets inside each other.
const MAX_NESTING: usize = 16;
/// The most quantifiers and alternations inside each other: one inside one.
const MAX_CHOICES: usize = 2;

/// A bracket that is open.
struct Open {
    alternation: bool,
    /// The most choices inside each other, of all that the bracket holds so far.
    choices: usize,
}

/// Why a pattern is refused, a part of a sentence; none when it keeps the rules. Whether it is a sound query is another
/// question.
pub fn broken_rule(pattern: &str) -> Option<String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Some(format!("it has {} bytes, more than the {MAX_PATTERN_BYTES} that are taken", pattern.len()));
    }
    let mut open = vec![Open { alternation: false, choices: 0 }];
    // The choices of what was just read, which a quantifier behind it adds to.
    let mut last = 0;
    for token in Tokens(pattern) {
        match token {
            Token::Open(bracket) => {
                open.push(Open { alternation: bracket == '[', choices: 0 });
                if open.len() > MAX_NESTING + 1 {
                    return Some(format!("its brackets are nested deeper than {MAX_NESTING}"));
                }
            }
            Token::Close => {
                if open.len() > 1 {
                    let closed = open.pop().map_or(0, |open| open.choices + usize::from(open.alternation));
                    last = closed;
                    raise(&mut open, last);
                }
            }
            Token::Quantifier => {
                last += 1;
                raise(&mut open, last);
            }
            Token::Leaf => last = 0,
        }
        if open.iter().any(|open| open.choices + usize::from(open.alternation) > MAX_CHOICES) {
            return Some("it has more than one quantifier or alternation inside another".to_owned());
        }
    }
    None
}

fn raise(open: &mut [Open], choices: usize) {
    if let Some(open) = open.last_mut() {
        open.choices = open.choices.max(choices);
    }
}

enum Token {
    Open(char),
    Close,
    Quantifier,
    /// A name, a string, a capture: whatever is no bracket.
    Leaf,
}

/// The tokens of a pattern; comments and white space are none.
struct Tokens<'a>(&'a str);

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            self.0 = self.0.trim_start();
            let Some(comment) = self.0.strip_prefix(';') else { break };
            self.0 = comment.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let first = self.0.chars().next()?;
        let (token, length) = match first {
            '(' | '[' => (Token::Open(first), 1),
            ')' | ']' => (Token::Close, 1),
            '?' | '*' | '+' => (Token::Quantifier, 1),
            '"' => (Token::Leaf, string_length(self.0)),
            '#' => (Token::Leaf, name_length(self.0, |c| matches!(c, '?' | '!'))),
            _ => (Token::Leaf, name_length(self.0, |_| false)),
        };
        self.0 = &self.0[length..];
        Some(token)
    }
}

/// A capture ends nothing: in `(a) @b` a quantifier behind it would be a mistake, and is counted as if it were none.
fn name_length(text: &str, also: impl Fn(char) -> bool) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || also(c);
    let rest = text.char_indices().skip(1);
    rest.into_iter().find(|(_, c)| !is_name(*c)).map_or(text.len(), |(at, _)| at)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_patterns_keep_the_rules() {
        for pattern in [
            "(call function: (identifier) @f (#eq? @f \"Agent\"))",
            "(call function: [(identifier) (attribute)] @f)",
            "(decorated_definition (decorator [(identifier) (call)] @d)+ definition: (_) @x)",
            "((string) @s (#match? @s \"[*+?]+(a|b)*\"))",
            "; a comment (((((((((((((((((((\n(identifier)",
            "(module . (_)? @a . (_)? @b (_)* @c)",
        ] {
            assert_eq!(broken_rule(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn the_length_holds_at_its_edge() {
        let of = |bytes: usize| broken_rule(&format!("(identifier){}", " ".repeat(bytes - 12)));
        assert_eq!(of(MAX_PATTERN_BYTES), None);
        assert_eq!(of(MAX_PATTERN_BYTES + 1).as_deref(), Some("it has 513 bytes, more than the 512 that are taken"));
    }

    #[test]
    fn the_nesting_holds_at_its_edge() {
        let of = |depth: usize| broken_rule(&format!("{}_{}", "(".repeat(depth), ")".repeat(depth)));
        assert_eq!(of(MAX_NESTING), None);
        assert!(of(MAX_NESTING + 1).is_some_and(|text| text.contains("deeper than 16")));
    }

    #[test]
    fn a_choice_in_a_choice_is_taken_and_one_more_is_not() {
        for taken in ["((a)* (b)?)+", "[(a)? (b)]", "[(a) [(b) (c)]]", "((_)? (_)? (_)?)*", "[(a) (b)]*", "_?"] {
            assert_eq!(broken_rule(taken), None, "{taken}");
        }
        for refused in ["(((a)*)*)*", "[(a)? (b)]*", "((a [(b) (c)?])?)", "[[[(a)]]]", "(_ (_ (_ _?)?)?)", "(a)***"] {
            assert!(broken_rule(refused).is_some(), "{refused}");
        }
    }

    #[test]
    fn text_that_is_no_pattern_is_left_to_the_compiler() {
        for pattern in ["", ")))", "\"open", "((", "é*", "#", "@", ";"] {
            assert_eq!(broken_rule(pattern), None, "{pattern}");
        }
    }
}
