//! What the code shows besides its framework and its start: tools, models, destinations, secrets, a prompt.

mod lists;
mod models;
mod prompts;
mod secrets;
mod tools;

#[cfg(test)]
mod tests;

use crate::project::Project;
use crate::sources::Module;
use models::Models;
use std::collections::HashSet;
use tools::Tools;
use windlass_findings::prompts::Prompts;
use windlass_findings::tools::How;
use windlass_findings::{At, mcp};
use windlass_outline::javascript::scan::{Literal, LiteralKind};
use windlass_outline::toolname;
use windlass_outline::urls::{self, HttpUrl, Place};
use windlass_plugin_sdk::Claims;

/// How much a file counts that the entry point never loads, and one that shows pages.
const UNREACHED: f32 = 0.5;

/// Claims what the modules show; `reached` are the modules that run.
pub fn claim(project: &Project<'_>, reached: &HashSet<usize>, claims: &mut Claims) {
    let mut found = Found::default();
    let local = lists::local_tools(project.modules.iter());
    for (at, module) in project.modules.iter().enumerate() {
        let is_reached = reached.contains(&at);
        if is_reached || !project.is_aside(module.path) {
            let runs = is_reached && !module.has_directive("use client");
            let weight = if runs { 1.0 } else { UNREACHED };
            found.models.imports(module, &project.targets[at], weight);
            Reader { module, weight, found: &mut found, defaults: HashSet::new() }.read(&local);
        }
    }
    for (host, score, file, line) in found.destinations {
        claims.destination(host, score).at(file, line).rule("url");
    }
    let servers = mcp::servers(project.files, project.paths);
    for server in &servers {
        if let Some(url) = &server.base_url {
            found.tools.add(&server.name, How::Mcp, server.at()).base_url.get_or_insert_with(|| url.clone());
        }
    }
    mcp::claim_started(&servers, claims);
    found.tools.claim(claims);
    found.models.claim(claims);
    found.prompts.claim(claims);
    secrets::claim(project, claims);
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
struct Reader<'f, 'm, 'a> {
    module: &'m Module<'a>,
    weight: f32,
    found: &'f mut Found,
    /// Where the defaults of variables stand: they belong to the variable's tool.
    defaults: HashSet<usize>,
}

impl<'a> Reader<'_, '_, 'a> {
    fn at(&self, place: usize) -> At<'a> {
        At { file: self.module.path, line: self.module.scan.line(place), weight: self.weight }
    }

    fn read(mut self, local: &lists::LocalTools<'_>) {
        self.variables();
        for name in lists::given(self.module, local) {
            self.found.tools.add(name.text, How::List, self.at(name.at));
        }
        for literal in &self.module.scan.literals {
            if matches!(literal.kind, LiteralKind::Quoted | LiteralKind::Template) && literal.text.len() > 1 {
                self.literal(literal);
            }
        }
    }

    /// `process.env.TOOL_URL_X`, with what `??` or `||` puts in its place.
    fn variables(&mut self) {
        let scan = &self.module.scan;
        for place in scan.places(toolname::VARIABLE) {
            let text = scan.text();
            let rest = &text[place..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if !tools::reads_environment(text, place) {
                continue;
            }
            let default = scan.literals.partition_point(|literal| literal.at < place + end);
            let default = scan.literals.get(default).filter(|next| {
                let between = text.get(place + end..next.at.saturating_sub(1)).unwrap_or(";");
                tools::leads_to_default(between)
            });
            self.variable(&rest[..end], place, default);
        }
    }

    fn variable(&mut self, variable: &str, place: usize, default: Option<&Literal<'_>>) {
        let Some(name) = toolname::of_variable(variable) else { return };
        let at = self.at(place);
        let tool = self.found.tools.add(&name, How::Env, at);
        tool.env.get_or_insert_with(|| variable.to_owned());
        if let Some(url) = default.filter(|url| urls::parse(url.text).is_some()) {
            tool.base_url.get_or_insert_with(|| url.text.to_owned());
            self.defaults.insert(url.at);
        }
    }

    fn literal(&mut self, literal: &Literal<'a>) {
        let scan = &self.module.scan;
        if literal.text.starts_with(toolname::VARIABLE) {
            if tools::looks_up_environment(literal.before) {
                let behind = literal.at + literal.text.len() + 1;
                let default = scan.literals.get(scan.literals.partition_point(|next| next.at <= literal.at));
                let default = default.filter(|next| {
                    let between = scan.text().get(behind..next.at.saturating_sub(1)).unwrap_or(";");
                    tools::leads_to_default(between.trim_start().trim_start_matches([']', ')']))
                });
                self.variable(literal.text, literal.at, default);
            }
            return;
        }
        if let Some(url) = urls::parse(literal.text) {
            if !self.defaults.contains(&literal.at) {
                self.url(literal, url);
            }
            return;
        }
        if let Some((name, how)) = tools::named(scan, literal) {
            let at = self.at(literal.at);
            self.found.tools.add(name, how, at);
        }
        self.found.models.literal(scan, literal, || At {
            file: self.module.path,
            line: scan.line(literal.at),
            weight: self.weight,
        });
        prompts::literal(&mut self.found.prompts, scan, literal, self.module.path, self.weight);
    }

    fn url(&mut self, literal: &Literal<'a>, url: HttpUrl<'a>) {
        let scan = &self.module.scan;
        let (place, at) = (url.place(), self.at(literal.at));
        let key = literal.key().unwrap_or_default();
        if tools::is_mention(key) {
            return;
        }
        let is_far = matches!(place, Place::Aside | Place::Models(_) | Place::Service);
        if is_far && self.found.hosts.insert(url.host.to_ascii_lowercase()) {
            self.found.destinations.push((url.host.to_owned(), 0.8 * self.weight, at.file.to_owned(), at.line));
        }
        match place {
            Place::Service | Place::Local if tools::is_mcp(scan.callee(literal), key, &url) => {
                let name = tools::mcp_key(literal).map_or_else(|| toolname::of_host(url.host), str::to_owned);
                let tool = self.found.tools.add(&name, How::Mcp, at);
                tool.base_url.get_or_insert_with(|| url.base.to_owned());
            }
            Place::Models(provider) => self.found.models.url(provider, at),
            Place::Service => self.found.tools.url(&url, tools::certainty(scan.callee(literal), key), at),
            _ => {}
        }
    }
}
