//! Passes: what an agent shows at the gateway, as a part of the gateway's address that it is given.
//!
//! It travels in the path, not as the API key: the contract's clients expect `platform-managed` there, and every SDK keeps the
//! path of its base URL. A pass is signed, not stored, so it survives a restart; it opens something only while a process of
//! its revision runs, and dies with the last of them.

use super::GatewayError;
use crate::app::App;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use windlass_domain::agent::{Revision, RunRequest, UnixMillis};
use windlass_domain::{AgentName, AgentRef, WorkspaceName};
use windlass_store::Signer;

/// The holder of a pass.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The agent.
    pub agent: AgentRef,
    /// The revision whose process shows it: its settings count, not those of a newer one.
    pub revision: Revision,
}

/// The pass of a revision: `workspace.agent.revision.signature`. Names have no dots.
#[must_use]
pub fn issue(signer: &Signer, request: &RunRequest) -> String {
    let RunRequest { agent, revision, recorded_at, .. } = request;
    let signature = BASE64.encode(signer.sign(&signed(agent, *revision, *recorded_at)));
    format!("{}.{}.{revision}.{signature}", agent.workspace, agent.name)
}

/// A pass as a log may show it: without its signature.
#[must_use]
pub fn without_signature(pass: &str) -> &str {
    pass.rsplit_once('.').map_or("", |(holder, _)| holder)
}

/// Who holds `pass`.
pub fn open(app: &App, pass: &str) -> Result<Holder, GatewayError> {
    let (agent, number, signature) = parse(pass).ok_or(GatewayError::UnknownPass)?;
    let revision = app.store.revision(&agent, number)?.ok_or(GatewayError::UnknownPass)?;
    let is_ours = app.store.signer().verify(&signed(&agent, number, revision.created_at), &signature);
    if !is_ours || !app.runtime.runs(&agent, number) {
        return Err(GatewayError::UnknownPass);
    }
    Ok(Holder { agent, revision })
}

/// What is signed. The time tells the revisions of agents apart that had the same name one after the other.
fn signed(agent: &AgentRef, revision: u32, recorded_at: UnixMillis) -> String {
    format!("gateway pass: {}/{}/{revision}/{recorded_at}", agent.workspace, agent.name)
}

fn parse(pass: &str) -> Option<(AgentRef, u32, Vec<u8>)> {
    let mut parts = pass.split('.');
    let workspace = WorkspaceName::parse("workspace", parts.next()?).ok()?;
    let name = AgentName::parse("agent", parts.next()?).ok()?;
    let revision = parts.next()?.parse().ok()?;
    let signature = BASE64.decode(parts.next()?).ok()?;
    parts.next().is_none().then_some((AgentRef { workspace, name }, revision, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_names_its_holder_and_nothing_is_guessed_from_half_of_one() {
        let (agent, revision, signature) = parse("acme.bot.3.AQID").expect("a pass");
        assert_eq!((agent.to_string().as_str(), revision, signature.as_slice()), ("acme/bot", 3, &[1, 2, 3][..]));
        for bad in ["", "acme.bot.3", "acme.bot.x.AQID", "acme.bot.3.A!", "Acme.bot.3.AQID", "acme.bot.3.AQID.x"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert_eq!(without_signature("acme.bot.3.AQID"), "acme.bot.3");
        assert_eq!(without_signature("guess"), "");
    }
}
