//! Which framework an import shows, and how strongly.
//!
//! The scores are a partial order, not a probability: what orchestrates stands above what it is built on
//! (`langgraph` above `langchain`, any framework above a bare model SDK), and peers stand level.

/// One fact: an import's first name, and what it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// The first part of the dotted name, or its start where [`Fact::family`] is set.
    import: &'static str,
    /// True when `import` is followed by `_…` in the family's other packages.
    family: bool,
    /// The id, in kebab case.
    pub id: &'static str,
    /// How strongly, 0.0 to 1.0; zero for what goes beside a framework.
    pub score: f32,
}

const fn one(import: &'static str, id: &'static str, score: f32) -> Fact {
    Fact { import, family: false, id, score }
}

const fn family(import: &'static str, id: &'static str, score: f32) -> Fact {
    Fact { import, family: true, id, score }
}

/// Graphs and crews first, then agent kits, then chains, then model SDKs.
const FRAMEWORKS: &[Fact] = &[
    family("langgraph", "langgraph", 0.95),
    family("crewai", "crewai", 0.93),
    family("autogen", "autogen", 0.93),
    one("agents", "openai-agents", 0.9),
    one("pydantic_ai", "pydantic-ai", 0.9),
    one("google.adk", "google-adk", 0.9),
    one("smolagents", "smolagents", 0.9),
    one("strands", "strands", 0.9),
    one("agno", "agno", 0.9),
    one("semantic_kernel", "semantic-kernel", 0.88),
    family("llama_index", "llama-index", 0.86),
    one("haystack", "haystack", 0.86),
    one("dspy", "dspy", 0.86),
    family("langchain", "langchain", 0.85),
    one("openai", "openai", 0.6),
    one("anthropic", "anthropic", 0.6),
    one("google.genai", "google-genai", 0.55),
    one("google.generativeai", "google-genai", 0.55),
    one("mistralai", "mistral", 0.55),
    one("groq", "groq", 0.55),
    one("cohere", "cohere", 0.55),
];

/// Web and UI layers, MCP servers and durable execution: beside a framework, never one.
const ALSO: &[Fact] = &[
    one("fastapi", "fastapi", 0.9),
    one("flask", "flask", 0.9),
    one("starlette", "starlette", 0.8),
    one("django", "django", 0.9),
    one("streamlit", "streamlit", 0.9),
    one("gradio", "gradio", 0.9),
    one("chainlit", "chainlit", 0.9),
    one("mcp", "mcp", 0.9),
    one("fastmcp", "mcp", 0.9),
    one("temporalio", "temporal", 0.9),
    one("dbos", "dbos", 0.9),
    one("celery", "celery", 0.9),
];

/// The framework that importing `module` shows.
pub fn framework(module: &str) -> Option<&'static Fact> {
    FRAMEWORKS.iter().find(|fact| fact.is_shown_by(module))
}

/// What importing `module` shows beside the framework.
pub fn also(module: &str) -> Option<&'static Fact> {
    ALSO.iter().find(|fact| fact.is_shown_by(module))
}

impl Fact {
    fn is_shown_by(&self, module: &str) -> bool {
        module
            .strip_prefix(self.import)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || self.family && rest.starts_with('_'))
    }
}

/// An author's hint as a framework id: `Lang Graph` is `lang-graph`.
pub fn normalise(hint: &str) -> String {
    hint.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(module: &str) -> f32 {
        framework(module).expect(module).score
    }

    #[test]
    fn what_orchestrates_stands_above_what_it_is_built_on() {
        assert!(score("langgraph.graph") > score("crewai") && score("crewai") > score("langchain.agents"));
        assert!(score("langchain_openai") > score("openai"));
    }

    #[test]
    fn names_that_only_begin_alike_show_nothing() {
        for module in
            ["openai_mock", "agents_of_shield", "langgraphx", "google", "google.cloud", "runagents", "requests"]
        {
            assert_eq!(framework(module), None, "{module}");
        }
        assert_eq!(also("mcp.server").expect("mcp").id, "mcp");
        assert_eq!(framework("fastapi"), None);
    }
}
