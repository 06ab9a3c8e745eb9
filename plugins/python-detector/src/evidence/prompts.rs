//! Where the code holds a system prompt.

use super::walk::Sight;
use windlass_findings::prompts::{Notation, Prompts, SHORTEST};
use windlass_findings::{At, last_part};

/// How Python writes a text down.
const NOTATION: Notation = Notation { escaped: &['n', 't', '"', '\'', '\\', '\n', '\r'], indent: &[' ', '\t'] };

/// A literal that may be a prompt.
pub fn literal(prompts: &mut Prompts, sight: &Sight<'_, '_>, at: At<'_>) {
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
    if prompts.would_win(score, length) {
        let written: String =
            std::iter::once(sight.text).chain(sight.joined.iter().map(|literal| literal.text)).collect();
        let text = NOTATION.plain(&written);
        if text.contains(' ') {
            prompts.take(text, score, at, rule);
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
