//! What an operator reads when the server is up: where it is, what opens it, what isolates agents, and a first deploy.

use crate::app::App;
use crate::bootstrap::{self, DEFAULT_WORKSPACE};
use crate::config::Config;
use std::fs;
use std::path::Path;
use windlass_runtime::IsolationReport;

/// The agent of the first deploy, a handler, inside a JSON string inside single quotes.
const AGENT: &str = r#"{"agent_name": "hello", "source_files": {"agent.py": "def handler(message):\n    return {\"response\": \"Hello, \" + message}\n"}}"#;

/// The banner for people. With `shows_key` the workspace key is printed: once in a server's life, at its first start.
pub fn text(config: &Config, app: &App, shows_key: bool) -> String {
    let key_file = bootstrap::bootstrap_file(&config.data_dir);
    let printed = if shows_key { fs::read_to_string(&key_file).ok() } else { None };
    let key = match printed {
        Some(key) => format!("{}  (shown this once; kept in {})", key.trim(), key_file.display()),
        None => place_of(&key_file),
    };
    compose(&Facts {
        url: &app.public.url,
        key: &key,
        operator_key: &place_of(&bootstrap::operator_file(&config.data_dir)),
        agents: &isolation(app.runtime.isolation()),
        data_dir: &config.data_dir,
    })
}

/// The same as log events, without any key.
pub fn log(config: &Config, app: &App) {
    tracing::info!(
        url = app.public.url,
        listen = %config.listen,
        workspace = DEFAULT_WORKSPACE,
        key_file = %bootstrap::bootstrap_file(&config.data_dir).display(),
        operator_key_file = %bootstrap::operator_file(&config.data_dir).display(),
        isolation = isolation(app.runtime.isolation()),
        version = env!("CARGO_PKG_VERSION"),
        "ready"
    );
}

struct Facts<'a> {
    url: &'a str,
    key: &'a str,
    operator_key: &'a str,
    agents: &'a str,
    data_dir: &'a Path,
}

fn compose(facts: &Facts) -> String {
    let Facts { url, key, operator_key, agents, data_dir } = facts;
    let version = env!("CARGO_PKG_VERSION");
    let file = quote(&bootstrap::bootstrap_file(data_dir));
    let data_dir = data_dir.display();
    format!(
        "
Windlass {version} is ready.

  address    {url}
  workspace  {DEFAULT_WORKSPACE}
  key        {key}
  operator   {operator_key}
  data       {data_dir}
  agents     {agents}

Deploy a first agent:

  curl -sS {url}/api/deploy \\
    -H \"Authorization: Bearer $(cat {file})\" -H 'Content-Type: application/json' \\
    -d '{AGENT}'

and ask it something:

  curl -sS {url}/api/agents/{DEFAULT_WORKSPACE}/hello/invoke \\
    -H \"Authorization: Bearer $(cat {file})\" -H 'Content-Type: application/json' \\
    -d '{{\"message\": \"world\"}}'

"
    )
}

fn place_of(file: &Path) -> String {
    if file.exists() { format!("in {}", file.display()) } else { format!("yours; {} was removed", file.display()) }
}

/// One line: the verdict, and what is not in force.
fn isolation(report: &IsolationReport) -> String {
    let text = report.to_string();
    let verdict = text.lines().next().unwrap_or_default().trim_start_matches("agents are ");
    let missing: Vec<&str> =
        report.measures.iter().filter(|measure| !measure.in_force).map(|measure| measure.name).collect();
    if missing.is_empty() { verdict.to_owned() } else { format!("{verdict}; not in force: {}", missing.join(", ")) }
}

/// The path as one word of a shell.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_deploy_reads_the_key_from_its_file_and_its_body_is_json() {
        let facts = Facts {
            url: "http://127.0.0.1:8092",
            key: "in /srv/my data/bootstrap-key",
            operator_key: "in /srv/my data/operator-key",
            agents: "isolated",
            data_dir: Path::new("/srv/my data"),
        };
        let banner = compose(&facts);
        assert!(banner.contains("http://127.0.0.1:8092/api/deploy"), "{banner}");
        assert!(banner.contains("$(cat '/srv/my data/bootstrap-key')"), "{banner}");
        let body: serde_json::Value = serde_json::from_str(AGENT).expect("JSON");
        assert!(body["source_files"]["agent.py"].as_str().expect("a text").starts_with("def handler("));
    }

    #[test]
    fn a_path_is_quoted_where_a_shell_would_split_it_and_only_there() {
        assert_eq!(quote(Path::new("/home/ada/.local/share/windlass/k")), "/home/ada/.local/share/windlass/k");
        assert_eq!(quote(Path::new("/srv/it's here")), r"'/srv/it'\''s here'");
    }
}
