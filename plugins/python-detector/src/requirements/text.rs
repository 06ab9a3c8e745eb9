//! Requirements files as pip reads them: continued lines, comments, options, includes, constraints.
//!
//! Invariant: every line that says something ends up in [`Found`].

use super::declared::{Declared, Found, Source};
use std::collections::HashSet;
use windlass_outline::paths::{folder, join};
use windlass_plugin_sdk::Files;

/// The most files that `-r` and `-c` may lead through.
const MOST_FILES: usize = 32;

/// Reads one text; `group` marks all of it as optional.
pub fn read(text: &str, path: Option<&str>, group: Option<&str>, files: &dyn Files, found: &mut Found) {
    let mut seen: HashSet<String> = path.map(str::to_owned).into_iter().collect();
    Reader { files, group, is_constraint: false }.read(text, path, &mut seen, found);
}

struct Reader<'a> {
    files: &'a dyn Files,
    group: Option<&'a str>,
    is_constraint: bool,
}

impl Reader<'_> {
    fn read(&self, text: &str, path: Option<&str>, seen: &mut HashSet<String>, found: &mut Found) {
        let text = readable(text);
        for (number, line) in joined_lines(&text) {
            self.line(&line, number, path, seen, found);
        }
    }

    fn line(&self, text: &str, number: u32, path: Option<&str>, seen: &mut HashSet<String>, found: &mut Found) {
        let source = Source {
            file: path.map(str::to_owned),
            line: path.map(|_| number),
            rule: if path.is_some() { "requirements-file" } else { "request" },
        };
        let (option, value) = split_option(text);
        match option {
            "-r" | "--requirement" | "-c" | "--constraint" => {
                let is_constraint = self.is_constraint || option.starts_with("-c") || option == "--constraint";
                if is_constraint && !self.is_constraint {
                    found.options.push((text.to_owned(), source.clone()));
                }
                let target = join(path.map_or("", folder), value);
                if seen.contains(&target) || seen.len() >= MOST_FILES {
                    return;
                }
                match self.files.read(&target) {
                    Ok(included) => {
                        seen.insert(target.clone());
                        Reader { is_constraint, ..*self }.read(&included, Some(&target), seen, found);
                    }
                    Err(_) if !is_constraint => found.options.push((text.to_owned(), source)),
                    Err(_) => {}
                }
                return;
            }
            "-e" | "--editable" => return editable(value, self.group, source, found),
            _ if text.starts_with('-') => return found.options.push((text.to_owned(), source)),
            _ => {}
        }
        // The project itself, installed from its own tree: its dependencies are read where it declares them.
        if let Some(extras) = own_extras(text) {
            return found.extras.extend(extras);
        }
        // Hashes and other options of one line pin the same project further; they are no part of PEP 508.
        let end = text.find(" --").unwrap_or(text.len());
        let declared = Declared::new(text[..end].trim_end(), source).in_group(self.group);
        if self.is_constraint {
            found.constraints.push(declared);
        } else {
            found.declared.push(declared);
        }
    }
}

/// `-e .` and `-e .[x]` are the project itself; anything else editable is a requirement of pip's own form.
fn editable(value: &str, group: Option<&str>, source: Source, found: &mut Found) {
    match own_extras(value) {
        Some(extras) => found.extras.extend(extras),
        None => found.declared.push(Declared::new(&format!("-e {value}"), source).in_group(group)),
    }
}

/// The extras of `.`, `./`, `.[a,b]`; none for anything else.
fn own_extras(text: &str) -> Option<Vec<String>> {
    let rest = text.trim().strip_prefix('.')?;
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let extras = rest.strip_prefix('[')?.strip_suffix(']')?;
    Some(extras.split(',').map(|extra| extra.trim().to_owned()).collect())
}

/// `-r x`, `-r=x`, `--requirement x`, `-rx`: the option and its value.
fn split_option(text: &str) -> (&str, &str) {
    if !text.starts_with('-') {
        return ("", text);
    }
    if let Some((option, value)) = text.split_once(|c: char| c.is_whitespace() || c == '=') {
        return (option, value.trim());
    }
    match text.get(..2) {
        Some(short @ ("-r" | "-c" | "-e")) if text.len() > 2 => (short, &text[2..]),
        _ => (text, ""),
    }
}

/// A text that Windows' shell wrote as UTF-16 comes with a NUL between all letters.
fn readable(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') { text.replace(['\0', '\u{fffd}'], "") } else { text.to_owned() }
}

/// The logical lines that are not blank, with the number of each, comments off.
pub fn joined_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let (start, mut joined) = open.take().unwrap_or((number, String::new()));
        // A comment ends at its line's end even when that is a backslash.
        let is_comment = joined.is_empty() && line.trim_start().starts_with('#');
        if let Some(part) = line.strip_suffix('\\').filter(|_| !is_comment) {
            joined.push_str(part);
            open = Some((start, joined));
        } else {
            joined.push_str(line);
            lines.push((start, joined));
        }
    }
    lines.extend(open);
    lines
        .into_iter()
        .map(|(number, line)| (number, without_comment(&line).trim().to_owned()))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

/// A `#` starts a comment at the line's start and behind white space; elsewhere it is part of a URL.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    let end = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
    end.map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;

    fn found(text: &str, files: &[(&str, &str)]) -> Found {
        let mut found = Found::default();
        read(text, Some("requirements.txt"), None, &tree(files), &mut found);
        found
    }

    fn texts(found: &Found) -> Vec<&str> {
        found.declared.iter().map(|declared| declared.text.as_str()).collect()
    }

    #[test]
    fn lines_are_joined_and_comments_hashes_and_options_are_cut_off() {
        let found = found(
            "a==1 \\\n  --hash=sha256:x \\\r\n  --hash=sha256:y\nb # why\nc@https://h/c#egg=c\n--pre\n# d \\\ne\n",
            &[],
        );
        assert_eq!(texts(&found), ["a==1", "b", "c@https://h/c#egg=c", "e"]);
        assert_eq!(found.options[0].0, "--pre");
        assert_eq!((found.declared[0].source.line, found.declared[1].source.line), (Some(1), Some(4)));
    }

    #[test]
    fn includes_are_followed_once_and_constraints_are_kept_apart() {
        let files = [("base/x.txt", "-r ../requirements.txt\n-c c.txt\nx\n"), ("base/c.txt", "y==2\n")];
        let found = found("-r base/x.txt\n-rbase/x.txt\n", &files);
        assert_eq!(texts(&found), ["x"]);
        assert_eq!(found.constraints[0].text, "y==2");
        assert_eq!(found.options[0].0, "-c c.txt");
    }

    #[test]
    fn the_project_itself_is_no_requirement_but_its_extras_are_asked_for() {
        let found = found("-e .\n.[api, ui]\n./\n-e ./lib\n-e git+https://h/p#egg=p\n./x.whl\n", &[]);
        assert_eq!(texts(&found), ["-e ./lib", "-e git+https://h/p#egg=p", "./x.whl"]);
        assert_eq!(found.extras, ["api", "ui"]);
    }

    #[test]
    fn marks_of_byte_order_and_sixteen_bit_letters_do_no_harm() {
        assert_eq!(texts(&found("\u{feff}a\r\nb\r\n", &[])), ["a", "b"]);
        assert_eq!(texts(&found("\u{fffd}\u{fffd}a\0=\0=\u{0}1\0\r\0\n\0b\0\r\0\n\0", &[])), ["a==1", "b"]);
    }
}
