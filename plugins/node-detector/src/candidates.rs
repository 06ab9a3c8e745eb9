//! A way to start the project, with the reason for it.

/// A candidate for the entry point, and how it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The file, from the root of the tree.
    pub path: String,
    /// How it runs.
    pub run_kind: &'static str,
    /// How sure that is, 0.0 to 1.0.
    pub score: f32,
    /// The rule that fired.
    pub rule: &'static str,
    /// The file and line that show it.
    pub shown: Option<(String, u32)>,
    /// What answers in it.
    pub object: Option<String>,
    /// The words that it is started with.
    pub args: Vec<String>,
}

impl Start {
    /// A candidate that its own file shows.
    pub fn new(path: impl Into<String>, run_kind: &'static str, score: f32, rule: &'static str) -> Self {
        Self { path: path.into(), run_kind, score, rule, shown: None, object: None, args: Vec::new() }
    }

    /// Where it is written.
    pub fn shown_by(mut self, file: &str, line: u32) -> Self {
        self.shown = Some((file.to_owned(), line));
        self
    }

    /// With the words that it is started with.
    pub fn with_args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// With another score.
    pub fn scored(mut self, score: f32) -> Self {
        self.score = score;
        self
    }
}
