//! One entry of a table of dependencies in the form that Poetry and Pipenv share, as PEP 508.

use toml::Value;

/// One entry, rewritten.
#[derive(Debug, PartialEq)]
pub struct Entry {
    pub text: String,
    pub is_optional: bool,
    /// A path: the tree's own code.
    pub is_local: bool,
}

/// The requirements of one name: several where each counts for other Pythons.
pub fn entries(name: &str, value: &Value) -> Vec<Entry> {
    match value {
        Value::String(version) => {
            vec![Entry { text: format!("{name}{}", range(version)), is_optional: false, is_local: false }]
        }
        Value::Table(_) => vec![entry(name, value)],
        Value::Array(values) => values.iter().map(|value| entry(name, value)).collect(),
        _ => Vec::new(),
    }
}

fn entry(name: &str, value: &Value) -> Entry {
    let text_of = |key: &str| value.get(key).and_then(Value::as_str);
    let extras: Vec<_> =
        value.get("extras").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let path = text_of("path").or(text_of("file"));
    let target = match (address(value), path) {
        (Some(url), _) => format!(" @ {url}"),
        (None, Some(path)) => format!(" @ {path}"),
        (None, None) => range(text_of("version").unwrap_or("*")),
    };
    let markers = [text_of("markers").map(str::to_owned), text_of("python").map(python_marker)];
    let markers: Vec<_> = markers.into_iter().flatten().filter(|marker| !marker.is_empty()).collect();
    let marker = if markers.is_empty() { String::new() } else { format!(" ; {}", markers.join(" and ")) };
    Entry {
        text: format!("{name}{extras}{target}{marker}"),
        is_optional: value.get("optional").and_then(Value::as_bool) == Some(true),
        is_local: path.is_some(),
    }
}

/// The URL of `{ git = …, rev = … }` or `{ url = … }`.
pub fn address(value: &Value) -> Option<String> {
    let text_of = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(git) = text_of("git") {
        let git = if git.starts_with("git+") { git.to_owned() } else { format!("git+{git}") };
        let revision = ["rev", "tag", "branch", "ref"].iter().find_map(|key| text_of(key));
        return Some(revision.map_or(git.clone(), |revision| format!("{git}@{revision}")));
    }
    text_of("url").map(str::to_owned)
}

/// `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, `1.2` is `==1.2`, `*` is anything; PEP 440 clauses stay.
pub fn range(version: &str) -> String {
    let clauses = version.split(',').map(str::trim).filter(|clause| !clause.is_empty() && *clause != "*");
    let ranges = clauses.map(|clause| match clause.as_bytes()[0] {
        b'^' => bounded(&clause[1..], caret_parts(&clause[1..])),
        b'~' if !clause.starts_with("~=") => bounded(&clause[1..], 2),
        b'0'..=b'9' => format!("=={clause}"),
        _ => clause.to_owned(),
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// The Pythons of an entry as a marker: `<3.11` is `python_version < '3.11'`.
fn python_marker(version: &str) -> String {
    let range = range(version);
    let clauses = range.split(',').filter_map(|clause| {
        let end = clause.find(|c: char| c.is_ascii_digit())?;
        let (operator, version) = clause.split_at(end);
        Some(format!("python_version {} '{}'", operator.trim(), version.trim()))
    });
    clauses.collect::<Vec<_>>().join(" and ")
}

/// The parts that a caret holds fixed: up to the first that is not zero.
fn caret_parts(version: &str) -> usize {
    let parts: Vec<_> = version.trim().split('.').collect();
    parts.iter().position(|part| *part != "0").map_or(parts.len(), |first| first + 1)
}

/// At least `version`, below the next of its first `fixed` parts.
fn bounded(version: &str, fixed: usize) -> String {
    let version = version.trim();
    let mut upper: Vec<u64> = version.split('.').take(fixed).map_while(|part| part.parse().ok()).collect();
    match upper.last_mut() {
        Some(last) => *last += 1,
        None => return format!(">={version}"),
    }
    let upper: Vec<_> = upper.iter().map(ToString::to_string).collect();
    format!(">={version},<{}", upper.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_pep_440() {
        for (version, expected) in [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.4", ">=0.4,<0.5"),
            ("~2.1", ">=2.1,<2.2"),
            ("~2", ">=2,<3"),
            ("*", ""),
            ("1.0", "==1.0"),
            (">=1,<2", ">=1,<2"),
            ("~=1.4", "~=1.4"),
            ("^1.0.0b1", ">=1.0.0b1,<2"),
        ] {
            assert_eq!(range(version), expected, "{version}");
        }
    }

    #[test]
    fn tables_tell_extras_markers_and_addresses() {
        let table: toml::Table = "a = { version = '^1', extras = ['x'], markers = \"os_name == 'nt'\", python = '<3.11' }\n\
                                  b = [{ version = '1', python = '<3.11' }, { version = '2', python = '>=3.11' }]\n\
                                  c = { url = 'https://h/c.whl', optional = true }\nd = { path = 'libs/d', editable = true }\n"
            .parse()
            .expect("TOML");
        let texts: Vec<_> =
            table.iter().flat_map(|(name, value)| entries(name, value)).map(|entry| entry.text).collect();
        let expected = [
            "a[x]>=1,<2 ; os_name == 'nt' and python_version < '3.11'",
            "b==1 ; python_version < '3.11'",
            "b==2 ; python_version >= '3.11'",
            "c @ https://h/c.whl",
            "d @ libs/d",
        ];
        assert_eq!(texts, expected);
        assert!(entry("d", &table["d"]).is_local && entry("c", &table["c"]).is_optional);
    }
}
