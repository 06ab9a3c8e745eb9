//! What the code shows besides its framework and its start: tools, models, destinations, secrets, a prompt.

mod crew;
mod models;
mod prompts;
mod secrets;
mod telling;
mod tool_rules;
mod tools;
pub mod walk;

#[cfg(test)]
mod tests;

use crate::modules::Module;
use models::Models;
use std::collections::HashSet;
use telling::Telling;
use tools::Tools;
use walk::{List, Sight, Visit, walk};
use windlass_findings::prompts::Prompts;
use windlass_findings::tools::{How, is_name};
use windlass_findings::{At, mcp};
use windlass_outline::python::scan::{Line, Literal};
use windlass_outline::toolname;
use windlass_outline::urls::{self, HttpUrl, Place};
use windlass_plugin_sdk::{Claims, Files};

/// How much a file counts that the entry point never loads.
const UNREACHED: f32 = 0.5;

/// Claims what the modules show; `reached` are the files that the entry point loads.
pub fn claim(
    (files, paths): (&dyn Files, &[String]),
    modules: &[Module<'_>],
    reached: &HashSet<&str>,
    claims: &mut Claims,
) {
    let mut found = Found::default();
    for module in modules {
        let is_reached = reached.contains(module.path);
        if is_reached || !module.is_aside() {
            let weight = if is_reached { 1.0 } else { UNREACHED };
            found.models.imports(module, weight);
            Reader { path: module.path, weight, found: &mut found, env: None, mcp: Vec::new(), names: Vec::new() }
                .read(module);
        }
    }
    for (host, score, file, line) in found.destinations {
        claims.destination(host, score).at(file, line).rule("url");
    }
    let servers = mcp::servers(files, paths);
    for server in &servers {
        if let Some(url) = &server.base_url {
            found.tools.add(&server.name, How::Mcp, server.at()).base_url.get_or_insert_with(|| url.clone());
        }
    }
    mcp::claim_started(&servers, claims);
    crew::prompt(files, paths, &mut found.prompts);
    found.tools.claim(claims);
    found.models.claim(|file| reached.contains(file), claims);
    found.prompts.claim(claims);
    secrets::claim(files, paths, modules, claims);
}

/// What all modules show together.
#[derive(Debug, Default)]
struct Found {
    tools: Tools,
    models: Models,
    prompts: Prompts,
    hosts: HashSet<String>,
    destinations: Vec<(String, f32, String, u32)>,
}

/// Reads one module.
struct Reader<'f, 'a> {
    path: &'a str,
    weight: f32,
    found: &'f mut Found,
    /// The tool whose variable was just named: a default may follow.
    env: Option<String>,
    /// The MCP servers of this statement: URL, key, variable, enclosing brackets, line.
    mcp: Vec<Server<'a>>,
    /// The names given in this statement, with the bracket that each stands in.
    names: Vec<(usize, &'a str)>,
}

/// An MCP server that is not named yet: a name may stand behind its URL.
struct Server<'a> {
    url: HttpUrl<'a>,
    key: Option<&'a str>,
    variable: &'a str,
    frames: Vec<usize>,
    line: u32,
}

impl<'a> Reader<'_, 'a> {
    fn read(mut self, module: &Module<'a>) {
        let mut decorator: Option<&str> = None;
        // The indent of the class of a tool that is being read: its `name` is the tool's.
        let mut class: Option<usize> = None;
        let mut telling = Telling::of(module.text);
        for (line, here) in walk::lines(module) {
            class = class.filter(|indent| line.indent > *indent);
            if class.is_some() && here.first().is_some_and(tool_rules::is_class_name) {
                class = None;
                let at = self.at(line.number);
                self.found.tools.add(here[0].text, How::Decorator, at);
            } else if line.text.strip_prefix("class ").is_some_and(tool_rules::makes_tool_class) {
                class = Some(line.indent);
            }
            if let Some(text) = line.text.strip_prefix('@') {
                decorator = decorator.or(decorated(text, here));
            } else if let Some(given) = decorator.take() {
                self.define(line, given);
            }
            let is_docstring = here.len() == 1 && here[0].is_statement();
            if !is_docstring && telling.may_be(line, here) {
                walk(line, here, &mut self);
                self.end_statement();
            } else if cfg!(debug_assertions) && !is_docstring {
                self.walk_in_vain(line, here);
            }
        }
    }

    /// Walks a statement that was passed over, to see that it tells nothing.
    fn walk_in_vain(&self, line: &Line<'a>, here: &[Literal<'a>]) {
        let mut found = Found::default();
        let mut reader =
            Reader { path: self.path, weight: 1.0, found: &mut found, env: None, mcp: Vec::new(), names: Vec::new() };
        walk(line, here, &mut reader);
        reader.end_statement();
        assert_eq!(format!("{found:?}"), format!("{:?}", Found::default()), "{}: {}", self.path, line.text);
    }

    fn at(&self, line: u32) -> At<'a> {
        At { file: self.path, line, weight: self.weight }
    }

    /// The function behind a tool's decorators.
    fn define(&mut self, line: &Line<'a>, given: &'a str) {
        let text = line.text.strip_prefix("async ").map_or(line.text, str::trim_start);
        let Some(rest) = text.strip_prefix("def ") else { return };
        let own = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let name = if given.is_empty() { own } else { given };
        if is_name(name) {
            let at = self.at(line.number);
            self.found.tools.add(name, How::Decorator, at);
        }
    }

    fn url(&mut self, sight: &Sight<'_, 'a>, url: HttpUrl<'a>) {
        let place = url.place();
        let is_mcp = tool_rules::is_mcp(sight, &url);
        let is_far = matches!(place, Place::Aside | Place::Models(_) | Place::Service);
        if is_far && self.found.hosts.insert(url.host.to_ascii_lowercase()) {
            let destination = (url.host.to_owned(), 0.8 * self.weight, self.path.to_owned(), sight.line);
            self.found.destinations.push(destination);
        }
        match place {
            Place::Service | Place::Local if is_mcp => {
                let frames = sight.frames.iter().map(|frame| frame.at).collect();
                let variable = sight.variable();
                self.mcp.push(Server { url, key: tool_rules::mcp_key(sight), variable, frames, line: sight.line });
            }
            Place::Models(provider) => self.found.models.url(provider, sight, self.at(sight.line)),
            Place::Service => {
                if let Some(certainty) = tool_rules::certainty(sight, &url) {
                    self.found.tools.url(&url, certainty, self.at(sight.line));
                }
            }
            _ => {}
        }
    }

    fn end_statement(&mut self) {
        self.found.models.end_statement();
        self.env = None;
        for server in std::mem::take(&mut self.mcp) {
            // One server, named once: `run_demo.py` knows only its port.
            let is_known = self.found.tools.has_mcp(server.url.base);
            let given = self.names.iter().rev().find(|(frame, _)| server.frames.contains(frame)).map(|(_, name)| *name);
            let name = match given.or(server.key) {
                Some(name) => name.to_owned(),
                None if is_known => continue,
                None => tool_rules::mcp_name(server.variable, &server.url),
            };
            let at = self.at(server.line);
            let tool = self.found.tools.add(&name, How::Mcp, at);
            tool.base_url.get_or_insert_with(|| server.url.base.to_owned());
        }
        self.names.clear();
    }
}

