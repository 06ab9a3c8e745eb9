//! `windlass plugin replay`, `shadow` and `promote`: what another plugin would say, and letting it decide.

use super::client::{Body, Connection};
use crate::bootstrap::DEFAULT_WORKSPACE;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Put the last deploys of a workspace to a plugin, without changing anything
    #[command(
        after_help = "Example:\n  windlass plugin replay strategy my-strategy@2.0.0 --last 200 --workspace payments"
    )]
    Replay {
        #[command(flatten)]
        place: Place,
        /// The plugin: NAME, or NAME@VERSION for other than the version installed last
        plugin: String,
        /// How many of the last deploys, 1 to 1,000
        #[arg(long, value_name = "DEPLOYS", default_value_t = 100)]
        last: u32,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show how far the candidate of a slot agrees with the plugin that decides
    #[command(after_help = "Example:\n  windlass plugin shadow strategy --workspace payments")]
    Shadow {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let the candidate of a slot decide, from the next deploy on
    #[command(after_help = "Example:\n  windlass plugin promote strategy --workspace payments")]
    Promote {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// What is decided: `strategy`, `tool-provider` or `detectors/NAME`
    slot: String,
    /// The workspace
    #[arg(long, short, value_name = "NAME", default_value = DEFAULT_WORKSPACE)]
    workspace: String,
}

impl Place {
    fn path<'a>(&'a self, below: &'a str) -> Vec<&'a str> {
        ["workspaces", &self.workspace, "plugins"].into_iter().chain(self.slot.split('/')).chain([below]).collect()
    }
}

impl Command {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (connection, answer, text) = match self {
            Self::Replay { place, plugin, last, connection } => {
                let body = Body::Json(json!({"plugin": plugin, "last": last}));
                let answer = connection.send(Method::POST, &place.path("replay"), body).await?;
                let text = replayed(&answer);
                (connection, answer, text)
            }
            Self::Shadow { place, connection } => {
                let answer = connection.send(Method::GET, &place.path("shadow"), Body::Empty).await?;
                let text = shadowed(&answer);
                (connection, answer, text)
            }
            Self::Promote { place, connection } => {
                let answer = connection.send(Method::POST, &place.path("promote"), Body::Empty).await?;
                let Place { slot, workspace } = &place;
                let text = format!("{} is the {slot} of {workspace} from the next deploy on.", word(&answer["plugin"]));
                (connection, answer, text)
            }
        };
        println!("{}", if connection.json { format!("{answer:#}") } else { text });
        Ok(())
    }
}

fn replayed(answer: &Value) -> String {
    let mut text = counted(answer);
    for deploy in list(&answer["deploys"]).iter().filter(|deploy| deploy["outcome"] != "same") {
        line(&mut text, deploy);
    }
    text
}

fn shadowed(answer: &Value) -> String {
    let mut text = counted(answer);
    for deploy in list(&answer["disagreements"]) {
        line(&mut text, deploy);
    }
    text
}

/// `my-strategy@2.0.0 in strategy: 198 of 200 the same, 2 differ, 0 failed`, and the fields below.
fn counted(answer: &Value) -> String {
    let counts = &answer["counts"];
    let [agreed, asked, differed, failed] = ["agreed", "asked", "differed", "failed"].map(|name| word(&counts[name]));
    let (plugin, slot) = (plugin_of(answer), word(&answer["slot"]));
    let mut text = format!("{plugin} in {slot}: {agreed} of {asked} the same, {differed} differ, {failed} failed");
    for (name, what) in [("missed", "not asked about"), ("unsteady", "answered differently when asked twice")] {
        if counts[name].as_u64().is_some_and(|count| count > 0) {
            let _ = write!(text, ", {} {what}", counts[name]);
        }
    }
    for (name, of) in [("fields", "differs in"), ("failures", "met in")] {
        for (what, count) in counts[name].as_object().into_iter().flatten() {
            let _ = write!(text, "\n  {what} {of} {count}");
        }
    }
    text
}

/// `name@version`: of a replay as it is, of a shadow from its binding.
fn plugin_of(answer: &Value) -> String {
    let candidate = &answer["candidate"];
    match candidate["plugin"].as_str() {
        Some(name) => format!("{name}@{}", word(&candidate["version"])),
        None => word(&answer["plugin"]),
    }
}

/// One deploy, and each of its differences on a line below.
fn line(text: &mut String, deploy: &Value) {
    let _ = write!(text, "\n{} ({})", word(&deploy["agent_name"]), word(&deploy["decision_id"]));
    if let Some(failure) = deploy["failure"].as_str() {
        let _ = write!(text, ": {failure}");
    }
    for difference in list(&deploy["differences"]) {
        let (live, candidate) = (side(&difference["live"]), side(&difference["candidate"]));
        let _ = write!(text, "\n  {}: {live} -> {candidate}", word(&difference["field"]));
    }
}

fn side(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { value.to_string() }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_told_by_its_counts_and_by_what_is_not_the_same() {
        let answer = json!({
            "slot": "strategy", "plugin": "mine@2.0.0",
            "counts": {
                "asked": 3, "agreed": 1, "differed": 1, "failed": 1, "missed": 0, "unsteady": 1,
                "fields": {"plan.port": 1}, "failures": {"it trapped": 1},
            },
            "deploys": [
                {"decision_id": "dec-1", "agent_name": "a", "outcome": "same"},
                {"decision_id": "dec-2", "agent_name": "b", "outcome": "differs",
                 "differences": [{"field": "plan.port", "live": 8080}]},
                {"decision_id": "dec-3", "agent_name": "c", "outcome": "failed", "failure": "it trapped"},
            ],
        });
        let expected =
            "mine@2.0.0 in strategy: 1 of 3 the same, 1 differ, 1 failed, 1 answered differently when asked twice
  plan.port differs in 1
  it trapped met in 1
b (dec-2)
  plan.port: 8080 -> nothing
c (dec-3): it trapped";
        assert_eq!(replayed(&answer), expected);
    }

    #[test]
    fn a_detectors_slot_is_two_parts_of_a_path() {
        let place = Place { slot: "detectors/acme".into(), workspace: "payments".into() };
        assert_eq!(place.path("replay"), ["workspaces", "payments", "plugins", "detectors", "acme", "replay"]);
    }
}
