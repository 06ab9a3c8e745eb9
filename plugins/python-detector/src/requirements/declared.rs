//! One declared requirement, and all that a project declares.

use windlass_outline::python::distributions::project_name;

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub rule: &'static str,
}

/// One declared requirement in the project's own words, or as near to them as PEP 508 allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    pub text: String,
    /// The normalised name; none for what names no project.
    pub name: Option<String>,
    pub source: Source,
    /// The extra or group that asks for it; none for what is always needed.
    pub group: Option<String>,
    /// Code of the tree itself, e.g. a member of a workspace: nothing to install.
    pub is_local: bool,
}

/// All that one place declares.
#[derive(Debug, Default)]
pub struct Found {
    pub declared: Vec<Declared>,
    pub constraints: Vec<Declared>,
    /// Lines that are no requirement, e.g. `--index-url …`.
    pub options: Vec<(String, Source)>,
    /// The project's own extras that are asked for, e.g. by `-e .[api]`.
    pub extras: Vec<String>,
}

impl Declared {
    pub fn new(text: &str, source: Source) -> Self {
        let text = text.trim().to_owned();
        let named = text.strip_prefix("-e ").unwrap_or(&text);
        // `git+https://h/p#egg=name` names its project behind.
        let egg = named.split_once("#egg=").map(|(_, egg)| egg);
        let is_address =
            named.contains("://") && !named.contains('@') || is_scheme(named) || named.starts_with(['.', '/']);
        let name = if is_address { egg.and_then(project_name) } else { project_name(named) };
        Self { text, name, source, group: None, is_local: false }
    }

    pub fn in_group(mut self, group: Option<&str>) -> Self {
        self.group = group.map(str::to_owned);
        self
    }

    /// True for `name [extras] [range | @ url] [; marker]` (PEP 508), as far as its shape tells.
    pub fn is_pep_508(&self) -> bool {
        let text = self.text.as_str();
        let end =
            text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.ends_with(['-', '_', '.']) {
            return false;
        }
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => match extras.split_once(']') {
                Some((_, rest)) => rest.trim_start(),
                None => return false,
            },
            None => rest,
        };
        if let Some(url) = rest.strip_prefix('@') {
            return !url.trim().is_empty();
        }
        let (range, marker) = rest.split_once(';').unwrap_or((rest, "x"));
        let range = range.trim();
        let range = range.strip_prefix('(').and_then(|range| range.strip_suffix(')')).unwrap_or(range);
        !marker.trim().is_empty() && (range.is_empty() || range.split(',').all(|clause| is_clause(clause.trim())))
    }
}

/// `git+https://…`, `https://…`
fn is_scheme(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '+').unwrap_or(text.len());
    text[end..].starts_with("://")
}

/// `>=1.0`, `== 2.*`; and not `=1`, `>=latest`.
fn is_clause(clause: &str) -> bool {
    let operators = ["===", "==", ">=", "<=", "!=", "~=", ">", "<"];
    let Some(version) = operators.iter().find_map(|operator| clause.strip_prefix(operator)) else {
        // A trailing comma is allowed.
        return clause.is_empty();
    };
    let version = version.trim();
    let version = version.strip_prefix('v').unwrap_or(version);
    version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'*' | b'+' | b'!' | b'-' | b'_'))
}

/// The line (from 1) of the first place in `text` where `needle` stands.
pub fn line_of(text: &str, needle: &str) -> Option<u32> {
    let at = text.find(needle)?;
    let breaks = text[..at].bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(breaks + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Declared {
        Declared::new(text, Source::default())
    }

    #[test]
    fn names_are_found_in_every_form() {
        for (text, name) in [
            ("Foo_Bar[x]>=1", Some("foo-bar")),
            ("pkg @ git+https://h/p@v", Some("pkg")),
            ("pkg@https://h/p.whl", Some("pkg")),
            ("git+https://h/p.git@v1#egg=Pkg&x=1", Some("pkg")),
            ("-e git+ssh://git@h/p#egg=pkg", Some("pkg")),
            ("git+https://h/p.git", None),
            ("https://h/p-1.whl", None),
            ("./lib", None),
        ] {
            assert_eq!(declared(text).name.as_deref(), name, "{text}");
        }
    }

    #[test]
    fn the_shape_of_pep_508_is_told_from_others() {
        for text in [
            "a",
            "a>=1,<2",
            "a[x, y] ~= 1.0 ; python_version < '4'",
            "a (>=1)",
            "a @ https://h/a.whl",
            "a==1.*",
            "a==1.0+cu121",
            "a>=1,",
        ] {
            assert!(declared(text).is_pep_508(), "{text}");
        }
        for text in ["a=1", "a>=latest", "a b", "./x", "-e ./x", "git+https://h/p", "a[x", "a;", "a>1 <2", "a @", ""] {
            assert!(!declared(text).is_pep_508(), "{text}");
        }
    }
}