impl<'a> Visit<'a> for Reader<'_, 'a> {
    fn literal(&mut self, sight: &Sight<'_, 'a>) {
        let variable = self.env.take().filter(|_| tool_rules::leads_to_default(sight.gap));
        if let Some(tool) = variable.filter(|_| urls::parse(sight.text).is_some()) {
            let tool = self.found.tools.add(&tool, How::Env, At { weight: 0.0, ..self.at(sight.line) });
            tool.base_url.get_or_insert_with(|| sight.text.to_owned());
            return;
        }
        if let Some(url) = urls::parse(sight.text) {
            return self.url(sight, url);
        }
        let variable =
            if sight.text.starts_with(toolname::VARIABLE) { toolname::of_variable(sight.text) } else { None };
        if let Some(name) = variable.filter(|_| tool_rules::names_variable(sight)) {
            let at = self.at(sight.line);
            let tool = self.found.tools.add(&name, How::Env, at);
            tool.env.get_or_insert_with(|| sight.text.to_owned());
            self.env = Some(name);
            return;
        }
        if let Some((name, how)) = tool_rules::named(sight) {
            let at = self.at(sight.line);
            self.found.tools.add(name, how, at);
        }
        if matches!(sight.slot, "name" | "server_label" | "server_name") && is_name(sight.text) {
            self.names.extend(sight.frame().map(|frame| (frame.at, sight.text)));
        }
        let at = self.at(sight.line);
        self.found.models.literal(sight, at);
        prompts::literal(&mut self.found.prompts, sight, at);
    }

    fn list(&mut self, list: &List<'_, 'a>) {
        for name in tool_rules::items(list) {
            let at = self.at(list.line);
            self.found.tools.add(name, How::List, at);
        }
    }
}

/// The name that a decorator gives to a tool; empty when the function's own is meant, none for any other decorator.
fn decorated<'a>(text: &'a str, literals: &[Literal<'a>]) -> Option<&'a str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
    if !tool_rules::marks_tool(&text[..end]) {
        return None;
    }
    let names = |literal: &&Literal<'_>| {
        let before = literal.before.trim_end();
        let is_first = before.len() == end + 2 && before.ends_with('(');
        let is_named = before.ends_with("name=") || before.ends_with("name_override=") || before.ends_with("name =");
        (is_first || is_named) && is_name(literal.text)
    };
    Some(literals.iter().find(names).map_or("", |literal| literal.text))
}
