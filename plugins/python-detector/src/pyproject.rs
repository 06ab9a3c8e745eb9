//! The dependencies that a `pyproject.toml` declares, under `[project]` (PEP 621) or `[tool.poetry]`.

use toml::{Table, Value};

/// The declared requirements in PEP 508 form, in order; empty for text that is no TOML.
pub fn dependencies(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let project = at(&table, &["project", "dependencies"]).and_then(Value::as_array);
    let declared = project.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let poetry = at(&table, &["tool", "poetry", "dependencies"]).and_then(Value::as_table);
    let poetry = poetry.into_iter().flatten().filter(|(name, _)| name.as_str() != "python");
    declared.chain(poetry.filter_map(|(name, value)| poetry_requirement(name, value))).collect()
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

/// Poetry's own form; none for an optional dependency and for a path, which is the tree's own code.
fn poetry_requirement(name: &str, value: &Value) -> Option<String> {
    let (version, extras, table) = match value {
        Value::String(version) => (version.as_str(), String::new(), None),
        Value::Table(table) => {
            if table.get("optional").and_then(Value::as_bool) == Some(true) || table.contains_key("path") {
                return None;
            }
            let extras: Vec<_> =
                table.get("extras").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
            (table.get("version").and_then(Value::as_str).unwrap_or("*"), extras, Some(table))
        }
        _ => return None,
    };
    if let Some(url) = table.and_then(|table| table.get("git")).and_then(Value::as_str) {
        return Some(format!("{name}{extras} @ git+{url}"));
    }
    Some(format!("{name}{extras}{}", poetry_range(version)))
}

/// `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, `1.2` is `==1.2`, `*` is anything; PEP 440 clauses stay.
fn poetry_range(version: &str) -> String {
    let clauses = version.split(',').map(str::trim).filter(|clause| !clause.is_empty() && *clause != "*");
    let ranges = clauses.map(|clause| match clause.as_bytes()[0] {
        b'^' => bounded(&clause[1..], caret_parts(&clause[1..])),
        b'~' if !clause.starts_with("~=") => bounded(&clause[1..], 2),
        b'0'..=b'9' => format!("=={clause}"),
        _ => clause.to_owned(),
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// The parts that a caret holds fixed: up to the first that is not zero.
fn caret_parts(version: &str) -> usize {
    let parts: Vec<_> = version.split('.').collect();
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
    fn project_dependencies_are_taken_as_written() {
        let text =
            "[project]\nname = 'x'\ndependencies = [\n  'openai>=1.0', # why\n  \"requests; python_version<'4'\",\n]\n";
        assert_eq!(dependencies(text), ["openai>=1.0", "requests; python_version<'4'"]);
    }

    #[test]
    fn poetry_ranges_become_pep_440() {
        let text = "[tool.poetry.dependencies]\npython = '^3.11'\na = '^1.2.3'\nb = '^0.4'\nc = '~2.1'\nd = '*'\ne = '1.0'\n\
                    f = { version = '>=2,<3', extras = ['x', 'y'] }\ng = { git = 'https://h/g.git' }\n\
                    h = { path = '../h' }\ni = { version = '1', optional = true }\n";
        let expected =
            ["a>=1.2.3,<2", "b>=0.4,<0.5", "c>=2.1,<2.2", "d", "e==1.0", "f[x,y]>=2,<3", "g @ git+https://h/g.git"];
        assert_eq!(dependencies(text), expected);
    }

    #[test]
    fn other_tools_and_broken_text_declare_nothing() {
        assert!(dependencies("[tool.ruff]\nline-length = 120\n").is_empty());
        assert!(dependencies("[project\n").is_empty());
    }
}
