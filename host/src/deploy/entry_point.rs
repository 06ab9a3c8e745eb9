//! The entry point that a request names must be there. Where it is not, the detectors are asked what starts the source
//! instead, so that the refusal can name it.

use super::decide;
use super::error::DeployError;
use crate::app::App;
use std::sync::Arc;
use windlass_domain::claim::{self, Claim, kind};
use windlass_domain::decision::{Candidate, Question, Subject, grounds};
use windlass_domain::plan::Plan;
use windlass_domain::request::DeployRequest;
use windlass_domain::resource;

/// The most starts that a refusal names.
const MOST_STARTS: usize = 5;

/// A file that may start the source.
#[derive(Debug)]
pub struct PossibleStart {
    /// The claim: the path, who made it, why, and how sure it is.
    pub claimed: Candidate,
    /// How the file runs, where that is claimed.
    pub run_kind: Option<String>,
}

/// Refuses a request whose entry point is not among its files.
pub async fn must_be_there(app: &App, request: &Arc<DeployRequest>) -> Result<(), DeployError> {
    let (Some(named), Some(tree)) = (&request.entry_point, request.files()) else { return Ok(()) };
    if tree.get(named.as_str()).is_some() {
        return Ok(());
    }
    let nearest = resource::nearest(named.as_str(), tree.iter().map(|(path, _)| path)).map(str::to_owned);
    let unnamed = Arc::new(DeployRequest { entry_point: None, ..DeployRequest::clone(request) });
    // A detector that breaks has nothing to add: the request is refused whatever it would say.
    let claims = decide::claims(app, &unnamed).await.unwrap_or_else(|_| Arc::from([]));
    Err(DeployError::UnknownEntryPoint { path: named.to_string(), nearest, starts: starts(&unnamed, &claims) })
}

/// The files that are claimed to start the source, each once, the surest first.
fn starts(request: &DeployRequest, claims: &[Claim]) -> Vec<PossibleStart> {
    let ground = grounds(request, claims, &Plan::default(), Subject::Source).remove(&Question::EntryPoint);
    let claimed = ground.into_iter().flat_map(|ground| std::iter::once(ground.winner).chain(ground.candidates));
    let mut starts: Vec<PossibleStart> = Vec::new();
    for claimed in claimed {
        if starts.len() < MOST_STARTS && !starts.iter().any(|start| start.claimed.value == claimed.value) {
            starts.push(PossibleStart { run_kind: run_kind(claims, &claimed.value), claimed });
        }
    }
    starts
}

fn run_kind(claims: &[Claim], path: &str) -> Option<String> {
    let of_path = |claim: &&Claim| claim.kind == kind::RUN_KIND && claim.evidence.file.as_deref() == Some(path);
    claim::best_of(claims.iter().filter(of_path)).map(|claim| claim.value.clone())
}
