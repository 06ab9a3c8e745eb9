//! Which language a file is in, by its ending.

/// The language, by the name that runtime images use; none for an ending that tells nothing.
pub fn of_file(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match ending {
        "py" => "python",
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "tsx" | "jsx" => "javascript",
        "go" => "go",
        "rs" => "rust",
        "rb" => "ruby",
        "java" | "kt" => "java",
        _ => return None,
    })
}

/// A language in the words of people.
pub fn name(language: &str) -> &str {
    match language {
        "python" => "Python",
        "javascript" => "JavaScript or TypeScript",
        "go" => "Go",
        "rust" => "Rust",
        "ruby" => "Ruby",
        "java" => "Java or Kotlin",
        other => other,
    }
}
