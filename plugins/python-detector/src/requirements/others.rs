//! The rarer places of declarations: Pipfile, setup.cfg, setup.py, environment.yml, the header of a script.

use super::declared::{Declared, Found, Source, line_of};
use super::{poetry, text};
use crate::evidence::walk::{List, Sight, Visit, statements};
use crate::modules::Module;
use toml::{Table, Value};
use windlass_findings::last_part;
use windlass_plugin_sdk::Files;

/// A Pipfile: `[packages]` is needed, `[dev-packages]` and other categories are groups.
pub fn pipfile(text: &str, path: &str, found: &mut Found) {
    let Ok(table) = text.parse::<Table>() else { return };
    for (category, list) in &table {
        if matches!(category.as_str(), "source" | "requires" | "scripts" | "pipenv") {
            continue;
        }
        let group = match category.as_str() {
            "packages" => None,
            "dev-packages" => Some("dev"),
            other => Some(other),
        };
        for (name, value) in list.as_table().into_iter().flatten() {
            for entry in poetry::entries(name, value) {
                let line = line_of(text, &format!("\n{name}")).map(|line| line + 1);
                let source = Source { file: Some(path.to_owned()), line, rule: "pipfile" };
                let mut declared = Declared::new(&entry.text, source).in_group(group);
                declared.is_local = entry.is_local;
                found.declared.push(declared);
            }
        }
    }
}

/// setup.cfg: `install_requires` of `[options]`, and the extras.
pub fn setup_cfg(text: &str, path: &str, found: &mut Found) {
    let mut section = "";
    let mut key = "";
    for (number, line) in (1_u32..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            (section, key) = (name.trim(), "");
            continue;
        }
        let mut value = trimmed;
        if !line.starts_with(char::is_whitespace) {
            let Some((name, rest)) = line.split_once(['=', ':']) else { continue };
            (key, value) = (name.trim(), rest.trim());
        }
        let group = match (section, key) {
            ("options", "install_requires") => None,
            ("options.extras_require", extra) => Some(extra),
            _ => continue,
        };
        if !value.is_empty() && !value.starts_with("file:") {
            let source = Source { file: Some(path.to_owned()), line: Some(number), rule: "setup" };
            found.declared.push(Declared::new(value, source).in_group(group));
        }
    }
}

/// setup.py: the literal items of `install_requires` and `extras_require`.
pub fn setup_py(module: &Module<'_>, found: &mut Found) {
    statements(module, &mut Setup { path: module.path, found });
}

struct Setup<'f, 'a> {
    path: &'a str,
    found: &'f mut Found,
}

impl<'a> Visit<'a> for Setup<'_, 'a> {
    fn literal(&mut self, sight: &Sight<'_, 'a>) {
        let names = |name: &str| {
            let name = last_part(name).to_ascii_lowercase();
            matches!(name.as_str(), "install_requires" | "requirements" | "requires" | "required" | "dependencies")
        };
        let Some(list) = sight.frame().filter(|frame| frame.bracket == b'[' && frame.callee.is_empty()) else { return };
        let is_extra = sight
            .frames
            .iter()
            .rev()
            .skip(1)
            .any(|frame| last_part(frame.slot).to_ascii_lowercase().contains("extras"));
        let group = if is_extra { Some(list.slot) } else { None };
        if is_extra || names(list.slot) {
            let source = Source { file: Some(self.path.to_owned()), line: Some(sight.line), rule: "setup" };
            self.found.declared.push(Declared::new(sight.text, source).in_group(group));
        }
    }

    fn list(&mut self, _: &List<'_, 'a>) {}
}

/// environment.yml: the part below `- pip:`; what conda itself installs is kept as an option, since no index holds it.
pub fn environment(text: &str, path: &str, files: &dyn Files, found: &mut Found) {
    let mut in_dependencies = false;
    let mut pip: Option<usize> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let indent = line.len() - line.trim_start().len();
        let Some(item) = line.trim_start().strip_prefix("- ").map(str::trim) else {
            if indent == 0 && !line.is_empty() && !line.starts_with('#') {
                in_dependencies = line.starts_with("dependencies:");
            }
            continue;
        };
        if !in_dependencies {
            continue;
        }
        if item == "pip:" {
            pip = Some(indent);
            continue;
        }
        let item = item.trim_matches(['"', '\'']);
        if pip.is_some_and(|pip| indent > pip) {
            // One line of a requirements file; an include is meant from the file's own folder.
            let mut lines = Found::default();
            text::read(item, Some(path), None, files, &mut lines);
            let here = |source: &mut Source| {
                if source.file.as_deref() == Some(path) {
                    (source.line, source.rule) = (Some(number), "environment");
                }
            };
            lines.declared.iter_mut().for_each(|declared| here(&mut declared.source));
            lines.options.iter_mut().for_each(|(_, source)| here(source));
            found.declared.append(&mut lines.declared);
            found.options.append(&mut lines.options);
        } else {
            pip = None;
            let source = Source { file: Some(path.to_owned()), line: Some(number), rule: "conda" };
            found.options.push((item.to_owned(), source));
        }
    }
}

