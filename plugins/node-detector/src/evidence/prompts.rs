//! Where the code holds a system prompt.

use windlass_findings::prompts::{Notation, Prompts, SHORTEST};
use windlass_findings::{At, last_part};
use windlass_outline::javascript::scan::{Literal, Scan};

/// How JavaScript writes a text down.
const NOTATION: Notation = Notation { escaped: &['n', 't', '"', '\'', '\\', '`', '$', '\n'], indent: &[' '] };

/// A literal that may be a prompt.
pub fn literal(prompts: &mut Prompts, scan: &Scan<'_>, literal: &Literal<'_>, file: &str, weight: f32) {
    if literal.text.len() < SHORTEST || !literal.text.contains(' ') {
        return;
    }
    let Some((rule, sure)) = rule(scan, literal) else { return };
    let score = sure * weight;
    if prompts.would_win(score, literal.text.len()) {
        let at = At { file, line: scan.line(literal.at), weight };
        prompts.take(NOTATION.plain(literal.text), score, at, rule);
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
