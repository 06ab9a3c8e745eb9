//! The system prompt that the code suggests: the surest place wins, of equals the longest, then the first.

use crate::At;
use windlass_outline::secrets::{self, Style};
use windlass_plugin_sdk::{Claims, kind};

/// The most bytes that are claimed: a claim holds no more.
const LONGEST: usize = 4096;
/// Below this it is no prompt but a word.
pub const SHORTEST: usize = 12;

/// The best prompt so far.
#[derive(Debug, Default)]
pub struct Prompts {
    best: Option<Prompt>,
}

#[derive(Debug)]
struct Prompt {
    score: f32,
    text: String,
    file: String,
    line: u32,
    rule: &'static str,
}

/// How a language writes a text down.
#[derive(Debug, Clone, Copy)]
pub struct Notation {
    /// What a backslash takes its meaning from; a line end behind one is not there.
    pub escaped: &'static [char],
    /// What lines are indented by.
    pub indent: &'static [char],
}

impl Prompts {
    /// True when a prompt of this score and length, even as written, would win: to decode it costs.
    #[must_use]
    pub fn would_win(&self, score: f32, length: usize) -> bool {
        !self.best.as_ref().is_some_and(|best| best.score > score || best.score >= score && best.text.len() >= length)
    }

    /// Takes a prompt as the best, unless it is a mere word or holds a secret; the score is not weighed again.
    pub fn take(&mut self, mut text: String, score: f32, at: At<'_>, rule: &'static str) {
        text.truncate(text.floor_char_boundary(LONGEST));
        if text.len() >= SHORTEST && secrets::in_text(&text, Style::Code).is_empty() {
            self.best = Some(Prompt { score, text, file: at.file.to_owned(), line: at.line, rule });
        }
    }

    /// Claims the best.
    pub fn claim(self, claims: &mut Claims) {
        if let Some(best) = self.best {
            claims.add(kind::PROMPT, best.text, best.score).at(best.file, best.line).rule(best.rule);
        }
    }
}

impl Notation {
    /// The text that the code means: escapes resolved, the common indent off, cut at what a claim holds.
    #[must_use]
    pub fn plain(self, written: &str) -> String {
        let text = self.unescaped(written);
        let width = |line: &str| line.len() - line.trim_start_matches(self.indent).len();
        let indent = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(width).min().unwrap_or(0);
        let lines = text.lines().enumerate();
        let lines = lines.map(|(number, line)| if number == 0 { line } else { line.get(indent..).unwrap_or("") });
        let text = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
        let text = text.trim();
        text[..text.floor_char_boundary(LONGEST)].to_owned()
    }

    fn unescaped(self, written: &str) -> String {
        let mut text = String::with_capacity(written.len());
        let mut chars = written.chars();
        while let Some(c) = chars.next() {
            match (c, chars.as_str().chars().next()) {
                ('\\', Some(escape)) if self.escaped.contains(&escape) => {
                    chars.next();
                    match escape {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        '\n' => {}
                        '\r' => {
                            chars.next();
                        }
                        other => text.push(other),
                    }
                }
                ('\r', Some('\n')) => {}
                _ => text.push(c),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTATION: Notation = Notation { escaped: &['n', '"', '\n'], indent: &[' '] };

    #[test]
    fn a_text_is_what_the_code_means_and_no_longer_than_a_claim() {
        assert_eq!(
            NOTATION.plain("\n    You \\\"are\\\"\n      kind,\\n    \\t or\\\n not."),
            "You \"are\"\n  kind,\n\\t or not."
        );
        assert_eq!(NOTATION.plain(&"ä".repeat(LONGEST)).len(), LONGEST);
    }

    #[test]
    fn the_surest_wins_then_the_longest_and_a_word_or_a_secret_is_none() {
        let at = At { file: "a.py", line: 1, weight: 1.0 };
        let mut prompts = Prompts::default();
        prompts.take("You are it".to_owned(), 1.0, at, "short");
        let key = ["sk-ant-", "api03-bXq8Zr2LwT5vKc9YpN4hJd7Fs1Ge6Ua0MoQi3BxW"].concat();
        prompts.take(format!("You are {key}"), 1.0, at, "secret");
        prompts.take("You are a good agent".to_owned(), 0.5, at, "good");
        assert!(prompts.would_win(0.6, 12) && prompts.would_win(0.5, 21));
        assert!(!prompts.would_win(0.4, 99) && !prompts.would_win(0.5, 20));
        let mut claims = Claims::default();
        prompts.claim(&mut claims);
        assert_eq!(claims.as_slice()[0].rule, "good");
    }
}
