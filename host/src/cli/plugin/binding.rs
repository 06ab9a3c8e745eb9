//! What decides where: `windlass plugin bind`, `unbind`, `history` and `rollback`.

use super::super::client::{Body, Connection};
use super::super::table::{self, Column};
use crate::bootstrap::DEFAULT_WORKSPACE;
use anyhow::{Context as _, anyhow};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::fs;

/// Whose slots.
#[derive(Debug, Args)]
pub(in crate::cli) struct Whose {
    /// The workspace
    #[arg(long, short, value_name = "NAME", default_value = DEFAULT_WORKSPACE)]
    workspace: String,
    /// The host's own, which workspaces inherit that have nothing else in the slot
    #[arg(long, conflicts_with = "workspace")]
    host: bool,
}

impl Whose {
    fn path<'a>(&'a self, below: &[&'a str]) -> Vec<&'a str> {
        let slots =
            if self.host { vec!["plugins", "defaults"] } else { vec!["workspaces", &self.workspace, "plugins"] };
        [&slots, below].concat()
    }

    fn title(&self) -> &str {
        if self.host { "the host" } else { &self.workspace }
    }
}

/// A slot, and the server.
#[derive(Debug, Args)]
pub(in crate::cli) struct Place {
    /// The slot: `strategy`, `tool-provider` or `detectors/NAME`
    slot: String,
    #[command(flatten)]
    whose: Whose,
    /// The candidate's place, beside the plugin that decides
    #[arg(long)]
    shadow: bool,
    #[command(flatten)]
    connection: Connection,
}

/// The terms of a binding.
#[derive(Debug, Args)]
pub(in crate::cli) struct Terms {
    /// Settings for the plugin: a JSON object, or a file with one
    #[arg(long, value_name = "JSON|FILE")]
    settings: Option<String>,
    /// A host that it may call, of those that it asks for; repeatable
    #[arg(long = "grant-host", value_name = "HOST")]
    hosts: Vec<String>,
    /// An address or network that it may reach though it is private or loopback; repeatable
    #[arg(long = "grant-address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// A secret of the workspace that it may read, of those that it asks for; repeatable
    #[arg(long = "grant-secret", value_name = "NAME")]
    secrets: Vec<String>,
    /// What a call may cost: `time_ms`, `memory_mib`, `host_call_mib`, `log_lines`, `http_calls` or `http_mib`; repeatable
    #[arg(long = "limit", value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limits: Vec<(String, u32)>,
    /// What happens when it breaks
    #[arg(long, value_name = "RULE", value_parser = ["fail", "fallback", "skip"])]
    on_failure: Option<String>,
    /// The order among detectors: lower ones come first
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    priority: Option<i32>,
}

fn parse_limit(text: &str) -> Result<(String, u32), String> {
    let (name, number) = text.split_once('=').ok_or("write NAME=NUMBER, such as time_ms=20")?;
    let number = number.parse().map_err(|_| format!("`{number}` is no number"))?;
    Ok((name.to_owned(), number))
}

impl Terms {
    /// The body that binds `NAME` or `NAME@VERSION` on these terms; what is not given is left out.
    fn body(&self, plugin: &str, shadow: bool) -> anyhow::Result<Value> {
        let mut body = match plugin.split_once('@') {
            Some((name, version)) => json!({ "plugin": name, "version": version }),
            None => json!({ "plugin": plugin }),
        };
        if let Some(settings) = &self.settings {
            body["settings"] = read_settings(settings)?;
        }
        let grants = [("hosts", &self.hosts), ("addresses", &self.addresses), ("secrets", &self.secrets)];
        for (name, given) in grants.into_iter().filter(|(_, given)| !given.is_empty()) {
            body["grants"][name] = json!(given);
        }
        let limits: Map<String, Value> = self.limits.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        if !limits.is_empty() {
            body["limits"] = limits.into();
        }
        if let Some(rule) = &self.on_failure {
            body["on_failure"] = rule.as_str().into();
        }
        if let Some(priority) = self.priority {
            body["priority"] = priority.into();
        }
        if shadow {
            body["shadow"] = true.into();
        }
        Ok(body)
    }
}

fn read_settings(given: &str) -> anyhow::Result<Value> {
    let is_json = given.trim_start().starts_with('{');
    let text = if is_json {
        given.to_owned()
    } else {
        fs::read_to_string(given).with_context(|| format!("cannot read {given}"))?
    };
    serde_json::from_str(&text).map_err(|error| anyhow!("--settings is not JSON: {error}"))
}

const REVISIONS: &[Column] = &[
    ("REVISION", "revision"),
    ("CHANGE", "change"),
    ("PLUGIN", "binding.plugin"),
    ("VERSION", "binding.version"),
    ("HOLDS", "current"),
    ("BY", "by"),
    ("AT", "at"),
];

impl Place {
    pub(super) async fn bind(&self, plugin: &str, terms: &Terms) -> anyhow::Result<()> {
        let body = Body::Json(terms.body(plugin, self.shadow)?);
        let answer = self.connection.send(Method::PUT, &self.whose.path(&[&self.slot]), body).await?;
        let (slot, whose) = (&self.slot, self.whose.title());
        self.print(&answer, || {
            let what = if self.shadow { "is tried beside" } else { "is" };
            format!("{plugin} {what} the {slot} of {whose} from the next deploy on.")
        });
        Ok(())
    }

