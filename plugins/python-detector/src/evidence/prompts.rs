//! The system prompt that the code suggests: the surest place wins, of equals the longest, then the first.

use super::tools::At;
use super::walk::{Sight, last_part};
use windlass_outline::secrets::{self, Style};
use windlass_plugin_sdk::{Claims, kind};

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
    pub fn literal(&mut self, sight: &Sight<'_, '_>, at: At<'_>) {
        let length = sight.text.len() + sight.joined.iter().map(|literal| literal.text.len()).sum::<usize>();
        if length < SHORTEST || sight.is_key() {
            return;
        }
        let Some((rule, sure)) = rule(sight) else { return };
        // What speaks to the model is surer than a part of it; where the name says little, it is asked for.
        let speaks = speaks_to_model(sight.text);
        if !speaks && sure < 0.6 {
            return;
        }
        let score = if speaks { sure } else { sure - 0.05 } * at.weight;
        // Decoding costs; a literal that is weaker, or shorter even as written, cannot win.
        if self.best.as_ref().is_some_and(|best| best.score > score || best.score >= score && best.text.len() >= length)
        {
            return;
        }
        let written: String =
            std::iter::once(sight.text).chain(sight.joined.iter().map(|literal| literal.text)).collect();
        let text = plain(&written);
        if text.len() < SHORTEST || !text.contains(' ') || !secrets::in_text(&text, Style::Code).is_empty() {
            return;
        }
        self.best = Some(Prompt { score, text, file: at.file.to_owned(), line: at.line, rule });
    }

    /// Claims the best.
    pub fn claim(self, claims: &mut Claims) {
        if let Some(best) = self.best {
            claims.add(kind::PROMPT, best.text, best.score).at(best.file, best.line).rule(best.rule);
        }
    }
}

/// True for a text that begins by telling who the model is or what its task is.
fn speaks_to_model(text: &str) -> bool {
    let start: String = text.chars().take(300).map(|c| c.to_ascii_lowercase()).collect();
    ["you are", "you're", "you will", "act as", "your task", "your job", "your role", "your goal"]
        .iter()
        .any(|word| start.contains(word))
}

/// Where a prompt stands, and how sure that makes it.
fn rule(sight: &Sight<'_, '_>) -> Option<(&'static str, f32)> {
    // Brackets that only join lines name nothing.
    let mut frames = sight.frames;
    let mut slot = sight.slot;
    while let Some((group, outer)) = frames.split_last() {
        if group.bracket != b'(' || !group.callee.is_empty() || group.position > 0 || !slot.is_empty() {
            break;
        }
        (frames, slot) = (outer, group.slot);
    }
    let frame = frames.last();
    if let Some(frame) = frame {
        let is_system = |role: &str| matches!(role, "system" | "developer" | "SYSTEM");
        if frame.bracket == b'{' && matches!(slot, "content" | "text") && is_system(frame.role) {
            return Some(("system-message", 0.85));
        }
        // `("system", "…")`
        if frame.bracket == b'(' && frame.callee.is_empty() && frame.position == 1 && is_system(frame.first) {
            return Some(("system-message", 0.85));
        }
        let is_message =
            matches!(last_part(frame.callee), "SystemMessage" | "SystemMessagePromptTemplate" | "SystemChatMessage")
                || frame.callee.contains("SystemMessagePromptTemplate");
        if is_message && (slot == "content" || slot.is_empty() && frame.position == 0) {
            return Some(("system-message", 0.85));
        }
    }
    let names = std::iter::once(slot).chain(frames.iter().rev().map(|frame| frame.slot));
    let name = names.map(last_part).find(|name| !matches!(*name, "" | "template" | "content" | "text" | "default"))?;
    let name = name.to_ascii_lowercase();
    let is_keyword = frame.is_some_and(|frame| frame.bracket == b'(');
    if ["system_prompt", "systemprompt", "system_message", "system_instruction", "sys_prompt", "system_msg"]
        .iter()
        .any(|word| name.contains(word))
        || name == "system" && is_keyword
    {
        return Some(("system-prompt", 0.9));
    }
    if matches!(
        name.as_str(),
        "instructions" | "instruction" | "agent_instructions" | "agent_instruction" | "root_instruction" | "prefix"
    ) || name.ends_with("_instructions")
    {
        return Some(("instructions", 0.8));
    }
    if name == "backstory" {
        return Some(("backstory", 0.6));
    }
    (name.ends_with("prompt") && !name.contains("user")).then_some(("prompt", 0.5))
}

/// The text that the code means: escapes resolved, the common indent off, cut at [`LONGEST`].
fn plain(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(escape @ ('n' | 't' | '"' | '\'' | '\\' | '\n' | '\r'))) => {
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
    let indent = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min();
    let indent = indent.unwrap_or(0);
    let lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| if number == 0 { line } else { line.get(indent..).unwrap_or("") });
    let text = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
    let text = text.trim();
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].to_owned()
}
