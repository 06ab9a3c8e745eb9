//! Command lines of package.json, Procfile and Dockerfile, cut into simple commands.

/// One simple command: its words, quotes taken off.
pub type Words = Vec<String>;

/// The simple commands of a line, in order: what stands between `&&`, `||`, `;`, `&` and `|`.
pub fn commands(line: &str) -> Vec<Words> {
    let mut commands = Vec::new();
    let mut words: Words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', _) => word.get_or_insert_default().extend(chars.next()),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (';' | '&' | '|' | '\n', None) => {
                words.extend(word.take());
                if !words.is_empty() {
                    commands.push(std::mem::take(&mut words));
                }
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if !words.is_empty() {
        commands.push(words);
    }
    commands
}

/// True for `NAME=value` in front of a command.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_part_commands_and_quotes_hold_words_together() {
        let line = "A=1 tsc && node -e \"a && b\" | tee 'x y'; run\\ it & c";
        let expected: [&[&str]; 5] = [&["A=1", "tsc"], &["node", "-e", "a && b"], &["tee", "x y"], &["run it"], &["c"]];
        assert_eq!(commands(line), expected);
        assert!(commands(" && ").is_empty());
        assert!(is_assignment("NODE_ENV=x") && !is_assignment("--a=b") && !is_assignment("=b") && !is_assignment("a"));
    }
}
