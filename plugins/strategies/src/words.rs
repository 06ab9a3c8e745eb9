//! Sentences for the author.

/// The most requirements that a sentence names.
const MOST_NAMED: usize = 6;
/// The most of one name in a sentence, in bytes: texts of claims are up to 4 KiB, and a text of the plan 2 KiB.
const NAME: usize = 120;
/// The most of a sentence that somebody else has written, in bytes.
pub const SENTENCE: usize = 1024;

/// `a`, `a and b`, `a, b and c`; past six the rest is counted.
pub fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<_> = items.into_iter().map(clip).collect();
    if items.len() > MOST_NAMED {
        return format!("{} and {} more", items[..MOST_NAMED].join(", "), items.len() - MOST_NAMED);
    }
    match items.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A name as long as a sentence bears it.
pub fn clip(name: &str) -> String {
    clip_to(name, NAME)
}

/// The start of `text`, with `…` where it is not all.
pub fn clip_to(text: &str, most: usize) -> String {
    let end = text.floor_char_boundary(most);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

/// `this LangGraph agent` in the words of the claims: `this langgraph agent`, or `this plain agent`.
pub fn agent(framework: &str) -> String {
    match framework {
        "none" => "this plain agent".to_owned(),
        framework => format!("this {} agent", clip(framework)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(list(["1", "2", "3", "4", "5", "6", "7", "8"]), "1, 2, 3, 4, 5, 6 and 2 more");
        assert_eq!(list([]), "");
    }

    #[test]
    fn a_long_name_is_cut_where_a_character_ends() {
        let long = "ä".repeat(100);
        assert_eq!(list([long.as_str()]), format!("{}…", "ä".repeat(60)));
        assert_eq!(clip("short"), "short");
    }
}
