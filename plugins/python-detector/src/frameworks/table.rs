//! The frameworks, model SDKs and layers of Python, as data: one more is one more row.
//!
//! Ranks: what runs the whole conversation (95) above graphs, graphs above agent kits, these above chains and indexes, and
//! any of them above a bare model SDK. A row is long only where its import or distribution names are.

use windlass_outline::framework::{Level, Row};

const EMPTY: Row =
    Row { id: "", name: "", level: Level::Agent, rank: 0, imports: &[], parts: &[], distributions: &[], builds: &[] };
const SDK: Row = Row { level: Level::Sdk, rank: 60, ..EMPTY };
const LAYER: Row = Row { level: Level::Layer, ..EMPTY };

/// Every row.
#[must_use]
pub fn table() -> &'static [Row] {
    ROWS
}

/// The rows that some import begins like, by its first byte: bit n stands for row n.
#[must_use]
pub fn rows_that_begin_with(first: u8) -> u64 {
    BY_FIRST.get(usize::from(first)).copied().unwrap_or(0)
}

const BY_FIRST: [u64; 128] = {
    let mut rows = [0; 128];
    let mut n = 0;
    while n < ROWS.len() {
        let names = [ROWS[n].imports, ROWS[n].parts];
        let mut list = 0;
        while list < names.len() {
            let mut name = 0;
            while name < names[list].len() {
                rows[names[list][name].as_bytes()[0] as usize] |= 1 << n;
                name += 1;
            }
            list += 1;
        }
        n += 1;
    }
    rows
};

