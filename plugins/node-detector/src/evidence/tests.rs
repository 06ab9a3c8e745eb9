//! What one file shows, kind by kind.

use crate::detect::detect;
use windlass_plugin_sdk::files::tree;
use windlass_plugin_sdk::{Claim, Claims, Request, kind};

fn claimed(text: &str) -> Claims {
    let mut claims = Claims::default();
    detect(&Request::default(), &tree(&[("index.ts", text)]), &mut claims).expect("applicable");
    claims
}

fn values(text: &str, kind: &str) -> Vec<String> {
    claimed(text).of_kind(kind).map(|claim| claim.value.clone()).collect()
}

fn only(text: &str, kind: &str) -> Claim {
    let claims = claimed(text);
    let found: Vec<_> = claims.of_kind(kind).cloned().collect();
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found[0].clone()
}

#[test]
fn a_tool_variable_is_a_tool_whatever_its_default() {
    let text = "const u = process.env.TOOL_URL_STRIPE_API ?? 'http://stripe.local:1/x'\n";
    let tool = only(text, kind::TOOL);
    assert_eq!((tool.value.as_str(), tool.attribute("env")), ("stripe-api", Some("TOOL_URL_STRIPE_API")));
    assert_eq!((tool.attribute("base_url"), tool.attribute("how")), (Some("http://stripe.local:1/x"), Some("env")));
    for text in [
        "f(process.env.TOOL_URL_X_Y!)\n",
        "const { TOOL_URL_X_Y } = process.env\n",
        "f(process.env['TOOL_URL_X_Y'])\n",
        "f(env.TOOL_URL_X_Y || \"https://api.openai.com\")\n",
    ] {
        assert_eq!(only(text, kind::TOOL).value, "x-y", "{text}");
    }
    for text in ["// process.env.TOOL_URL_X\n", "const x = 'TOOL_URL_X'\n", "const TOOL_URL_X = 1\n"] {
        assert_eq!(values(text, kind::TOOL), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn tools_are_named_as_they_name_themselves() {
    for (text, name) in [
        (
            "export const weatherTool = createTool({ id: 'get-weather', execute: async () => f({ id: 'no' }) })\n",
            "get-weather",
        ),
        ("const t = tool({ name: 'lookup', execute() {} })\nnew Agent({ tools: [t] })\n", "lookup"),
        ("generateText({ tools: { weather: tool({ description: 'x' }), } })\n", "weather"),
        ("server.registerTool('add', { title: 'x' }, f)\n", "add"),
        ("new DynamicStructuredTool({ name: \"search\", func })\n", "search"),
        ("const tools = [{ type: 'function', function: { name: 'sum', parameters: {} } }]\n", "sum"),
        ("const tools = [{ name: 'mul', description: 'm', input_schema: {} }]\n", "mul"),
        ("const w = tool(async ({ a }) => { f() }, { name: 'weather', schema })\nconst tools = [w]\n", "weather"),
        ("await client.callTool({ name: 'ping', arguments: {} })\n", "ping"),
        ("const agent = createReactAgent({ llm, tools: [multiply] })\n", "multiply"),
    ] {
        assert_eq!(values(text, kind::TOOL), [name], "{text}");
    }
    for text in [
        "const config = { disabledTools: [a] }\n",
        "f({ name: 'x' })\n",
        "interface A { tools: string[] }\n",
        "new McpServer({ name: 'server', version: '1' })\nconst x = { inputSchema: {} }\n",
    ] {
        assert_eq!(values(text, kind::TOOL), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn called_urls_are_tools_and_those_of_models_are_not() {
    let text = "await fetch(`https://api.stripe.com/v1/charges/${id}`)\n";
    let tool = only(text, kind::TOOL);
    assert_eq!((tool.value.as_str(), tool.attribute("base_url")), ("stripe-api", Some("https://api.stripe.com")));
    assert_eq!(values(text, kind::DESTINATION), ["api.stripe.com"]);
    let text = "// https://api.a.com\nconst a = 'http://localhost:1', b = fetch('https://api.openai.com/v1/x'), c = { 'HTTP-Referer': 'https://me.io' }\n";
    assert_eq!(values(text, kind::TOOL), Vec::<String>::new());
    assert_eq!(values(text, kind::DESTINATION), ["api.openai.com"]);
}

#[test]
fn servers_of_mcp_are_tools_by_the_key_they_stand_under() {
    let text = "new MCPClient({ servers: { github: { url: new URL('https://api.githubcopilot.com/mcp/') } } })\n";
    let tool = only(text, kind::TOOL);
    assert_eq!((tool.value.as_str(), tool.attribute("how")), ("github", Some("mcp")));
}

#[test]
fn models_know_their_provider_and_role() {
    for (text, model, provider, role) in [
        ("const a = { model: openai('gpt-4o') }\n", "gpt-4o", Some("openai"), "default"),
        ("anthropic.chat(\"claude-sonnet-4-5\")\n", "claude-sonnet-4-5", Some("anthropic"), "chat"),
        ("new Agent({ model: 'openai/gpt-4o-mini' })\n", "gpt-4o-mini", Some("openai"), "default"),
        ("new ChatOpenAI({ modelName: 'house-model' })\n", "house-model", Some("openai"), "chat"),
        ("const m = process.env.MODEL ?? 'gemini-2.0-flash'\n", "gemini-2.0-flash", Some("google"), "default"),
        ("openai.embedding('text-embedding-3-small')\n", "text-embedding-3-small", Some("openai"), "embedding"),
    ] {
        let claim = only(text, kind::MODEL);
        let found = (claim.value.as_str(), claim.attribute("provider"), claim.attribute("role"));
        assert_eq!(found, (model, provider, Some(role)), "{text}");
    }
    for text in ["const dataModel = 'x'\n", "new OpenAI('key')\n", "if (model === 'gpt-4o') f()\n", "f('gpt-4o')\n"] {
        assert_eq!(values(text, kind::MODEL), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_provider_without_a_named_model_is_claimed_with_its_host() {
    let text = "import OpenAI from 'openai'\nnew OpenAI()\n";
    assert_eq!(values(text, kind::MODEL), ["openai"]);
    assert_eq!(values(text, kind::DESTINATION), ["api.openai.com"]);
}

#[test]
fn the_surest_prompt_is_suggested() {
    let text = "const a = { instructions: `You help\n  with\\`x\\`.` }\nconst b = [{ role: 'user', content: 'Not this one, no' }, { role: 'system', content: 'You are kind.' }]\n";
    assert_eq!(values(text, "prompt"), ["You are kind."]);
    assert_eq!(
        values("streamText({ system: 'You are a poet', prompt: 'Write something' })\n", "prompt"),
        ["You are a poet"]
    );
}

#[test]
fn a_secret_is_told_by_its_kind_and_place_alone() {
    // Put together here, so that no scanner takes it for a secret.
    let key = format!("sk-proj-{}", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3");
    let claims = claimed(&format!("const k = 1\nnew OpenAI({{ apiKey: '{key}' }})\n"));
    let secret = claims.of_kind("secret").next().expect("one");
    assert_eq!((secret.value.as_str(), secret.place().as_str()), ("api_key", "index.ts:2"));
    assert!(!format!("{claims:?}").contains(&key));
}
