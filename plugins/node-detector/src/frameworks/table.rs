//! The frameworks, model SDKs and layers of JavaScript and TypeScript, as data: one more is one more row.
//!
//! Names are packages of npm; a final `*` stands for any rest. Ranks as in the table of Python, so that both sides of a mixed
//! project can be compared. `parts` are packages that pages show or that call a server.

use windlass_outline::framework::{Level, Row};

const EMPTY: Row =
    Row { id: "", name: "", level: Level::Agent, rank: 0, imports: &[], parts: &[], distributions: &[], builds: &[] };

const fn agent(id: &'static str, name: &'static str, rank: u8, packages: &'static [&'static str]) -> Row {
    Row { id, name, rank, imports: packages, distributions: packages, ..EMPTY }
}

const fn sdk(id: &'static str, name: &'static str, packages: &'static [&'static str]) -> Row {
    Row { level: Level::Sdk, ..agent(id, name, 60, packages) }
}

const fn layer(id: &'static str, name: &'static str, packages: &'static [&'static str]) -> Row {
    Row { level: Level::Layer, ..agent(id, name, 0, packages) }
}

/// Every row.
#[must_use]
pub fn table() -> &'static [Row] {
    ROWS
}

const ROWS: &[Row] = &[
    agent("deepagents", "Deep Agents", 97, &["deepagents"]),
    Row {
        parts: &["@langchain/langgraph-sdk"],
        ..agent("langgraph", "LangGraph.js", 94, &["@langchain/langgraph", "@langchain/langgraph-*"])
    },
    Row { parts: &["@mastra/client-js", "@mastra/react"], ..agent("mastra", "Mastra", 94, &["@mastra/*"]) },
    agent("voltagent", "VoltAgent", 94, &["@voltagent/*"]),
    agent("livekit-agents", "LiveKit Agents", 95, &["@livekit/agents", "@livekit/agents-*"]),
    agent("motia", "Motia", 93, &["motia", "@motiadev/*"]),
    agent("genkit", "Genkit", 92, &["genkit", "@genkit-ai/*", "genkitx-*"]),
    agent("openai-agents", "OpenAI Agents SDK", 92, &["@openai/agents", "@openai/agents-*"]),
    agent("google-adk", "Google ADK", 92, &["@google/adk", "@google/adk-*"]),
    agent("adk-ts", "ADK-TS", 92, &["@iqai/adk"]),
    agent("strands", "Strands Agents", 92, &["@strands-agents/sdk"]),
    agent("claude-agent-sdk", "Claude Agent SDK", 90, &["@anthropic-ai/claude-agent-sdk", "@anthropic-ai/claude-code"]),
    agent("codex-sdk", "Codex SDK", 90, &["@openai/codex-sdk"]),
    agent("copilot-sdk", "GitHub Copilot SDK", 90, &["@github/copilot-sdk"]),
    agent("agent-kit", "Inngest AgentKit", 90, &["@inngest/agent-kit"]),
    agent("beeai", "BeeAI", 90, &["beeai-framework", "bee-agent-framework"]),
    agent("elizaos", "elizaOS", 90, &["@elizaos/*", "@ai16z/eliza"]),
    agent("kaibanjs", "KaibanJS", 90, &["kaibanjs"]),
    agent("daydreams", "Daydreams", 90, &["@daydreamsai/*"]),
    agent("convex-agent", "Convex Agent", 90, &["@convex-dev/agent"]),
    agent("letta", "Letta", 91, &["@letta-ai/*"]),
    agent("ax", "Ax", 88, &["@ax-llm/*"]),
    agent("tiny-agents", "Tiny Agents", 88, &["@huggingface/tiny-agents"]),
    agent("botpress", "Botpress", 88, &["@botpress/runtime"]),
    agent("teams-ai", "Teams AI", 88, &["@microsoft/teams.ai", "@microsoft/teams-ai"]),
    agent("llama-index", "LlamaIndex.TS", 88, &["llamaindex", "@llamaindex/*"]),
    agent("langchain", "LangChain.js", 85, &["langchain", "@langchain/*"]),
    Row {
        parts: &["@ai-sdk/react", "@ai-sdk/vue", "@ai-sdk/svelte", "@ai-sdk/angular", "@ai-sdk/rsc"],
        ..agent(
            "ai-sdk",
            "Vercel AI SDK",
            82,
            &[
                "ai",
                "@ai-sdk/*",
                "workers-ai-provider",
                "ollama-ai-provider*",
                "@openrouter/ai-sdk-provider",
                "ai-sdk-ollama",
            ],
        )
    },
    agent("modelfusion", "ModelFusion", 80, &["modelfusion"]),
    agent("cloudflare-agents", "Cloudflare Agents", 65, &["agents", "@cloudflare/ai-chat"]),
    agent("copilotkit", "CopilotKit", 65, &["@copilotkit/runtime"]),
    agent("stagehand", "Stagehand", 63, &["@browserbasehq/stagehand"]),
    sdk("openai", "OpenAI", &["openai", "@azure/openai", "openai-edge"]),
    sdk("anthropic", "Anthropic", &["@anthropic-ai/sdk", "@anthropic-ai/bedrock-*", "@anthropic-ai/vertex-*"]),
    sdk("google-genai", "Google Gen AI", &["@google/genai", "@google/generative-ai", "@google-cloud/vertexai"]),
    sdk("mistral", "Mistral", &["@mistralai/mistralai"]),
    sdk("groq", "Groq", &["groq-sdk"]),
    sdk("cohere", "Cohere", &["cohere-ai"]),
    sdk("ollama", "Ollama", &["ollama"]),
    sdk("together", "Together", &["together-ai"]),
    sdk("replicate", "Replicate", &["replicate"]),
    sdk("huggingface", "Hugging Face Inference", &["@huggingface/inference"]),
    sdk("bedrock", "Amazon Bedrock", &["@aws-sdk/client-bedrock-*"]),
    sdk("openrouter", "OpenRouter", &["@openrouter/sdk"]),
    layer("next", "Next.js", &["next"]),
    layer("nest", "NestJS", &["@nestjs/*"]),
    layer("hono", "Hono", &["hono", "@hono/*"]),
    layer("express", "Express", &["express"]),
    layer("fastify", "Fastify", &["fastify", "@fastify/*"]),
    layer("koa", "Koa", &["koa"]),
    layer("elysia", "Elysia", &["elysia", "@elysiajs/*"]),
    layer(
        "mcp",
        "Model Context Protocol",
        &[
            "@modelcontextprotocol/*",
            "fastmcp",
            "mcp-framework",
            "mcp-handler",
            "mcp-use",
            "@vercel/mcp-adapter",
            "@langchain/mcp-adapters",
            "@mastra/mcp",
        ],
    ),
    layer("workers", "Cloudflare Workers", &["agents", "@cloudflare/workers-*"]),
    layer("restate", "Restate", &["@restatedev/*"]),
    layer("temporal", "Temporal", &["@temporalio/*"]),
    layer("inngest", "Inngest", &["inngest"]),
    layer("trigger", "Trigger.dev", &["@trigger.dev/*"]),
    layer("upstash-workflow", "Upstash Workflow", &["@upstash/workflow"]),
    layer("bullmq", "BullMQ", &["bullmq"]),
    layer("react", "React", &["react"]),
    layer("vue", "Vue", &["vue"]),
    layer("svelte", "Svelte", &["svelte", "@sveltejs/*"]),
    layer("astro", "Astro", &["astro"]),
    layer("nuxt", "Nuxt", &["nuxt"]),
    layer("remix", "Remix", &["@remix-run/*"]),
    layer("copilotkit", "CopilotKit", &["@copilotkit/*"]),
    layer("assistant-ui", "assistant-ui", &["@assistant-ui/*"]),
    layer("ag-ui", "AG-UI", &["@ag-ui/*"]),
    layer("a2a", "Agent2Agent", &["@a2a-js/sdk"]),
    layer("slack", "Slack", &["@slack/bolt", "@slack/web-api"]),
    layer("discord", "Discord", &["discord.js"]),
    layer("telegram", "Telegram", &["telegraf", "grammy", "node-telegram-bot-api"]),
    layer("botbuilder", "Bot Framework", &["botbuilder"]),
    layer("composio", "Composio", &["@composio/*"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_packages_and_a_rank_where_it_is_no_layer() {
        for row in ROWS {
            assert!(!row.name.is_empty() && !row.imports.is_empty(), "{}", row.id);
            assert!((row.level == Level::Layer) == (row.rank == 0), "{}", row.id);
        }
    }

    #[test]
    fn every_framework_stands_above_every_model_sdk() {
        let ranks = |level| ROWS.iter().filter(move |row| row.level == level).map(|row| row.rank);
        assert!(ranks(Level::Agent).min() > ranks(Level::Sdk).max());
    }
}
