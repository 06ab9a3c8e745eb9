//! The system prompt that the code suggests: the surest place wins, of equals the longest, then the first.

use super::tools::last_part;
use windlass_outline::javascript::scan::{Literal, Scan};
use windlass_outline::secrets::{self, Style};
use windlass_plugin_sdk::Claims;

/// The most bytes that are claimed: a claim holds no more.
const LONGEST: usize = 4096;
/// Below this it is no prompt but a word.
const SHORTEST: usize = 12;

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

impl Prompts {
    /// A literal that may be a prompt.
    pub fn literal(&mut self, scan: &Scan<'_>, literal: &Literal<'_>, file: &str, weight: f32) {
        if literal.text.len() < SHORTEST || !literal.text.contains(' ') {
            return;
        }
        let Some((rule, sure)) = rule(scan, literal) else { return };
        let score = sure * weight;
        let is_weaker =
            |best: &Prompt| best.score > score || best.score >= score && best.text.len() >= literal.text.len();
        if self.best.as_ref().is_some_and(is_weaker) {
            return;
        }
        let text = plain(literal.text);
        if text.len() >= SHORTEST && secrets::in_text(&text, Style::Code).is_empty() {
            self.best = Some(Prompt { score, text, file: file.to_owned(), line: scan.line(literal.at), rule });
        }
    }

    /// Claims the best.
    pub fn claim(self, claims: &mut Claims) {
        if let Some(best) = self.best {
            claims.add("prompt", best.text, best.score).at(best.file, best.line).rule(best.rule);
        }
    }
}

/// Where a prompt stands, and how sure that makes it.
fn rule(scan: &Scan<'_>, literal: &Literal<'_>) -> Option<(&'static str, f32)> {
    if last_part(scan.callee(literal)) == "SystemMessage" && literal.before.trim_end().ends_with('(') {
        return Some(("system-message", 0.85));
    }
    let key = literal.key()?;
    let name = key.to_ascii_lowercase().replace('_', "");
    if matches!(name.as_str(), "content" | "text" | "parts") {
        let before = literal.before;
        let start =
            (before.len().saturating_sub(80)..before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(0);
        let near = &before[start..];
        let is_system = ["'system'", "\"system\"", "'developer'", "\"developer\""].iter().any(|role| {
            // The role of this very message: nothing closes in between.
            near.rfind(role).is_some_and(|at| near[..at].trim_end().ends_with("role:") && !near[at..].contains('}'))
        });
        return is_system.then_some(("system-message", 0.85));
    }
    if ["systemprompt", "systemmessage", "systeminstruction", "sysprompt"].iter().any(|word| name.contains(word))
        || name == "system"
    {
        return Some(("system-prompt", 0.9));
    }
    if name == "instructions" || name.ends_with("instructions") || name == "instruction" {
        return Some(("instructions", 0.8));
    }
    (name.ends_with("prompt") && !name.contains("user")).then_some(("prompt", 0.5))
}

/// The text that the code means: escapes resolved, the common indent off, cut at [`LONGEST`].
fn plain(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(escape @ ('n' | 't' | '"' | '\'' | '\\' | '`' | '$' | '\n'))) => {
                chars.next();
                match escape {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    '\n' => {}
                    other => text.push(other),
                }
            }
            ('\r', Some('\n')) => {}
            _ => text.push(c),
        }
    }
    let width = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let indent = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(width).min().unwrap_or(0);
    let cut = |(number, line): (usize, &str)| {
        if number == 0 { line.trim_end().to_owned() } else { line.get(indent..).unwrap_or("").trim_end().to_owned() }
    };
    let text = text.lines().enumerate().map(cut).collect::<Vec<_>>().join("\n");
    let text = text.trim();
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].to_owned()
}