/// The header of a script (PEP 723): `# /// script`, TOML behind `#`, `# ///`.
pub fn script(text: &str, path: &str, found: &mut Found) {
    if !text.contains("# /// script") {
        return;
    }
    let mut lines = (1_u32..).zip(text.lines()).skip_while(|(_, line)| line.trim_end() != "# /// script");
    let Some((start, _)) = lines.next() else { return };
    let inner: Vec<&str> =
        lines.map(|(_, line)| line.trim_end()).take_while(|line| line.starts_with('#') && *line != "# ///").collect();
    let header: String = inner.iter().flat_map(|line| [line.strip_prefix("# ").unwrap_or(&line[1..]), "\n"]).collect();
    let Ok(table) = header.parse::<Table>() else { return };
    for item in table.get("dependencies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let line = line_of(&header, item).map(|line| start + line);
        let source = Source { file: Some(path.to_owned()), line, rule: "script-header" };
        found.declared.push(Declared::new(item, source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;

    fn shown(found: &Found) -> Vec<(&str, Option<&str>, Option<u32>)> {
        found.declared.iter().map(|d| (d.text.as_str(), d.group.as_deref(), d.source.line)).collect()
    }

    #[test]
    fn a_pipfile_tells_what_is_needed_and_what_is_for_developers() {
        let mut found = Found::default();
        let text = "[[source]]\nurl = 'https://pypi.org'\n[packages]\nopenai = '*'\nx = {version = '>=1', extras = ['y']}\n[dev-packages]\npytest = '*'\n[requires]\npython_version = '3.11'\n";
        pipfile(text, "Pipfile", &mut found);
        assert_eq!(
            shown(&found),
            [("pytest", Some("dev"), Some(7)), ("openai", None, Some(4)), ("x[y]>=1", None, Some(5))]
        );
    }

    #[test]
    fn setup_files_are_read_where_they_are_literal() {
        let mut found = Found::default();
        let text = "[metadata]\nname = x\n[options]\ninstall_requires =\n    openai>=1\n    # why\n    rich\npackages = find:\n[options.extras_require]\ndev = pytest; black\n";
        setup_cfg(text, "setup.cfg", &mut found);
        assert_eq!(
            shown(&found),
            [("openai>=1", None, Some(5)), ("rich", None, Some(7)), ("pytest; black", Some("dev"), Some(10))]
        );
        let mut found = Found::default();
        let text = "from setuptools import setup\nsetup(\n  name='x', packages=['p'],\n  install_requires=['openai>=1',\n    'rich'],\n  extras_require={'dev': ['pytest']},\n)\n";
        setup_py(&Module::read("setup.py", text), &mut found);
        assert_eq!(
            shown(&found),
            [("openai>=1", None, Some(4)), ("rich", None, Some(5)), ("pytest", Some("dev"), Some(6))]
        );
    }

    #[test]
    fn of_an_environment_the_part_for_pip_is_needed_and_the_rest_is_kept() {
        let mut found = Found::default();
        let text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - numpy # why\n  - pip\n  - pip:\n    - openai>=1\n    - -r more.txt\n  - cudatoolkit\n";
        environment(text, "environment.yml", &tree(&[("more.txt", "rich\n")]), &mut found);
        assert_eq!(shown(&found), [("openai>=1", None, Some(9)), ("rich", None, Some(1))]);
        let options: Vec<_> = found.options.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(options, ["python=3.11", "numpy", "pip", "cudatoolkit"]);
    }

    #[test]
    fn the_header_of_a_script_declares_and_other_comments_do_not() {
        let mut found = Found::default();
        let text = "#!/usr/bin/env python\n# /// script\n# requires-python = '>=3.11'\n# dependencies = [\n#   'openai>=1',\n# ]\n# ///\nimport openai\n";
        script(text, "a.py", &mut found);
        assert_eq!(shown(&found), [("openai>=1", None, Some(5))]);
        for text in ["# dependencies = ['x']\n", "# /// script\n# broken [\n", "x = '# /// script'\n"] {
            let mut found = Found::default();
            script(text, "a.py", &mut found);
            assert_eq!(found.declared, []);
        }
    }
}
