//! Which framework a package shows, and how strongly.

mod table;

pub use table::table;

use windlass_outline::framework::{Level, Row, matches};

/// How much less it counts to import what pages show or what calls a server: the agent is elsewhere.
const PART: f32 = 0.7;

/// What importing one package shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// The row of the table.
    pub row: &'static Row,
    /// How strongly, 0.0 to 1.0.
    pub score: f32,
    /// True for a part that holds no agent.
    pub is_part: bool,
}

impl Shown {
    /// True for what stands beside a framework and is none.
    pub fn is_layer(&self) -> bool {
        self.row.level == Level::Layer
    }

    /// True when both are one fact.
    pub fn is_same(&self, other: &Self) -> bool {
        self.row.id == other.row.id && self.is_layer() == other.is_layer()
    }
}

/// Everything that a package shows: at most one framework, by the longest pattern, and the layers beside it.
pub fn shown_by(package: &str) -> impl Iterator<Item = Shown> {
    let mut best: Option<(usize, Shown)> = None;
    let mut layers = Vec::new();
    for row in table() {
        let patterns = row.imports.iter().map(|name| (name, false)).chain(row.parts.iter().map(|name| (name, true)));
        let fitting = patterns.filter(|(pattern, _)| matches(pattern, package, b'/'));
        let Some((pattern, is_part)) = fitting.max_by_key(|(pattern, _)| pattern.len()) else { continue };
        let score = f32::from(row.rank) / 100.0 * if is_part { PART } else { 1.0 };
        if row.level == Level::Layer {
            layers.push(Shown { row, score: 0.9, is_part });
        } else if best.is_none_or(|(length, _)| length < pattern.len()) {
            best = Some((pattern.len(), Shown { row, score, is_part }));
        }
    }
    best.map(|(_, shown)| shown).into_iter().chain(layers)
}

/// An author's hint as a framework id: `Vercel AI` is `vercel-ai`.
pub fn normalise(hint: &str) -> String {
    hint.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framework(package: &str) -> Option<Shown> {
        shown_by(package).find(|shown| !shown.is_layer())
    }

    #[test]
    fn what_orchestrates_stands_above_what_it_is_built_on() {
        let score = |package| framework(package).expect(package).score;
        let orders: [&[&str]; 4] = [
            &["deepagents", "@langchain/langgraph", "langchain", "openai"],
            &["@mastra/core", "ai", "@anthropic-ai/sdk"],
            &["@voltagent/core", "@ai-sdk/openai", "@google/genai"],
            &["@openai/agents", "openai"],
        ];
        for order in orders {
            assert!(order.windows(2).all(|pair| score(pair[0]) > score(pair[1])), "{order:?}");
        }
    }

    #[test]
    fn the_longest_name_decides() {
        for (package, expected) in [
            ("@langchain/openai", Some("langchain")),
            ("@langchain/langgraph-checkpoint", Some("langgraph")),
            ("@langchain/langgraph-sdk", Some("langgraph")),
            ("@ai-sdk/react", Some("ai-sdk")),
            ("@openai/agents-realtime", Some("openai-agents")),
            ("agents", Some("cloudflare-agents")),
            ("aix", None),
            ("openai-mock", None),
            ("express", None),
        ] {
            assert_eq!(framework(package).map(|shown| shown.row.id), expected, "{package}");
        }
        assert!(framework("@ai-sdk/react").is_some_and(|shown| shown.is_part));
        let layers: Vec<_> = shown_by("@modelcontextprotocol/sdk").map(|shown| shown.row.id).collect();
        assert_eq!(layers, ["mcp"]);
    }
}
