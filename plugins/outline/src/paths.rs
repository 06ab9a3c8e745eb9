//! Paths of a source tree: relative, `/`-separated.

/// The folder of a path; empty for the root.
#[must_use]
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name behind the last slash.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// True when the name ends in a dot and `ending`, letters as given.
#[must_use]
pub fn has_ending(path: &str, ending: &str) -> bool {
    name(path).rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

/// `name` inside `folder`, as they are.
#[must_use]
pub fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// `folder/path` without `.` and `..`.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// True when `path` lies in `folder`; everything lies in the root.
#[must_use]
pub fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_as_a_shell_reads_it_and_never_leaves_the_tree() {
        assert_eq!(join("a/b", "../c/./d"), "a/c/d");
        assert_eq!((join("", "x"), child("", "x")), ("x".to_owned(), "x".to_owned()));
        assert_eq!(child("a", "x"), "a/x");
        assert_eq!(join("a", "../../x"), "x");
    }

    #[test]
    fn what_begins_alike_lies_in_no_folder() {
        assert!(is_in("a/b", "a") && is_in("a", "") && !is_in("ab/c", "a") && !is_in("a", "a"));
    }

    #[test]
    fn an_ending_is_that_of_the_name() {
        assert!(has_ending("a.d/b.c", "c") && !has_ending("a.c/b", "c") && !has_ending("bc", "c"));
    }

    #[test]
    fn the_folder_of_the_root_is_empty() {
        assert_eq!((folder("a/b/c.py"), name("a/b/c.py")), ("a/b", "c.py"));
        assert_eq!((folder("c.py"), name("c.py")), ("", "c.py"));
    }
}
