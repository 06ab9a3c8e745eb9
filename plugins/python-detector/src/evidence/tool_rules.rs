//! Which literals, lists and decorators name a tool, and which URLs are called.

use super::walk::{Frame, List, Sight};
use windlass_findings::last_part;
use windlass_findings::tools::{How, is_name};
use windlass_outline::python::scan::Literal;
use windlass_outline::urls::HttpUrl;
use windlass_outline::{toolname, urls};

/// True where a literal is the name of an environment variable that is read or set.
pub fn names_variable(sight: &Sight<'_, '_>) -> bool {
    let Some(frame) = sight.frame() else { return false };
    if frame.position > 0 || sight.is_key() {
        return false;
    }
    let callee = frame.callee.to_ascii_lowercase();
    match frame.bracket {
        b'[' => callee.ends_with("environ"),
        b'(' => callee.contains("env") || callee == "config",
        _ => false,
    }
}

/// True for the code between the name of a variable and its default.
pub fn leads_to_default(gap: &str) -> bool {
    let gap: String = gap.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(gap.as_str(), "," | ",default=" | ")or" | "]or" | "]=")
}

/// The name that a literal gives to a tool, and how.
pub fn named<'a>(sight: &Sight<'_, 'a>) -> Option<(&'a str, How)> {
    let (frame, outer) = sight.frames.split_last()?;
    let how = match frame.bracket {
        b'(' => names_in_call(last_part(frame.callee), frame.position, sight.slot),
        b'{' => names_in_entry(frame, outer, sight).then_some(How::List),
        // `tools=["search", …]`
        _ => (sight.slot.is_empty() && holds_tools(frame, outer)).then_some(How::List),
    };
    how.filter(|_| is_name(sight.text) && !sight.is_key()).map(|how| (sight.text, how))
}

/// How an argument of a call names a tool.
fn names_in_call(callee: &str, position: usize, slot: &str) -> Option<How> {
    let is_first = position == 0 && slot.is_empty();
    match callee {
        "call_tool" | "acall_tool" | "call_tool_async" => {
            (is_first || matches!(slot, "name" | "tool_name")).then_some(How::Call)
        }
        // Pipecat: `llm.register_function("weather", f)`.
        "register_function" if is_first => Some(How::List),
        _ => (matches!(slot, "name" | "tool_name" | "name_override") && makes_tool(callee)).then_some(How::List),
    }
}

/// True for the name in `{"name": …}` or `{"type": …}` among an agent's tools.
fn names_in_entry(frame: &Frame<'_>, outer: &[Frame<'_>], sight: &Sight<'_, '_>) -> bool {
    let in_list = || outer.split_last().is_some_and(|(list, outer)| list.bracket == b'[' && holds_tools(list, outer));
    match sight.slot {
        "name" => frame.slot == "function" || in_list(),
        "type" => !matches!(sight.text, "function" | "custom" | "mcp") && in_list(),
        _ => false,
    }
}

/// True for classes and functions whose result is one tool with a name of its own.
fn makes_tool(callee: &str) -> bool {
    callee.ends_with("Tool")
        || matches!(
            callee,
            "tool"
                | "function_tool"
                | "from_function"
                | "from_defaults"
                | "as_tool"
                | "FunctionDeclaration"
                | "FunctionSchema"
                | "register_function"
        )
}

/// True for the bracket that holds an agent's tools.
fn holds_tools(frame: &Frame<'_>, outer: &[Frame<'_>]) -> bool {
    if !frame.callee.is_empty() {
        return false;
    }
    if !frame.slot.is_empty() {
        return is_tools(last_part(frame.slot));
    }
    let Some(call) = outer.last().filter(|call| call.bracket == b'(') else { return false };
    match last_part(call.callee) {
        "bind_tools" | "ToolNode" | "with_tools" | "initialize_agent" => call.position == 0,
        "create_react_agent" | "create_agent" | "create_tool_calling_agent" | "create_openai_tools_agent" => {
            call.position == 1
        }
        _ => false,
    }
}

/// `tools`, `TOOLS`, `search_tools`, and not `disabled_tools`.
fn is_tools(name: &str) -> bool {
    let ends = |end: &str| {
        name.len() >= end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    let starts = |start: &str| name.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start));
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    (is("tools") || ends("_tools") || is("toolset") || is("function_declarations"))
        && !["disabled", "excluded", "disallowed", "forbidden", "blocked"].into_iter().any(starts)
}

