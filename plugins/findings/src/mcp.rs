//! MCP servers that a configuration names: `{"mcpServers": {"NAME": {"url": …}}}`, or `{"command": …}` for one that is
//! started beside the agent.
//!
//! Invariant: of a command, its arguments and its environment nothing is kept: they hold secrets as often as not.

use crate::At;
use crate::tools::is_name;
use windlass_outline::javascript::json;
use windlass_outline::javascript::sources::is_installed;
use windlass_outline::paths;
use windlass_outline::toolname;
use windlass_outline::urls::{self, Place};
use windlass_plugin_sdk::{Claims, Files};

/// The longest configuration that is read, in bytes, and the most servers of all.
const LONGEST: usize = 256 * 1024;
const MOST: usize = 50;
/// The keys that hold the servers.
const KEYS: [&str; 3] = ["mcpServers", "mcp_servers", "servers"];
/// How much a configuration counts that desktop programs read by themselves, and any other.
const OF_PROGRAMS: f32 = 0.5;
const OWN: f32 = 1.0;

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Its name in the configuration; of one at a URL a name that a tool can have.
    pub name: String,
    /// Scheme, host and port; none where it is started as a program.
    pub base_url: Option<String>,
    file: String,
    line: u32,
    weight: f32,
}

impl Server {
    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> At<'_> {
        At { file: &self.file, line: self.line, weight: self.weight }
    }
}

/// The servers of every configuration of the tree, in order.
#[must_use]
pub fn servers(files: &dyn Files, paths: &[String]) -> Vec<Server> {
    let configs = paths.iter().filter_map(|path| Some((path, weight(path)?)));
    let texts = configs.filter_map(|(path, weight)| Some((path, files.read(path).ok()?, weight)));
    let texts = texts.filter(|(_, text, _)| text.len() <= LONGEST);
    texts.flat_map(|(path, text, weight)| in_text(path, &text, weight)).take(MOST).collect()
}

/// Claims what is started beside the agent; a server at a URL is a tool.
pub fn claim_started(servers: &[Server], claims: &mut Claims) {
    let mut started = servers.iter().filter(|server| server.base_url.is_none());
    let Some(first) = started.next() else { return };
    let mut draft = claims.also("mcp", 0.9 * first.weight).at(&first.file, first.line).rule("mcp-config");
    for server in [first].into_iter().chain(started) {
        draft = draft.attribute("server", &server.name);
    }
}

/// How much a configuration counts by its path; none for what is none, or an editor's.
fn weight(path: &str) -> Option<f32> {
    let (name, folder) = (paths::name(path), paths::folder(path));
    let is_of_program = name == ".mcp.json" || name.starts_with("claude_desktop_config");
    let is_config = paths::has_ending(name, "json") && (name.contains("mcp") || is_of_program);
    let is_editors = folder.split('/').any(|part| part.starts_with('.'));
    if !is_config || is_editors || is_installed(path) {
        return None;
    }
    Some(if is_of_program { OF_PROGRAMS } else { OWN })
}

fn in_text(path: &str, text: &str, weight: f32) -> Vec<Server> {
    let document = json::parse(text);
    let Some(servers) = KEYS.iter().find_map(|key| document.get(*key)?.as_object()) else { return Vec::new() };
    let server = |(name, server): (&String, &_)| {
        let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| json::text(server, key));
        let (name, base_url) = match url {
            Some(url) => {
                let url = urls::parse(url).filter(|url| matches!(url.place(), Place::Service | Place::Local))?;
                let name = if is_name(name) { name.clone() } else { toolname::of_host(url.host) };
                (name, Some(url.base.to_owned()))
            }
            None => (json::text(server, "command").map(|_| name.chars().take(64).collect())?, None),
        };
        Some(Server { line: line(text, &name), name, base_url, file: path.to_owned(), weight })
    };
    servers.iter().filter_map(server).collect()
}

/// The line of a key, from 1; the first line where it is written otherwise.
fn line(text: &str, key: &str) -> u32 {
    let at = text.find(&format!("\"{key}\"")).unwrap_or(0);
    u32::try_from(text[..at].matches('\n').count() + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_sdk::files::tree;

    #[test]
    fn servers_at_a_url_and_those_that_are_started_are_told_apart() {
        let text = "{ // ours\n \"mcpServers\": {\n  \"crm\": {\"type\": \"http\", \"url\": \"https://crm.acme.io/mcp\"},\n  \
                    \"files\": {\"command\": \"npx\", \"args\": [\"-y\", \"x\"], \"env\": {\"TOKEN\": \"t0p\"}},\n  \
                    \"two words\": {\"serverUrl\": \"http://localhost:9000/sse\"},\n  \"gone\": {}}}";
        let files = tree(&[("config/mcp.json", text)]);
        let servers = servers(&files, &files.paths());
        let shown: Vec<_> =
            servers.iter().map(|server| (server.name.as_str(), server.base_url.as_deref(), server.line)).collect();
        let local = toolname::of_host("localhost");
        let expected = [
            ("crm", Some("https://crm.acme.io"), 3),
            ("files", None, 4),
            (local.as_str(), Some("http://localhost:9000"), 1),
        ];
        assert_eq!(shown, expected);
        let mut claims = Claims::default();
        claim_started(&servers, &mut claims);
        let [claim] = claims.as_slice() else { panic!("one claim: {claims:?}") };
        assert_eq!((claim.value.as_str(), claim.place().as_str()), ("mcp", "config/mcp.json:4"));
        assert_eq!(claim.attribute("server"), Some("files"));
        assert!(!format!("{claims:?}").contains("t0p"));
    }

    #[test]
    fn what_editors_read_and_what_is_no_configuration_holds_none() {
        let text = "{\"mcpServers\": {\"a\": {\"url\": \"https://a.acme.io/mcp\"}}}";
        let of = |path: &str, text: &str| {
            let files = tree(&[(path, text)]);
            servers(&files, &files.paths())
        };
        for path in [".cursor/mcp.json", ".vscode/mcp.json", "settings.json", "node_modules/x/mcp.json", "mcp.yaml"] {
            assert_eq!(of(path, text), [], "{path}");
        }
        for text in ["", "{", "[]", "{\"mcpServers\": []}", "{\"mcpServers\": {\"a\": 1, \"b\": {\"url\": \"x\"}}}"] {
            assert_eq!(of("mcp.json", text), [], "{text}");
        }
        for (path, weight) in [(".mcp.json", 0.5), ("claude_desktop_config.json", 0.5), ("a/mcp_servers.json", 1.0)] {
            assert_eq!(of(path, text)[0].at().weight.to_bits(), f32::to_bits(weight), "{path}");
        }
        let mut claims = Claims::default();
        claim_started(&of("mcp.json", text), &mut claims);
        assert!(claims.as_slice().is_empty(), "nothing is started");
    }
}
