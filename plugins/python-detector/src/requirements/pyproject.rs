//! What a `pyproject.toml` declares: `[project]` (PEP 621), dependency groups (PEP 735), Poetry's tables, and the sources
//! that uv adds.

use super::declared::{Declared, Found, Source, line_of};
use super::poetry;
use std::collections::HashSet;
use toml::{Table, Value};
use windlass_outline::paths::{folder, join};
use windlass_outline::python::distributions::project_name;
use windlass_outline::python::name::normal_name;
use windlass_plugin_sdk::Files;

/// Adds what the text declares; nothing for text that is no TOML.
pub fn read(text: &str, path: &str, files: &dyn Files, found: &mut Found) {
    // Most of a TOML file's cost is its parser's: a file that only sets up tools is passed over.
    if !["[project", "[tool.poetry", "dependencies", "dependency-groups"].iter().any(|word| text.contains(word)) {
        return;
    }
    let Ok(table) = text.trim_start_matches('\u{feff}').parse::<Table>() else { return };
    let first = found.declared.len();
    let mut reader = Reader { text, path, found };
    reader.project(&table);
    reader.poetry(&table);
    reader.groups(&table);
    reader.tools(&table);
    sources(&table, &mut found.declared[first..]);
    dynamic(&table, path, files, found);
}

struct Reader<'a> {
    text: &'a str,
    path: &'a str,
    found: &'a mut Found,
}

impl Reader<'_> {
    fn add(&mut self, text: &str, needle: &str, group: Option<&str>) {
        let source = Source { file: Some(self.path.to_owned()), line: line_of(self.text, needle), rule: "pyproject" };
        self.found.declared.push(Declared::new(text, source).in_group(group));
    }

    fn add_all(&mut self, list: Option<&Value>, group: Option<&str>, own: Option<&str>) {
        for text in list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            // `all = ["app[api,ui]"]`: the project's own extras.
            if own.is_none() || project_name(text).as_deref() != own {
                self.add(text, text, group);
            }
        }
    }

    fn project(&mut self, table: &Table) {
        let own = at(table, &["project", "name"]).and_then(Value::as_str).map(normal_name);
        self.add_all(at(table, &["project", "dependencies"]), None, own.as_deref());
        let optional = at(table, &["project", "optional-dependencies"]).and_then(Value::as_table);
        for (group, list) in optional.into_iter().flatten() {
            self.add_all(Some(list), Some(group), own.as_deref());
        }
    }

    fn poetry(&mut self, table: &Table) {
        let known: HashSet<_> = self.found.declared.iter().filter_map(|declared| declared.name.clone()).collect();
        let extras = at(table, &["tool", "poetry", "extras"]).and_then(Value::as_table);
        let extra_of = |name: &str| {
            let holds =
                |list: &Value| list.as_array().is_some_and(|list| list.iter().any(|item| item.as_str() == Some(name)));
            extras
                .and_then(|extras| extras.iter().find(|(_, list)| holds(list)))
                .map_or("optional", |(extra, _)| extra.as_str())
        };
        for (name, value) in
            at(table, &["tool", "poetry", "dependencies"]).and_then(Value::as_table).into_iter().flatten()
        {
            // Beside `[project]` Poetry's table only tells where from.
            if !known.contains(&normal_name(name)) {
                self.poetry_entry(name, value, None, &extra_of);
            }
        }
        let groups = at(table, &["tool", "poetry", "group"]).and_then(Value::as_table);
        let dev = at(table, &["tool", "poetry", "dev-dependencies"]).map(|list| ("dev", list));
        let lists = groups
            .into_iter()
            .flatten()
            .filter_map(|(group, table)| Some((group.as_str(), table.get("dependencies")?)));
        for (group, list) in lists.chain(dev) {
            for (name, value) in list.as_table().into_iter().flatten() {
                let group = (group != "main").then_some(group);
                self.poetry_entry(name, value, group, &|_| "optional");
            }
        }
    }

    fn poetry_entry<'v>(
        &mut self,
        name: &str,
        value: &Value,
        group: Option<&str>,
        extra_of: &impl Fn(&str) -> &'v str,
    ) {
        if name == "python" {
            return;
        }
        for entry in poetry::entries(name, value) {
            let group = group.or_else(|| entry.is_optional.then(|| extra_of(name)));
            self.add(&entry.text, &format!("\n{name}"), group);
            if let Some(added) = self.found.declared.last_mut() {
                // The needle begins at the end of the line before.
                added.source.line = added.source.line.map(|line| line + 1);
                added.is_local = entry.is_local;
            }
        }
    }

    /// PEP 735; a group that another one includes stands for itself.
    fn groups(&mut self, table: &Table) {
        for (group, list) in table.get("dependency-groups").and_then(Value::as_table).into_iter().flatten() {
            self.add_all(Some(list), Some(group), None);
        }
    }

    fn tools(&mut self, table: &Table) {
        self.add_all(at(table, &["tool", "uv", "dev-dependencies"]), Some("dev"), None);
        self.add_all(at(table, &["tool", "rye", "dev-dependencies"]), Some("dev"), None);
        for (group, list) in
            at(table, &["tool", "pdm", "dev-dependencies"]).and_then(Value::as_table).into_iter().flatten()
        {
            self.add_all(Some(list), Some(group), None);
        }
        for (group, env) in at(table, &["tool", "hatch", "envs"]).and_then(Value::as_table).into_iter().flatten() {
            self.add_all(env.get("dependencies"), Some(group), None);
        }
    }
}