/// The tools that a list holds, by the names of its items.
pub fn items<'a>(list: &List<'_, 'a>) -> Vec<&'a str> {
    let is_named = holds_tools(&list.frame, list.outer);
    let is_bare = list.frame.callee.is_empty() && list.frame.slot.is_empty();
    if !(is_named || is_bare && list.inside.contains("Tool")) {
        return Vec::new();
    }
    let parts = split(list.inside);
    // `return [FunctionTool(a), FunctionTool(b)]`
    if !is_named && !parts.iter().all(|part| part.trim().is_empty() || is_tool_call(part.trim())) {
        return Vec::new();
    }
    // A comprehension names none.
    if parts.iter().any(|part| part.contains(" for ") && part.contains(" in ")) {
        return Vec::new();
    }
    parts.into_iter().filter_map(item).filter(|name| is_name(name)).collect()
}

/// True for `FunctionTool(…)` and `StructuredTool.from_function(…)`.
fn is_tool_call(part: &str) -> bool {
    let end = part.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(part.len());
    // `FunctionToolWithContext`, and not `Toolbar`.
    let is_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_lowercase());
    part[end..].starts_with('(') && part[..end].split("Tool").skip(1).any(is_word)
}

/// The name of one item: a variable, a class that is instanced, a function that is wrapped.
fn item(text: &str) -> Option<&str> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        || matches!(name, "None" | "True" | "False" | "lambda" | "await")
    {
        return None;
    }
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Some(last_part(name));
    }
    let arguments = rest.strip_prefix('(')?;
    let callee = last_part(name);
    let lower = callee.to_ascii_lowercase();
    let is_made = ["get_", "load_", "create_", "build_", "make_"].iter().any(|start| lower.starts_with(start));
    if is_made || lower.contains("mcp") {
        return None;
    }
    if arguments.contains("name=") && makes_tool(callee) {
        return None;
    }
    if callee == "as_tool" {
        return name.rsplit('.').nth(1);
    }
    if makes_tool(callee)
        && matches!(
            callee,
            "Tool"
                | "StructuredTool"
                | "FunctionTool"
                | "AgentTool"
                | "LongRunningFunctionTool"
                | "tool"
                | "function_tool"
                | "from_function"
                | "from_defaults"
        )
    {
        let inner = arguments.trim_start();
        let inner = ["func=", "fn=", "async_fn=", "coroutine=", "agent=", "function="]
            .iter()
            .find_map(|key| inner.strip_prefix(key))
            .unwrap_or(inner);
        let end = inner.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(inner.len());
        let is_whole = inner[end..].trim_start().starts_with([')', ',']);
        return is_whole.then(|| last_part(&inner[..end]));
    }
    Some(callee)
}