const ROWS: &[Row] = &[
    Row {
        id: "deepagents",
        name: "Deep Agents",
        rank: 97,
        imports: &["deepagents", "deepagents_*"],
        distributions: &["deepagents", "deepagents-*"],
        builds: &["create_deep_agent", "async_create_deep_agent"],
        ..EMPTY
    },
    Row {
        id: "livekit-agents",
        name: "LiveKit Agents",
        rank: 95,
        imports: &["livekit.agents"],
        parts: &["livekit.plugins"],
        distributions: &["livekit-agents", "livekit-plugins-*"],
        builds: &[
            "AgentSession",
            "VoiceAssistant",
            "VoicePipelineAgent",
            "MultimodalAgent",
            "WorkerOptions",
            "AgentServer",
        ],
        ..EMPTY
    },
    Row {
        id: "pipecat",
        name: "Pipecat",
        rank: 95,
        imports: &["pipecat", "pipecat_flows"],
        distributions: &["pipecat-ai", "pipecat-ai-*"],
        builds: &["Pipeline", "PipelineTask", "PipelineRunner", "PipelineWorker"],
        ..EMPTY
    },
    Row {
        id: "langgraph",
        name: "LangGraph",
        rank: 94,
        imports: &["langgraph", "langgraph_*"],
        parts: &[
            "langgraph.checkpoint",
            "langgraph.store",
            "langgraph.types",
            "langgraph.config",
            "langgraph.runtime",
            "langgraph_sdk",
        ],
        distributions: &["langgraph", "langgraph-cli", "langgraph-api", "langgraph-supervisor", "langgraph-swarm"],
        builds: &[
            "StateGraph",
            "MessageGraph",
            "Graph",
            "create_react_agent",
            "create_supervisor",
            "create_swarm",
            "entrypoint",
        ],
        ..EMPTY
    },
    Row {
        id: "crewai",
        name: "CrewAI",
        rank: 92,
        imports: &["crewai"],
        parts: &["crewai_tools", "crewai.tools"],
        distributions: &["crewai"],
        builds: &["Crew", "Agent", "Task", "Flow", "CrewBase"],
        ..EMPTY
    },
    Row {
        id: "autogen",
        name: "AutoGen, AG2",
        rank: 92,
        imports: &["autogen", "ag2", "autogen_agentchat", "autogen_core", "autogen_ext", "autogenstudio"],
        distributions: &["ag2", "pyautogen", "autogen", "autogen-agentchat", "autogen-core", "autogen-ext"],
        builds: &[
            "AssistantAgent",
            "UserProxyAgent",
            "ConversableAgent",
            "GroupChat",
            "RoundRobinGroupChat",
            "SelectorGroupChat",
            "Swarm",
            "MagenticOneGroupChat",
            "RoutedAgent",
            "SingleThreadedAgentRuntime",
        ],
        ..EMPTY
    },
    Row {
        id: "openai-agents",
        name: "OpenAI Agents SDK",
        rank: 92,
        imports: &["agents"],
        distributions: &["openai-agents"],
        builds: &["Agent", "Runner", "RealtimeAgent", "SandboxAgent", "VoicePipeline"],
        ..EMPTY
    },
    Row {
        id: "google-adk",
        name: "Google ADK",
        rank: 92,
        imports: &["google.adk"],
        distributions: &["google-adk"],
        builds: &["Agent", "LlmAgent", "SequentialAgent", "ParallelAgent", "LoopAgent", "BaseAgent", "Workflow"],
        ..EMPTY
    },
    Row {
        id: "microsoft-agent-framework",
        name: "Microsoft Agent Framework",
        rank: 92,
        imports: &["agent_framework", "agent_framework_*"],
        distributions: &["agent-framework", "agent-framework-*"],
        builds: &["ChatAgent", "Agent", "WorkflowBuilder", "create_agent", "as_agent"],
        ..EMPTY
    },
    Row {
        id: "pydantic-ai",
        name: "PydanticAI",
        rank: 92,
        imports: &["pydantic_ai", "pydantic_graph"],
        distributions: &["pydantic-ai", "pydantic-ai-slim"],
        builds: &["Agent", "Graph"],
        ..EMPTY
    },
    Row {
        id: "agno",
        name: "Agno",
        rank: 92,
        imports: &["agno", "phi"],
        parts: &["agno.tools"],
        distributions: &["agno", "phidata"],
        builds: &["Agent", "Team", "Workflow", "AgentOS", "Playground", "Assistant"],
        ..EMPTY
    },
    Row {
        id: "strands",
        name: "Strands Agents",
        rank: 92,
        imports: &["strands"],
        parts: &["strands_tools"],
        distributions: &["strands-agents"],
        builds: &["Agent", "Swarm", "GraphBuilder", "BidiAgent"],
        ..EMPTY
    },
    Row {
        id: "smolagents",
        name: "smolagents",
        rank: 92,
        imports: &["smolagents"],
        distributions: &["smolagents"],
        builds: &["CodeAgent", "ToolCallingAgent", "MultiStepAgent", "GradioUI"],
        ..EMPTY
    },
    Row {
        id: "agentfield",
        name: "AgentField",
        rank: 92,
        imports: &["agentfield"],
        distributions: &["agentfield"],
        builds: &["Agent", "AgentRouter"],
        ..EMPTY
    },
    Row {
        id: "claude-agent-sdk",
        name: "Claude Agent SDK",
        rank: 90,
        imports: &["claude_agent_sdk", "claude_code_sdk"],
        distributions: &["claude-agent-sdk", "claude-code-sdk"],
        builds: &["ClaudeSDKClient", "query"],
        ..EMPTY
    },
    Row {
        id: "letta",
        name: "Letta",
        rank: 91,
        imports: &["letta", "letta_client", "memgpt"],
        distributions: &["letta", "letta-client", "pymemgpt"],
        builds: &["Letta", "AsyncLetta", "create_client"],
        ..EMPTY
    },
    Row {
        id: "camel",
        name: "CAMEL",
        rank: 91,
        imports: &["camel"],
        parts: &["camel.toolkits", "camel.logger"],
        distributions: &["camel-ai"],
        builds: &["ChatAgent", "RolePlaying", "Workforce", "CriticAgent", "TaskSpecifyAgent"],
        ..EMPTY
    },
    Row {
        id: "semantic-kernel",
        name: "Semantic Kernel",
        rank: 91,
        imports: &["semantic_kernel"],
        distributions: &["semantic-kernel"],
        builds: &["Kernel", "ChatCompletionAgent", "AgentGroupChat", "OpenAIAssistantAgent", "AzureAIAgent"],
        ..EMPTY
    },
    Row {
        id: "browser-use",
        name: "Browser Use",
        rank: 89,
        imports: &["browser_use"],
        distributions: &["browser-use"],
        builds: &["Agent", "BrowserAgent", "CodeAgent"],
        ..EMPTY
    },
    Row {
        id: "haystack",
        name: "Haystack",
        rank: 86,
        imports: &["haystack", "haystack_integrations", "haystack_experimental"],
        distributions: &["haystack-ai", "farm-haystack"],
        builds: &["Pipeline", "AsyncPipeline", "Agent"],
        ..EMPTY
    },
    Row {
        id: "dspy",
        name: "DSPy",
        rank: 86,
        imports: &["dspy"],
        distributions: &["dspy", "dspy-ai"],
        builds: &["ReAct", "ChainOfThought", "Predict", "Module", "CodeAct", "ProgramOfThought"],
        ..EMPTY
    },
    Row {
        id: "llama-index",
        name: "LlamaIndex",
        rank: 86,
        imports: &["llama_index", "workflows", "llama_deploy"],
        parts: &[
            "llama_index.llms",
            "llama_index.embeddings",
            "llama_index.readers",
            "llama_index.vector_stores",
            "llama_parse",
            "llama_cloud*",
            "llama_index.core.node_parser",
            "llama_index.core.schema",
        ],
        distributions: &["llama-index", "llama-index-*", "llama-index-workflows"],
        builds: &[
            "FunctionAgent",
            "ReActAgent",
            "AgentWorkflow",
            "Workflow",
            "OpenAIAgent",
            "CodeActAgent",
            "FunctionCallingAgent",
            "VectorStoreIndex",
        ],
        ..EMPTY
    },
    Row {
        id: "langchain",
        name: "LangChain",
        rank: 84,
        imports: &["langchain", "langchain_classic", "langchain_experimental.agents"],
        parts: &[
            "langchain.tools",
            "langchain.schema",
            "langchain.llms",
            "langchain.chat_models",
            "langchain.embeddings",
            "langchain.text_splitter",
            "langchain.vectorstores",
            "langchain.document_loaders",
            "langchain.prompts",
            "langchain.messages",
            "langchain_*",
        ],
        distributions: &["langchain", "langchain-*"],
        builds: &[
            "create_agent",
            "AgentExecutor",
            "initialize_agent",
            "create_tool_calling_agent",
            "create_react_agent",
            "create_openai_functions_agent",
            "create_openai_tools_agent",
            "create_structured_chat_agent",
            "create_sql_agent",
            "create_pandas_dataframe_agent",
            "create_csv_agent",
            "LLMChain",
            "ConversationChain",
            "RetrievalQA",
            "create_retrieval_chain",
            "ConversationalRetrievalChain",
        ],
        ..EMPTY
    },
    Row { id: "litellm", name: "LiteLLM", rank: 62, imports: &["litellm"], distributions: &["litellm"], ..SDK },
    Row {
        id: "anthropic",
        name: "Anthropic SDK",
        imports: &["anthropic"],
        distributions: &["anthropic"],
        builds: &["Anthropic", "AsyncAnthropic", "AnthropicBedrock", "AnthropicVertex"],
        ..SDK
    },
    Row {
        id: "openai",
        name: "OpenAI SDK",
        imports: &["openai"],
        distributions: &["openai"],
        builds: &["OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"],
        ..SDK
    },
    Row {
        id: "google-genai",
        name: "Google Gen AI SDK",
        imports: &[
            "google.genai",
            "google.generativeai",
            "vertexai.generative_models",
            "vertexai.preview.generative_models",
        ],
        distributions: &["google-genai", "google-generativeai"],
        builds: &["Client", "GenerativeModel", "configure"],
        ..SDK
    },
    Row {
        id: "mistral",
        name: "Mistral SDK",
        imports: &["mistralai"],
        distributions: &["mistralai"],
        builds: &["Mistral"],
        ..SDK
    },
    Row {
        id: "groq",
        name: "Groq SDK",
        imports: &["groq"],
        distributions: &["groq"],
        builds: &["Groq", "AsyncGroq"],
        ..SDK
    },
    Row {
        id: "cohere",
        name: "Cohere SDK",
        imports: &["cohere"],
        distributions: &["cohere"],
        builds: &["Client", "ClientV2", "AsyncClient", "AsyncClientV2"],
        ..SDK
    },
    Row { id: "fastapi", name: "FastAPI", imports: &["fastapi"], distributions: &["fastapi"], ..LAYER },
    Row { id: "starlette", name: "Starlette", imports: &["starlette"], distributions: &["starlette"], ..LAYER },
    Row { id: "flask", name: "Flask", imports: &["flask", "flask_*"], distributions: &["flask"], ..LAYER },
    Row { id: "django", name: "Django", imports: &["django", "rest_framework"], distributions: &["django"], ..LAYER },
    Row { id: "quart", name: "Quart", imports: &["quart"], distributions: &["quart"], ..LAYER },
    Row { id: "aiohttp", name: "aiohttp server", imports: &["aiohttp.web"], ..LAYER },
    Row { id: "streamlit", name: "Streamlit", imports: &["streamlit"], distributions: &["streamlit"], ..LAYER },
    Row { id: "gradio", name: "Gradio", imports: &["gradio"], distributions: &["gradio"], ..LAYER },
    Row { id: "chainlit", name: "Chainlit", imports: &["chainlit"], distributions: &["chainlit"], ..LAYER },
    Row {
        id: "mcp",
        name: "Model Context Protocol",
        imports: &["mcp", "fastmcp"],
        distributions: &["mcp", "fastmcp"],
        ..LAYER
    },
    Row {
        id: "a2a",
        name: "Agent2Agent",
        imports: &["a2a", "python_a2a", "fasta2a"],
        distributions: &["a2a-sdk", "python-a2a"],
        ..LAYER
    },
    Row {
        id: "bedrock-agentcore",
        name: "Bedrock AgentCore",
        imports: &["bedrock_agentcore"],
        distributions: &["bedrock-agentcore"],
        ..LAYER
    },
    Row { id: "restate", name: "Restate", imports: &["restate"], distributions: &["restate-sdk"], ..LAYER },
    Row { id: "temporal", name: "Temporal", imports: &["temporalio"], distributions: &["temporalio"], ..LAYER },
    Row { id: "dbos", name: "DBOS", imports: &["dbos"], distributions: &["dbos"], ..LAYER },
    Row { id: "celery", name: "Celery", imports: &["celery"], distributions: &["celery"], ..LAYER },
    Row { id: "modal", name: "Modal", imports: &["modal"], distributions: &["modal"], ..LAYER },
    Row { id: "slack", name: "Slack Bolt", imports: &["slack_bolt"], distributions: &["slack-bolt"], ..LAYER },
    Row {
        id: "telegram",
        name: "Telegram bots",
        imports: &["telegram", "aiogram"],
        distributions: &["python-telegram-bot", "aiogram"],
        ..LAYER
    },
    Row { id: "discord", name: "Discord bots", imports: &["discord"], distributions: &["discord-py"], ..LAYER },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_row_is_there_once_and_complete() {
        let ids: BTreeSet<_> = ROWS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), ROWS.len());
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
