//! The plan that a strategy writes. What stays unset keeps the host's default.

/// How an agent is built and run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The `execution_mode` that the author sees.
    pub execution_mode: String,
    /// The `build_profile` that the author sees.
    pub build_profile: String,
    /// Why, one sentence for the author.
    pub reason: String,
    /// The builder that makes the image; unset: nothing is built.
    pub builder: Option<String>,
    /// The runtime image to build on or run in; unset: the image is complete.
    pub runtime: Option<String>,
    /// The framework, a kebab-case id; `none` for plain code.
    pub framework: Option<String>,
    /// The file that starts the agent.
    pub entry_point: Option<String>,
    /// How it runs, and the object in the entry point that answers.
    pub run_kind: Option<(String, Option<String>)>,
    /// The arguments of the entry point, e.g. a sub-command.
    pub run_args: Vec<String>,
    /// The command, with `{host}` and `{port}` where it is told where to listen; empty: the runtime image's own.
    pub command: Vec<String>,
    /// Environment; what the author gives wins over it.
    pub env: Vec<(String, String)>,
    /// The port; unset: 8080.
    pub port: Option<u16>,
    /// The health check's path; unset: `/healthz`.
    pub health_path: Option<String>,
    /// Requirements in order; true when the chosen runtime image holds them.
    pub requirements: Vec<(String, bool)>,
    /// The execution modes that were rejected, and why.
    pub alternatives: Vec<(String, String)>,
    /// How sure the decision is: `high`, `medium` or `low`; unset: the host does not say.
    pub confidence: Option<&'static str>,
    /// How long until the agent is ready, for people, e.g. `1-5 minutes`.
    pub eta: Option<String>,
    /// The reason in a few words; unset: the whole reason.
    pub short_reason: Option<String>,
    /// What the author should know, though the deploy does not fail for it.
    pub warnings: Vec<String>,
}

impl Plan {
    /// A plan of that mode; its profile is the mode in lower case.
    #[must_use]
    pub fn new(execution_mode: &str, reason: impl Into<String>) -> Self {
        Self {
            execution_mode: execution_mode.to_owned(),
            build_profile: execution_mode.to_ascii_lowercase(),
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// Builds with `builder` on (or in) `runtime`.
    #[must_use]
    pub fn build(mut self, builder: &str, runtime: &str) -> Self {
        self.builder = Some(builder.to_owned());
        self.run_in(runtime)
    }

    /// Runs in `runtime`, where nothing is built.
    #[must_use]
    pub fn run_in(mut self, runtime: &str) -> Self {
        self.runtime = Some(runtime.to_owned());
        self
    }

    /// Sets mode, profile and reason of a plan that holds more already.
    pub fn set_mode(&mut self, execution_mode: &str, reason: impl Into<String>) {
        execution_mode.clone_into(&mut self.execution_mode);
        self.build_profile = execution_mode.to_ascii_lowercase();
        self.reason = reason.into();
    }

    /// Tells the author something, once.
    pub fn warn(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }

    /// Adds a rejected way.
    #[must_use]
    pub fn instead_of(mut self, execution_mode: &str, reason: impl Into<String>) -> Self {
        self.alternatives.push((execution_mode.to_owned(), reason.into()));
        self
    }
}
