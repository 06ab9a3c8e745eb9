//! Which framework a package shows, and how strongly.
//!
//! The scores are a partial order, not a probability: what orchestrates stands above what it is built on (`deepagents`
//! above `langgraph` above `langchain`, `mastra` and `voltagent` above `ai-sdk`, any of them above a bare model SDK), and
//! peers stand level.

/// One fact: a package, and what importing it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The package's name, or what the names of a family begin with.
    pub package: &'static str,
    /// True where `package` is only the beginning of the name.
    pub family: bool,
    /// The id, in kebab case.
    pub id: &'static str,
    /// How strongly, 0.0 to 1.0.
    pub score: f32,
    /// True for what stands beside a framework and is none.
    pub also: bool,
    /// True for what pages show and what calls a server: the agent is elsewhere.
    pub client: bool,
}

const fn one(package: &'static str, id: &'static str, score: f32) -> Row {
    Row { package, family: false, id, score, also: false, client: false }
}

const fn family(package: &'static str, id: &'static str, score: f32) -> Row {
    Row { package, family: true, id, score, also: false, client: false }
}

const fn client(package: &'static str, id: &'static str, score: f32) -> Row {
    Row { package, family: false, id, score, also: false, client: true }
}

const fn also(package: &'static str, id: &'static str) -> Row {
    Row { package, family: false, id, score: 0.9, also: true, client: false }
}

const fn also_family(package: &'static str, id: &'static str) -> Row {
    Row { package, family: true, id, score: 0.9, also: true, client: false }
}

/// What calls a model and nothing above it.
const SDK: f32 = 0.6;

