//! The name that a value is given to, read backwards from the value: `name = "value"`, `"name": "value"`, `name=value`.

use super::Style;

/// The value around the word at byte `at`: where it starts, the value, and its name; none where nothing is assigned.
pub(super) fn around(text: &str, at: usize, style: Style) -> Option<(usize, &str, &str)> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';');
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let start =
        text[line..at].char_indices().rev().take_while(|(_, c)| !is_end(*c)).last().map_or(at, |(i, _)| line + i);
    let quote = text[line..start].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let (start, before) = match (quote, style) {
        (Some(_), _) => (start, &text[line..start - 1]),
        (None, Style::Code) => return None,
        // Bare: what is before the sign belongs to the name.
        (None, Style::Settings) => {
            let bare = &text[start..at];
            let sign = bare.find(['=', ':']).map_or(start, |sign| start + sign + 1);
            (sign, &text[line..sign])
        }
    };
    let end = text[at..].find(is_end).map_or(text.len(), |end| at + end);
    Some((start, &text[start..end], name_before(before)?))
}

/// The name in front of `=`, `:` or, as the name of an environment variable with a default, `,`.
fn name_before(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let named = if let Some(named) = before.strip_suffix(['=', ':']) {
        named.trim_end()
    } else {
        let named = before.strip_suffix(',')?.trim_end();
        let call = named.strip_suffix(['"', '\''])?.rsplit_once(['"', '\''])?.0;
        let is_lookup =
            ["getenv(", "environ.get(", "environ.setdefault(", "env("].iter().any(|end| call.ends_with(end));
        is_lookup.then_some(named)?
    };
    // `NAME: str = …` names before its type.
    let named = match named.rsplit_once(':') {
        Some((name, kind)) if !name.is_empty() && !kind.contains(['"', '\'', '{', ',']) && before.ends_with('=') => {
            name
        }
        _ => named,
    };
    let named = named.trim_end_matches(['"', '\'', '`', ']', ' ']);
    let start = named
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .last()?
        .0;
    Some(&named[start..])
}