/// `[tool.uv.sources]`: where a requirement comes from.
fn sources(table: &Table, declared: &mut [Declared]) {
    let Some(sources) = at(table, &["tool", "uv", "sources"]).and_then(Value::as_table) else { return };
    for (name, source) in sources {
        let name = normal_name(name);
        for declared in declared.iter_mut().filter(|declared| declared.name.as_ref() == Some(&name)) {
            if source.get("workspace").is_some() || source.get("path").is_some() {
                declared.is_local = true;
            } else if let Some(url) = poetry::address(source) {
                let end = declared.text.find(['=', '<', '>', '!', '~', ';', '@']).unwrap_or(declared.text.len());
                let marker = declared.text.split_once(';').map(|(_, marker)| format!(" ;{marker}")).unwrap_or_default();
                declared.text = format!("{} @ {url}{marker}", declared.text[..end].trim_end());
            }
        }
    }
}

/// `dynamic = ["dependencies"]` with setuptools: the files that hold them.
fn dynamic(table: &Table, path: &str, files: &dyn Files, found: &mut Found) {
    let Some(list) = at(table, &["tool", "setuptools", "dynamic", "dependencies", "file"]) else { return };
    let names: Vec<&str> = match list {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for name in names {
        let target = join(folder(path), name);
        // `requirements.txt` is read anyway.
        if let Some(text) = files.read(&target).ok().filter(|_| !target.ends_with("requirements.txt")) {
            super::text::read(&text, Some(&target), None, files, found);
        }
    }
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;

    fn found(text: &str) -> Vec<(String, Option<String>)> {
        let mut found = Found::default();
        read(text, "pyproject.toml", &tree(&[]), &mut found);
        found.declared.into_iter().map(|declared| (declared.text, declared.group)).collect()
    }

    fn needed(text: &str) -> Vec<String> {
        found(text).into_iter().filter(|(_, group)| group.is_none()).map(|(text, _)| text).collect()
    }

    #[test]
    fn project_dependencies_are_taken_as_written() {
        let text =
            "[project]\nname = 'x'\ndependencies = [\n  'openai>=1.0', # why\n  \"requests; python_version<'4'\",\n]\n";
        assert_eq!(needed(text), ["openai>=1.0", "requests; python_version<'4'"]);
        let mut found = Found::default();
        read(text, "pyproject.toml", &tree(&[]), &mut found);
        assert_eq!(found.declared[1].source.line, Some(5));
    }

    #[test]
    fn groups_and_extras_are_marked_and_the_project_is_no_requirement_of_itself() {
        let text = "[project]\nname = 'My_App'\noptional-dependencies = { ui = ['streamlit'], all = ['my-app[ui]'] }\n\
                    [dependency-groups]\ndev = ['pytest', { include-group = 'x' }]\n\
                    [tool.poetry.group.docs.dependencies]\nsphinx = '*'\n";
        let pairs: Vec<_> = found(text).into_iter().map(|(text, group)| (text, group.unwrap_or_default())).collect();
        let expected = [("streamlit", "ui"), ("sphinx", "docs"), ("pytest", "dev")];
        assert_eq!(pairs, expected.map(|(text, group)| (text.to_owned(), group.to_owned())));
    }

    #[test]
    fn poetry_tables_become_pep_508() {
        let text = "[tool.poetry.dependencies]\npython = '^3.11'\na = '^1.2.3'\nf = { version = '>=2,<3', extras = ['x', 'y'] }\n\
                    g = { git = 'https://h/g.git', rev = 'v1' }\nh = { path = '../h' }\ni = { version = '1', optional = true }\n\
                    [tool.poetry.extras]\nmore = ['i']\n";
        let mut found = Found::default();
        read(text, "pyproject.toml", &tree(&[]), &mut found);
        let shown: Vec<_> =
            found.declared.iter().map(|d| (d.text.as_str(), d.group.as_deref(), d.is_local, d.source.line)).collect();
        let expected = [
            ("a>=1.2.3,<2", None, false, Some(3)),
            ("f[x,y]>=2,<3", None, false, Some(4)),
            ("g @ git+https://h/g.git@v1", None, false, Some(5)),
            ("h @ ../h", None, true, Some(6)),
            ("i==1", Some("more"), false, Some(7)),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_sources_of_uv_tell_where_a_requirement_comes_from() {
        let text = "[project]\ndependencies = ['a>=1', 'b[x]', 'c']\n[tool.uv.sources]\na = { git = 'https://h/a', tag = 'v1' }\nb = { workspace = true }\n";
        let mut found = Found::default();
        read(text, "pyproject.toml", &tree(&[]), &mut found);
        let shown: Vec<_> = found.declared.iter().map(|declared| (declared.text.as_str(), declared.is_local)).collect();
        assert_eq!(shown, [("a @ git+https://h/a@v1", false), ("b[x]", true), ("c", false)]);
    }

    #[test]
    fn other_tools_and_broken_text_declare_nothing() {
        assert!(found("[tool.ruff]\nline-length = 120\n").is_empty());
        assert!(found("[project\ndependencies = ['a']\n").is_empty());
    }
}