/// Graphs and whole kits first, then chains, then model SDKs, then what stands beside.
const ROWS: &[Row] = &[
    one("deepagents", "deepagents", 0.97),
    one("@langchain/langgraph", "langgraph", 0.95),
    family("@langchain/langgraph-", "langgraph", 0.95),
    client("@langchain/langgraph-sdk", "langgraph", 0.62),
    family("@mastra/", "mastra", 0.95),
    client("@mastra/client-js", "mastra", 0.62),
    family("@voltagent/", "voltagent", 0.95),
    one("motia", "motia", 0.93),
    family("@motiadev/", "motia", 0.93),
    one("genkit", "genkit", 0.92),
    family("@genkit-ai/", "genkit", 0.92),
    family("genkitx-", "genkit", 0.92),
    one("@openai/agents", "openai-agents", 0.92),
    family("@openai/agents-", "openai-agents", 0.92),
    one("@livekit/agents", "livekit-agents", 0.92),
    family("@livekit/agents-", "livekit-agents", 0.92),
    one("@google/adk", "google-adk", 0.92),
    one("@iqai/adk", "adk-ts", 0.92),
    one("@strands-agents/sdk", "strands", 0.92),
    one("@anthropic-ai/claude-agent-sdk", "claude-agent-sdk", 0.9),
    one("@anthropic-ai/claude-code", "claude-agent-sdk", 0.9),
    one("@openai/codex-sdk", "codex-sdk", 0.9),
    one("@github/copilot-sdk", "copilot-sdk", 0.9),
    one("@inngest/agent-kit", "agent-kit", 0.9),
    one("beeai-framework", "beeai", 0.9),
    one("bee-agent-framework", "beeai", 0.9),
    family("@elizaos/", "elizaos", 0.9),
    one("@ai16z/eliza", "elizaos", 0.9),
    one("kaibanjs", "kaibanjs", 0.9),
    one("@daydreamsai/core", "daydreams", 0.9),
    one("@convex-dev/agent", "convex-agent", 0.9),
    one("@ax-llm/ax", "ax", 0.88),
    one("@browserbasehq/stagehand", "stagehand", 0.63),
    one("@letta-ai/letta-client", "letta", 0.88),
    one("@letta-ai/vercel-ai-sdk-provider", "letta", 0.88),
    one("@huggingface/tiny-agents", "tiny-agents", 0.88),
    one("@botpress/runtime", "botpress", 0.88),
    one("@microsoft/teams.ai", "teams-ai", 0.88),
    one("@microsoft/teams-ai", "teams-ai", 0.88),
    one("token.js", "token-js", SDK),
    one("multi-llm-ts", "multi-llm-ts", SDK),
    one("modelfusion", "modelfusion", 0.8),
    one("llamaindex", "llama-index", 0.88),
    family("@llamaindex/", "llama-index", 0.88),
    one("langchain", "langchain", 0.85),
    family("@langchain/", "langchain", 0.85),
    one("ai", "ai-sdk", 0.82),
    family("@ai-sdk/", "ai-sdk", 0.82),
    client("@ai-sdk/react", "ai-sdk", 0.7),
    client("@ai-sdk/vue", "ai-sdk", 0.7),
    client("@ai-sdk/svelte", "ai-sdk", 0.7),
    one("workers-ai-provider", "ai-sdk", 0.81),
    one("ollama-ai-provider", "ai-sdk", 0.81),
    one("@openrouter/ai-sdk-provider", "ai-sdk", 0.81),
    one("ai-sdk-ollama", "ai-sdk", 0.81),
    one("agents", "cloudflare-agents", 0.65),
    family("@cloudflare/ai-chat", "cloudflare-agents", 0.65),
    one("@copilotkit/runtime", "copilotkit", 0.65),
    one("openai", "openai", SDK),
    one("@azure/openai", "openai", SDK),
    one("openai-edge", "openai", SDK),
    one("@anthropic-ai/sdk", "anthropic", SDK),
    family("@anthropic-ai/bedrock-", "anthropic", SDK),
    family("@anthropic-ai/vertex-", "anthropic", SDK),
    one("@google/genai", "google-genai", SDK),
    one("@google/generative-ai", "google-genai", SDK),
    one("@google-cloud/vertexai", "google-genai", SDK),
    one("@mistralai/mistralai", "mistral", SDK),
    one("groq-sdk", "groq", SDK),
    one("cohere-ai", "cohere", SDK),
    one("ollama", "ollama", SDK),
    one("together-ai", "together", SDK),
    one("replicate", "replicate", SDK),
    one("@huggingface/inference", "huggingface", SDK),
    one("@aws-sdk/client-bedrock-runtime", "bedrock", SDK),
    one("@aws-sdk/client-bedrock-agent-runtime", "bedrock", SDK),
    one("@openrouter/sdk", "openrouter", SDK),
    also("next", "next"),
    also_family("@nestjs/", "nest"),
    also("hono", "hono"),
    also_family("@hono/", "hono"),
    also("express", "express"),
    also("fastify", "fastify"),
    also("koa", "koa"),
    also("elysia", "elysia"),
    also_family("@modelcontextprotocol/", "mcp"),
    also("fastmcp", "mcp"),
    also("mcp-framework", "mcp"),
    also("mcp-handler", "mcp"),
    also("@vercel/mcp-adapter", "mcp"),
    also("mcp-use", "mcp"),
    also("@langchain/mcp-adapters", "mcp"),
    also("@mastra/mcp", "mcp"),
    also("agents", "workers"),
    also_family("@cloudflare/workers-", "workers"),
    also_family("@restatedev/", "restate"),
    also_family("@temporalio/", "temporal"),
    also("inngest", "inngest"),
    also_family("@trigger.dev/", "trigger"),
    also("@upstash/workflow", "upstash-workflow"),
    also("bullmq", "bullmq"),
    also("react", "react"),
    also("vue", "vue"),
    also("svelte", "svelte"),
    also("astro", "astro"),
    also("nuxt", "nuxt"),
    also_family("@remix-run/", "remix"),
    also_family("@copilotkit/", "copilotkit"),
    also_family("@assistant-ui/", "assistant-ui"),
    also_family("@ag-ui/", "ag-ui"),
    also("@a2a-js/sdk", "a2a"),
    also("@slack/bolt", "slack"),
    also("discord.js", "discord"),
    also("telegraf", "telegram"),
    also("grammy", "telegram"),
    also("botbuilder", "botbuilder"),
    also("@browserbasehq/stagehand", "stagehand"),
    also_family("@composio/", "composio"),
];

/// The facts, for tables in documents.
#[must_use]
pub fn table() -> &'static [Row] {
    ROWS
}

/// The framework that a package shows: by its whole name, else by the longest beginning.
pub fn framework(package: &str) -> Option<&'static Row> {
    longest(package, false)
}

/// What a package shows beside the framework.
pub fn beside(package: &str) -> Option<&'static Row> {
    longest(package, true)
}

fn longest(package: &str, also: bool) -> Option<&'static Row> {
    let rows = ROWS.iter().filter(|row| row.also == also && row.is_shown_by(package));
    rows.max_by_key(|row| (!row.family, row.package.len()))
}

impl Row {
    fn is_shown_by(&self, package: &str) -> bool {
        if self.family { package.starts_with(self.package) } else { package == self.package }
    }
}

/// An author's hint as a framework id: `Vercel AI` is `vercel-ai`.
pub fn normalise(hint: &str) -> String {
    hint.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(package: &str) -> Option<&'static str> {
        framework(package).map(|row| row.id)
    }

    fn score(package: &str) -> f32 {
        framework(package).expect(package).score
    }

    #[test]
    fn what_orchestrates_stands_above_what_it_is_built_on() {
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
            assert_eq!(id(package), expected, "{package}");
        }
        assert!(framework("@ai-sdk/react").is_some_and(|row| row.client));
        assert_eq!(beside("@modelcontextprotocol/sdk").map(|row| row.id), Some("mcp"));
    }
}
