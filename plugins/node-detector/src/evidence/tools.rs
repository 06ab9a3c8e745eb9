//! Tools: what the agent is given, and what it calls.
//!
//! Invariants: one claim a name, the strongest evidence first; a function of the agent's own code has no `base_url`.

use std::collections::HashMap;
use windlass_findings::tools::{self, How, Tool, is_name};
use windlass_findings::{At, last_part};
use windlass_outline::javascript::scan::{Literal, Scan};
use windlass_outline::toolname;
use windlass_outline::urls::HttpUrl;
use windlass_plugin_sdk::Claims;

/// The tools of a project, each name once.
#[derive(Debug, Default)]
pub struct Tools {
    found: Vec<Tool>,
    names: HashMap<String, usize>,
}

impl Tools {
    /// Adds a tool, or a stronger sight of a known one.
    pub fn add(&mut self, name: &str, how: How, at: At<'_>) -> &mut Tool {
        let score = how.score() * at.weight;
        let index = *self.names.entry(name.to_owned()).or_insert(self.found.len());
        if index == self.found.len() {
            self.found.push(Tool::new(name, how, at));
        } else if self.found[index].how == How::List && how != How::List || self.found[index].score < score {
            let known = &mut self.found[index];
            (known.how, known.score, known.file, known.line) = (how, score, at.file.to_owned(), at.line);
        }
        &mut self.found[index]
    }

    /// A URL that may be called; another port of a known host is another tool.
    pub fn url(&mut self, url: &HttpUrl<'_>, certainty: f32, at: At<'_>) {
        let mut name = toolname::of_host(url.host);
        let known = self.names.get(&name).map(|index| &self.found[*index]);
        let is_other = known.is_some_and(|tool| {
            tool.how == How::Url && tool.base_url.as_deref().is_some_and(|base| !base.eq_ignore_ascii_case(url.base))
        });
        if is_other && let Some((_, port)) = url.base.rsplit_once(':').filter(|(scheme, _)| scheme.contains("://")) {
            name = format!("{name}-{port}");
        }
        let tool = self.add(&name, How::Url, At { weight: at.weight * certainty, ..at });
        if tool.how == How::Url {
            tool.base_url.get_or_insert_with(|| url.base.to_owned());
        }
    }

    /// Claims every tool, the strongest first.
    pub fn claim(self, claims: &mut Claims) {
        tools::claim(self.found, claims);
    }
}

/// True where the name at `place` is read from the environment: `process.env.X`, `env?.X`, `const { X } = process.env`.
pub fn reads_environment(text: &str, place: usize) -> bool {
    let before = text[..place].trim_end();
    if let Some(owner) = before.strip_suffix('.') {
        return owner.trim_end_matches('?').to_ascii_lowercase().ends_with("env");
    }
    if !before.ends_with(['{', ',']) {
        return false;
    }
    let near = &text[place..text.floor_char_boundary(place + 1000)];
    near.split([';', '(']).next().is_some_and(|names| names.contains("} = process.env"))
}

/// True behind `process.env[`, `env.get(`, `getEnv(`.
pub fn looks_up_environment(before: &str) -> bool {
    let Some(owner) = before.trim_end().strip_suffix(['[', '(']) else { return false };
    let start = owner.len().saturating_sub(24);
    owner.get(start..).unwrap_or(owner).to_ascii_lowercase().contains("env")
}

/// True for the code between a variable and its default.
pub fn leads_to_default(between: &str) -> bool {
    matches!(between.trim().trim_start_matches('!').trim(), "??" | "||" | ",")
}

/// Functions and classes whose result is one tool with a name of its own.
fn makes_tool(callee: &str) -> bool {
    let name = last_part(callee);
    matches!(
        name,
        "tool"
            | "createTool"
            | "defineTool"
            | "dynamicTool"
            | "registerTool"
            | "addTool"
            | "makeTool"
            | "hostedTool"
            | "zodFunction"
            | "betaZodTool"
            | "betaTool"
            | "defineInterrupt"
    ) || name.ends_with("Tool") && name.starts_with(|c: char| c.is_ascii_uppercase())
        || callee == "FunctionTool.from"
}