    pub(super) async fn unbind(&self) -> anyhow::Result<()> {
        let query = if self.shadow { "shadow=true" } else { "" };
        let path = self.whose.path(&[&self.slot]);
        let answer = self.connection.send_with(Method::DELETE, &path, query, Body::Empty).await?;
        self.print(&answer, || format!("The {} of {} is what it inherits.", self.slot, self.whose.title()));
        Ok(())
    }

    pub(super) async fn history(&self) -> anyhow::Result<()> {
        let query = if self.shadow { "shadow=true" } else { "" };
        let path = self.whose.path(&[&self.slot, "history"]);
        let answer = self.connection.send_with(Method::GET, &path, query, Body::Empty).await?;
        let none = "Nothing was ever bound there.";
        self.print(&answer, || table::render(table::items(&answer), REVISIONS, none));
        Ok(())
    }

    pub(super) async fn roll_back(&self, revision: Option<u32>) -> anyhow::Result<()> {
        let mut body = json!({ "shadow": self.shadow });
        if let Some(revision) = revision {
            body["revision"] = revision.into();
        }
        let path = self.whose.path(&[&self.slot, "rollback"]);
        let answer = self.connection.send(Method::POST, &path, Body::Json(body)).await?;
        let holds = &answer[if self.shadow { "shadow" } else { "binding" }];
        self.print(&answer, || {
            let plugin = holds["plugin"].as_str().unwrap_or("nothing");
            format!("{plugin} is the {} of {} from the next deploy on.", self.slot, self.whose.title())
        });
        Ok(())
    }

    fn print(&self, answer: &Value, text: impl FnOnce() -> String) {
        println!("{}", if self.connection.json { format!("{answer:#}") } else { text() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        terms: Terms,
    }

    fn body(plugin: &str, arguments: &[&str]) -> anyhow::Result<Value> {
        let line = Line::try_parse_from([&["bind"], arguments].concat())?;
        line.terms.body(plugin, false)
    }

    #[test]
    fn a_body_has_what_is_given_and_nothing_else() {
        assert_eq!(body("mine", &[]).expect("a body"), json!({ "plugin": "mine" }));
        let arguments = [
            "--settings={\"cheap\": true}",
            "--grant-host=a.example.com",
            "--grant-host=b.example.com",
            "--grant-secret=billing-key",
            "--limit=time_ms=20",
            "--on-failure=skip",
            "--priority=-1",
        ];
        assert_eq!(
            body("mine@1.2.0", &arguments).expect("a body"),
            json!({
                "plugin": "mine", "version": "1.2.0", "settings": {"cheap": true}, "limits": {"time_ms": 20},
                "grants": {"hosts": ["a.example.com", "b.example.com"], "secrets": ["billing-key"]},
                "on_failure": "skip", "priority": -1,
            })
        );
    }

    #[test]
    fn settings_come_from_a_file_too_and_must_be_json() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), r#"{"a": 1}"#).expect("written");
        let path = file.path().to_str().expect("a path");
        assert_eq!(body("mine", &["--settings", path]).expect("a body")["settings"], json!({"a": 1}));
        fs::write(file.path(), "a: 1").expect("written");
        assert!(body("mine", &["--settings", path]).is_err());
        assert!(body("mine", &["--settings", "/nowhere.json"]).is_err());
    }

    #[test]
    fn a_limit_is_a_name_and_a_number() {
        for wrong in ["time_ms", "time_ms=", "time_ms=-1", "time_ms=soon"] {
            assert!(body("mine", &["--limit", wrong]).is_err(), "{wrong}");
        }
    }
}
