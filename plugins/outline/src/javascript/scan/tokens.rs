//! What single bytes and words mean to the scanner.

/// The words after which an expression starts, so that `/` begins a regular expression and `<` an element.
const BEFORE_EXPRESSION: [&str; 16] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "else",
    "do",
    "await",
    "yield",
    "default",
    "instanceof",
    "extends",
];
/// The words that go on with the statement of the line before.
const CONTINUING: [&str; 9] = ["from", "as", "in", "of", "instanceof", "extends", "implements", "satisfies", "else"];
/// The words before `(` that are no calls.
const NO_CALLS: [&str; 9] = ["if", "for", "while", "switch", "catch", "return", "with", "function", "await"];

/// A set of bytes as a table.
const fn set(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

/// Where the scanner stops in code.
pub const CODE: [bool; 256] = set(b"\n;'\"`/()[]{}<");
/// Where it stops in a template.
pub const TEMPLATE: [bool; 256] = set(b"`\\$");
/// Where it stops in a JSX tag.
pub const TAG: [bool; 256] = set(b"\n'\"{/>");
/// Where it stops between JSX elements.
pub const CHILDREN: [bool; 256] = set(b"\n<{");

/// True for what a name is made of.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The same for a byte; every byte of a character outside ASCII counts.
pub fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// The name that ends at the end of `code`, at most `most` bytes of it; with dots where `dotted`.
pub fn name_at_end(code: &[u8], most: usize, dotted: bool) -> &[u8] {
    let least = code.len().saturating_sub(most);
    let is_part = |byte: &u8| is_word_byte(*byte) || dotted && matches!(byte, b'.' | b'?');
    let start = code[least..].iter().rposition(|byte| !is_part(byte)).map_or(least, |at| least + at + 1);
    &code[start..]
}

/// True where an expression starts behind `code`, whose last byte is not blank.
pub fn expression_follows(code: &[u8]) -> bool {
    match code.last() {
        Some(b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'.') => false,
        Some(b'>') => code.ends_with(b"=>"),
        Some(byte) if is_word_byte(*byte) => is_one_of(name_at_end(code, 12, false), &BEFORE_EXPRESSION),
        None | Some(_) => true,
    }
}

/// True where a statement ends at a line's end between `before`, whose last byte is not blank, and `after`, whose first is not.
pub fn statement_ends(before: &[u8], after: &[u8]) -> bool {
    let Some(last) = before.last() else { return false };
    let goes_on = match last {
        b'>' => before.ends_with(b"=>"),
        b'+' => !before.ends_with(b"++"),
        b'-' => !before.ends_with(b"--"),
        _ => b"=,*/&|?:<.!~^%".contains(last),
    };
    let end = after.iter().take(12).position(|byte| !is_word_byte(*byte)).unwrap_or(after.len().min(12));
    let starts = after.first().is_some_and(|byte| is_word_byte(*byte) || b"@'\"}".contains(byte));
    starts && !goes_on && !is_one_of(&after[..end], &CONTINUING)
}

/// True where a module's own statement starts: it ends whatever is open.
pub fn module_statement_starts(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"import").or_else(|| line.strip_prefix(b"export"));
    rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'{' | b'*' | b'"' | b'\'')))
}

/// True for a word before `(` that names no function.
pub fn is_no_call(word: &[u8]) -> bool {
    is_one_of(word, &NO_CALLS)
}

fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| known.as_bytes() == word)
}
