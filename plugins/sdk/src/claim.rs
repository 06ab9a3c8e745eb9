//! Claims: what a detector says, with weight and evidence.

pub use crate::bindings::detector::windlass::plugin::claims::Claim;

/// The kinds that the built-in plugins make and read. The set is open.
pub mod kind {
    /// A framework id, e.g. `langgraph`; `none` for plain code.
    pub const FRAMEWORK: &str = "framework";
    /// A file that starts the agent; attribute `object` names the handler or graph in it.
    pub const ENTRY_POINT: &str = "entry_point";
    /// How the entry point runs, e.g. `handler` or `script`; attribute `object` names what answers.
    pub const RUN_KIND: &str = "run_kind";
    /// A requirement in the project's own words; attribute `origin` is `declared` or `inferred`.
    pub const REQUIREMENT: &str = "requirement";
    /// A module of a package that the code imports and cannot do without, dotted: `langchain.agents`.
    pub const IMPORT: &str = "import";
    /// A tool that the agent has or calls; attributes `how`, `base_url`, `env`.
    pub const TOOL: &str = "tool";
    /// A model that the code names; attributes `provider`, `role`, `variable`.
    pub const MODEL: &str = "model";
    /// A host that the code reaches.
    pub const DESTINATION: &str = "destination";
    /// A secret in the source, by its kind, never its value; attributes `severity`, `description`.
    pub const SECRET: &str = "secret";
    /// A system prompt that the code suggests.
    pub const PROMPT: &str = "prompt";
    /// A sentence for the author.
    pub const NOTE: &str = "note";
    /// Something beside the framework: an MCP server, a web layer.
    pub const ALSO: &str = "also";
    /// The language of the project, as runtimes name it: `python`, `node`, ….
    pub const LANGUAGE: &str = "language";
}

/// The claims of one call, in the order made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims(Vec<Claim>);

/// The claim just made, to be completed in place.
#[derive(Debug)]
pub struct Draft<'a>(&'a mut Claim);

impl Claims {
    /// Adds a claim of any kind; `score` is 0.0 to 1.0.
    pub fn add(&mut self, kind: &str, value: impl Into<String>, score: f32) -> Draft<'_> {
        let claim = Claim {
            kind: kind.to_owned(),
            value: value.into(),
            score,
            file: None,
            line: None,
            rule: kind.to_owned(),
            attributes: Vec::new(),
            ext: Vec::new(),
        };
        Draft(self.0.push_mut(claim))
    }

    /// A [`kind::FRAMEWORK`].
    pub fn framework(&mut self, id: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::FRAMEWORK, id, score)
    }

    /// A [`kind::ENTRY_POINT`].
    pub fn entry_point(&mut self, path: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::ENTRY_POINT, path, score)
    }

    /// A [`kind::RUN_KIND`].
    pub fn run_kind(&mut self, run_kind: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::RUN_KIND, run_kind, score)
    }

    /// A [`kind::REQUIREMENT`] with its origin, `declared` or `inferred`.
    pub fn requirement(&mut self, requirement: impl Into<String>, origin: &str, score: f32) -> Draft<'_> {
        self.add(kind::REQUIREMENT, requirement, score).attribute("origin", origin)
    }

    /// A [`kind::TOOL`].
    pub fn tool(&mut self, name: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::TOOL, name, score)
    }

    /// A [`kind::MODEL`].
    pub fn model(&mut self, name: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::MODEL, name, score)
    }

    /// A [`kind::DESTINATION`].
    pub fn destination(&mut self, host: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::DESTINATION, host, score)
    }

    /// A [`kind::ALSO`].
    pub fn also(&mut self, id: impl Into<String>, score: f32) -> Draft<'_> {
        self.add(kind::ALSO, id, score)
    }

    /// Every claim, in the order made.
    #[must_use]
    pub fn as_slice(&self) -> &[Claim] {
        &self.0
    }

    /// The claims of one kind, in the order made.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Claim> {
        self.0.iter().filter(move |claim| claim.kind == kind)
    }
}

impl IntoIterator for Claims {
    type Item = Claim;
    type IntoIter = std::vec::IntoIter<Claim>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[expect(
    clippy::return_self_not_must_use,
    clippy::must_use_candidate,
    reason = "a draft changes the claim in place; dropping it loses nothing"
)]
impl Draft<'_> {
    /// The file and the line (counted from 1) that show it.
    pub fn at(self, file: impl Into<String>, line: u32) -> Self {
        self.0.line = Some(line);
        self.file(file)
    }

    /// The file that shows it, as a whole.
    pub fn file(self, file: impl Into<String>) -> Self {
        self.0.file = Some(file.into());
        self
    }

    /// A short id of the rule that fired. Unset: the kind.
    pub fn rule(self, rule: &str) -> Self {
        rule.clone_into(&mut self.0.rule);
        self
    }

    /// More about it.
    pub fn attribute(self, name: &str, value: impl Into<String>) -> Self {
        self.0.attributes.push((name.to_owned(), value.into()));
        self
    }
}

impl Claim {
    /// The value of one attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `file:line` or `file`, for a message; empty when no file shows it.
    #[must_use]
    pub fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            (None, _) => String::new(),
        }
    }
}

/// The claim of `kind` with the highest score; of equals the first.
#[must_use]
pub fn best<'a>(claims: &'a [Claim], kind: &str) -> Option<&'a Claim> {
    let of_kind = claims.iter().filter(|claim| claim.kind == kind);
    of_kind.reduce(|best, next| if next.score > best.score { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_completes_the_claim_in_place() {
        let mut claims = Claims::default();
        claims.framework("langgraph", 0.9).at("agent.py", 3).rule("import").attribute("by", "langgraph.graph");
        let claim = &claims.as_slice()[0];
        assert_eq!((claim.place().as_str(), claim.rule.as_str()), ("agent.py:3", "import"));
        assert_eq!((claim.attribute("by"), claim.attribute("to")), (Some("langgraph.graph"), None));
    }

    #[test]
    fn the_best_claim_has_the_highest_score_and_of_equals_is_the_first() {
        let mut claims = Claims::default();
        claims.framework("a", 0.5);
        claims.framework("b", 0.9);
        claims.framework("c", 0.9);
        claims.run_kind("handler", 1.0);
        assert_eq!(best(claims.as_slice(), kind::FRAMEWORK).expect("one").value, "b");
        assert_eq!(best(claims.as_slice(), kind::MODEL), None);
    }
}
