//! Sentences for the author.

/// The most requirements that a sentence names.
const MOST_NAMED: usize = 6;

/// `a`, `a and b`, `a, b and c`; past six the rest is counted.
pub fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<_> = items.into_iter().collect();
    if items.len() > MOST_NAMED {
        return format!("{} and {} more", items[..MOST_NAMED].join(", "), items.len() - MOST_NAMED);
    }
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `this LangGraph agent` in the words of the claims: `this langgraph agent`, or `this plain agent`.
pub fn agent(framework: &str) -> String {
    match framework {
        "none" => "this plain agent".to_owned(),
        framework => format!("this {framework} agent"),
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
}