/// The parts between the commas of the outermost level; strings and comments are not looked into.
fn split(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut parts, mut depth, mut start, mut at) = (Vec::new(), 0_usize, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            quote @ (b'"' | b'\'') => at += string_length(&bytes[at..], quote) - 1,
            b'#' => {
                let end = bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                if text[start..at].trim().is_empty() {
                    start = at + end;
                }
                at += end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// How many bytes the string takes that starts here.
fn string_length(bytes: &[u8], quote: u8) -> usize {
    let is_triple = bytes.len() >= 3 && bytes[1] == quote && bytes[2] == quote;
    let width = if is_triple { 3 } else { 1 };
    let mut at = width;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at..].iter().take(width).filter(|byte| **byte == quote).count() == width {
            return at + width;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// True for the head of a class of tools, behind `class `: `Search(BaseTool):`.
pub fn makes_tool_class(head: &str) -> bool {
    let bases = head.split_once('(').map_or("", |(_, bases)| bases.trim_end().trim_end_matches([')', ':', ' ']));
    bases.split(',').map(|base| last_part(base.trim())).any(|base| matches!(base, "BaseTool" | "Tool" | "FunctionTool"))
}

/// True for the literal of `name = "search"` or `name: str = "search"` in the body of a class.
pub fn is_class_name(literal: &Literal<'_>) -> bool {
    let before = literal.before.trim_end().strip_suffix('=').map_or("", str::trim_end);
    let is_named =
        before.strip_prefix("name").is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with(':'));
    is_named && is_name(literal.text)
}

/// True for `@tool`, `@agent.tool_plain`, `@mcp.tool()`, `@function_tool(…)`.
pub fn marks_tool(callee: &str) -> bool {
    let last = last_part(callee);
    matches!(
        last,
        "tool"
            | "tool_plain"
            | "kernel_function"
            | "ai_function"
            | "ai_callable"
            | "register_for_llm"
            | "beta_async_tool"
    ) || matches!(callee, "controller.action" | "tools.action")
        || last.ends_with("_tool")
            && !matches!(last, "call_tool" | "before_tool" | "after_tool" | "on_tool" | "is_tool")
}

/// How sure it is that a URL is called, by the call or the name it is given to; none for one that is only shown, compared
/// or allowed.
pub fn certainty(sight: &Sight<'_, '_>, url: &HttpUrl<'_>) -> Option<f32> {
    const CALLS: [&str; 16] = [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "request",
        "stream",
        "fetch",
        "urlopen",
        "AsyncClient",
        "Client",
        "Session",
        "Request",
        "RemoteGraph",
        "ClientSession",
        "ws_connect",
    ];
    /// Calls that show or take apart a text.
    const SHOWS: [&str; 17] = [
        "print",
        "input",
        "info",
        "error",
        "warning",
        "debug",
        "markdown",
        "write",
        "caption",
        "link_button",
        "split",
        "sub",
        "match",
        "RedirectResponse",
        "HTMLResponse",
        "echo",
        "image",
    ];
    /// What a URL is for that is not called by this code.
    const REFUSED: [&str; 24] = [
        "avatar",
        "image",
        "icon",
        "logo",
        "photo",
        "link",
        "href",
        "redirect",
        "refer",
        "origin",
        "homepage",
        "website",
        "citation",
        "example",
        "scope",
        "booking",
        "namespace",
        "xmlns",
        "license",
        "callback",
        "sitemap",
        "starting_page",
        "thumbnail",
        "nsmap",
    ];
    let called = last_part(sight.callee());
    let refuses = |name: &str| {
        let name = name.to_ascii_lowercase();
        REFUSED.iter().any(|word| name.contains(word))
    };
    let names = std::iter::once(sight.slot).chain(sight.frames.iter().map(|frame| frame.slot));
    if sight.is_key() || sight.is_compared() || SHOWS.contains(&called) || names.map(last_part).any(refuses) {
        return None;
    }
    let name = sight.slot.to_ascii_lowercase();
    let says_url = ["url", "uri", "endpoint", "host", "api", "base", "server"].iter().any(|word| name.contains(word));
    let is_called = CALLS.contains(&called);
    let serves = ["/api", "/v1", "/v2", "/v3", "/rest", "/query", "/graphql", ".json", ".xml", "/rss", "/feed", "?"];
    let is_page = url.host.starts_with("www.") && !serves.iter().any(|part| url.path.contains(part));
    match (is_page, is_called, says_url) {
        (true, false, _) => None,
        (true, true, _) | (false, false, false) => Some(0.75),
        _ => Some(1.0),
    }
}

/// True for the URL of an MCP server, by its path or by what it is given to.
pub fn is_mcp(sight: &Sight<'_, '_>, url: &HttpUrl<'_>) -> bool {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("mcp")
            || text.contains("sse_client")
            || text.contains("sseserver")
            || text.contains("streamablehttp")
            || text.contains("streamable_http")
    };
    let path = url.path.trim_end_matches('/');
    path.ends_with("/mcp")
        || path.ends_with("/sse")
        || says(url.host)
        || says(sight.slot)
        || sight.frames.iter().any(|frame| says(frame.callee) || says(frame.slot))
}

/// The key that a connection stands under: `{"weather": {"url": …}}`.
pub fn mcp_key<'a>(sight: &Sight<'_, 'a>) -> Option<&'a str> {
    let of_keys = sight.frames.windows(2).rev().find(|pair| pair[0].bracket == b'{' && pair[1].bracket == b'{')?;
    let key = of_keys[1].slot;
    let is_plain = matches!(key, "mcpServers" | "mcp_servers" | "servers" | "headers" | "params" | "config");
    (is_name(key) && !is_plain).then_some(key)
}

/// What an MCP server at a URL is called when nobody says: after the variable, or the host and port.
pub fn mcp_name(variable: &str, url: &HttpUrl<'_>) -> String {
    if !urls::is_local(url.host) {
        return toolname::of_host(url.host);
    }
    let lower = last_part(variable).to_ascii_lowercase();
    let stem = ["_server_url", "_url", "_endpoint", "_server", "_uri"].iter().find_map(|end| lower.strip_suffix(end));
    match stem.filter(|stem| !stem.is_empty() && *stem != "mcp" && *stem != "mcp_server") {
        Some(stem) => stem.replace('_', "-"),
        None => match url.base.rsplit_once(':').filter(|(scheme, _)| scheme.contains("://")) {
            Some((_, port)) => format!("mcp-{port}"),
            None => "mcp".to_owned(),
        },
    }
}