/// The name that a literal gives to a tool, and how.
pub fn named<'a>(scan: &Scan<'a>, literal: &Literal<'a>) -> Option<(&'a str, How)> {
    let text = literal.text;
    if !is_name(text) {
        return None;
    }
    let callee = scan.callee(literal);
    let depth = literal.call.and_then(|call| scan.calls.get(call)).map(|call| call.depth);
    let key = literal.key();
    // The call's own options, not what its function does inside: `{` right behind `(`.
    let is_option = depth.is_some_and(|depth| literal.depth == depth + 2);
    let is_first = depth.is_some_and(|depth| literal.depth == depth + 1) && literal.before.trim_end().ends_with('(');
    if last_part(callee) == "callTool" {
        return (is_option && key == Some("name") || is_first).then_some((text, How::Call));
    }
    if makes_tool(callee) && (is_option && matches!(key, Some("id" | "name")) || is_first) {
        return Some((text, How::List));
    }
    if key != Some("name") {
        return None;
    }
    // `{type: "function", function: {name: "x"}}` and `{name: "x", input_schema: {…}}`.
    let before = literal.before.trim_end().trim_end_matches(':').trim_end();
    let before = before.trim_end_matches(['"', '\'']);
    let before = before.strip_suffix("name").unwrap_or(before).trim_end_matches(['"', '\'']).trim_end();
    let is_function = before.strip_suffix('{').is_some_and(|rest| rest.trim_end().ends_with("function:"));
    let has_schema = schema_follows(scan.text().get(literal.at..).unwrap_or_default());
    (is_function || has_schema && before.ends_with(['{', ','])).then_some((text, How::List))
}

/// True when the object that the text is in goes on with the schema of a tool's input.
fn schema_follows(behind: &str) -> bool {
    const FARTHEST: usize = 600;
    let near = &behind[..behind.floor_char_boundary(FARTHEST)];
    let Some(place) = ["input_schema:", "inputSchema:"].iter().filter_map(|word| near.find(word)).min() else {
        return false;
    };
    let between = &near[..place];
    let mut depth = 0_usize;
    between.bytes().all(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return false,
            b'}' => depth -= 1,
            _ => {}
        }
        true
    }) && depth == 0
}

/// Keys whose URL says where something comes from and is never called.
pub fn is_mention(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "referer"
            | "http-referer"
            | "homepage"
            | "src"
            | "href"
            | "icon"
            | "iconurl"
            | "image"
            | "imageurl"
            | "logo"
            | "avatar"
            | "avatarurl"
            | "favicon"
            | "canonical"
            | "metadatabase"
            | "origin"
            | "allowedorigins"
            | "docs"
            | "documentation"
            | "license"
            | "sourceurl"
            | "website"
    )
}

/// How sure it is that a URL is called.
pub fn certainty(callee: &str, key: &str) -> f32 {
    let function = last_part(callee).to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let calls = matches!(
        function.as_str(),
        "fetch" | "get" | "post" | "put" | "patch" | "delete" | "request" | "axios" | "got" | "create" | "url" | "ky"
    );
    let names = ["url", "base", "endpoint", "api", "host"].iter().any(|word| key.contains(word));
    if calls || names { 1.0 } else { 0.7 }
}

/// True for the URL of an MCP server.
pub fn is_mcp(callee: &str, key: &str, url: &HttpUrl<'_>) -> bool {
    let callee = callee.to_ascii_lowercase();
    let path = url.path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    path.ends_with("/mcp")
        || path.ends_with("/sse")
        || path.contains("/mcp/")
        || url.host.starts_with("mcp.")
        || callee.contains("mcp")
        || callee.contains("streamablehttp")
        || callee.contains("sseclienttransport")
        || matches!(key, "server_url" | "serverUrl")
}

/// The key that an MCP server's settings stand under: `github` in `github: { url: new URL("…`.
pub fn mcp_key<'a>(literal: &Literal<'a>) -> Option<&'a str> {
    let before = literal.before.trim_end();
    let before = before.strip_suffix("new URL(").map_or(before, str::trim_end);
    let before = before.strip_suffix(':')?.trim_end();
    let before = before.strip_suffix("url").or_else(|| before.strip_suffix("serverUrl"))?.trim_end();
    let before = before.trim_end_matches(['"', '\'']).trim_end().strip_suffix('{')?.trim_end();
    let before = before.strip_suffix(':')?.trim_end().trim_end_matches(['"', '\'']);
    let start = before.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).map_or(0, |at| at + 1);
    let key = &before[start..];
    (is_name(key) && !matches!(key, "servers" | "server" | "transport" | "config" | "mcpServers")).then_some(key)
}
