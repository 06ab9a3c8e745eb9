//! What the packaging of Python fixes, for plugins that read its projects.

/// The normal form of a project's name: lower case, each run of `-`, `_` and `.` one `-` (PEP 503).
#[must_use]
pub fn normal_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::normal_name;

    #[test]
    fn spellings_of_one_name_are_one_and_other_names_are_not() {
        for name in ["Foo.Bar", "foo-_.bar", "FOO_BAR"] {
            assert_eq!(normal_name(name), "foo-bar");
        }
        assert_ne!(normal_name("foobar"), "foo-bar");
    }
}
