//! What a source tree is, without deploying it: the detectors' claims, settled by the strategy where it can.
//!
//! The host weighs nothing here: what the plan says stands; where the strategy refuses, the best claim of a kind does. How
//! the entry point runs is always the best claim's to say: the plan says how it is started here, perhaps in a weaker way.
//!
//! An analysis is a function of the body that asks for it, of the workspace and of the plugins that are bound to it, so one
//! that was made before is not made again.

use super::ask::{Caller, DeployAsk};
use super::build::in_words_of_files;
use super::decide::{self, Findings, Unplanned};
use super::error::DeployError;
use super::memo::{AnalysisKey, Answer, BodyDigest};
use crate::app::App;
use crate::edge;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use windlass_domain::WorkspaceName;
use windlass_domain::claim::{self, Claim, kind};
use windlass_domain::decision::{Grounds, PluginUse, Question, Subject, grounds};
use windlass_domain::plan::Plan;
use windlass_plugin::CallError;

/// The name that plugins read for the agent of an analysis, which has none.
const NAMELESS: &str = "analysis";

/// An analysis as it is asked for.
#[derive(Debug, Clone, Default)]
pub struct AnalysisAsk {
    /// `files`
    pub files: Option<BTreeMap<String, String>>,
    /// `entry_point`
    pub entry_point: Option<String>,
    /// `requirements`
    pub requirements: Option<String>,
    /// `framework`
    pub framework: Option<String>,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Its id, `analysis-` + hex.
    pub id: String,
    /// The digest of the source.
    pub source_digest: String,
    /// Everything that was claimed.
    pub claims: Arc<[Claim]>,
    /// What the strategy would do; where it refuses, what it had settled before.
    pub plan: Plan,
    /// Whether it refuses.
    pub refused: bool,
    /// The language of the runtime that the plan names, else the best claim of one.
    pub language: Option<String>,
    /// Framework, entry point and run kind of the source, and why.
    pub evidence: Grounds,
    /// The plugins that took part.
    pub plugins: Vec<PluginUse>,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// What the author should know: the strategy's refusal among it.
    pub warnings: Vec<String>,
}

impl Analysis {
    /// The answer to a question, if there is one.
    #[must_use]
    pub fn answer(&self, question: Question) -> Option<&str> {
        self.evidence.get(&question).map(|ground| ground.winner.value.as_str())
    }

    /// The claims of a kind, in order.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Claim> {
        self.claims.iter().filter(move |claim| claim.kind == kind)
    }

    /// The claim that says how the entry point runs.
    #[must_use]
    pub fn run_claim(&self) -> Option<&Claim> {
        let winner = &self.evidence.get(&Question::RunKind)?.winner;
        let same = |claim: &&Claim| claim.value == winner.value && claim.evidence.file == winner.file;
        claim::best_of(self.of_kind(kind::RUN_KIND).filter(same))
    }
}

/// The analysis of the same body, under a new id, if the same plugins have made it for the same workspace.
pub fn recall(app: &App, workspace: &WorkspaceName, body: BodyDigest) -> Result<Option<Analysis>, DeployError> {
    let started = Instant::now();
    let key = AnalysisKey::asked(workspace, body, &*decide::set_of(app, workspace)?);
    let Some(Answer { value, .. }) = app.memo.analyses.recall(&key) else { return Ok(None) };
    let mut analysis = Analysis { id: new_id(), ..Arc::unwrap_or_clone(value) };
    for plugin in &mut analysis.plugins {
        plugin.remembered = true;
    }
    analysis.micros = decide::micros(started.elapsed());
    Ok(Some(analysis))
}

/// Remembers what was made of a body; not where somebody refused, or gave no answer.
pub fn remember(app: &App, workspace: &WorkspaceName, body: BodyDigest, analysis: &Analysis) {
    if !analysis.refused && analysis.plugins.iter().all(|used| used.failed.is_none()) {
        let key = AnalysisKey::answered(workspace, body, &analysis.plugins);
        let took = Duration::from_micros(analysis.micros);
        app.memo.analyses.remember(key, Answer { value: Arc::new(analysis.clone()), took });
    }
}

/// Looks at files as a deploy would, and changes nothing.
pub async fn analyse(app: &App, caller: &Caller, ask: AnalysisAsk) -> Result<Analysis, DeployError> {
    let AnalysisAsk { files, entry_point, requirements, framework } = ask;
    let ask = DeployAsk {
        agent_name: Some(NAMELESS.to_owned()),
        source_files: files,
        entry_point,
        requirements,
        framework,
        ..DeployAsk::default()
    };
    let super::Admitted { request, mut warnings, .. } =
        super::admit(app, caller, ask).await.map_err(in_words_of_files)?;
    let Findings { claims, plan, plugins, micros } = decide::find(app, &request).await?;
    let (plan, refusal) = match plan {
        Ok(plan) => (plan, None),
        Err(Unplanned { error, settled }) => (*settled, Some(refusal(error)?)),
    };
    let lacking = super::check::lacking_builder(&app.catalogue, &plan);
    let refused = refusal.is_some();
    let unanswered = super::answer::warnings(&plugins);
    warnings.extend(decide::told(
        &claims,
        refusal.into_iter().chain(plan.warnings.iter().cloned()).chain(lacking).chain(unanswered),
    ));
    let runtime = plan.runtime.as_deref().and_then(|name| app.catalogue.runtime(name));
    let language = runtime.map(|runtime| runtime.language.clone());
    let language = language.or_else(|| claim::best(&claims, kind::LANGUAGE).map(|claim| claim.value.clone()));
    Ok(Analysis {
        id: new_id(),
        source_digest: request.files().map(|tree| tree.digest()).unwrap_or_default(),
        evidence: grounds(&request, &claims, &plan, Subject::Source),
        claims,
        plan,
        refused,
        language,
        plugins,
        micros,
        warnings,
    })
}

fn new_id() -> String {
    edge::new_id("analysis")
}

/// What a strategy says to the author instead of a plan; one that broke is a failure here too.
fn refusal(error: DeployError) -> Result<String, DeployError> {
    match &error {
        DeployError::Plugin {
            error: CallError::InvalidInput(detail) | CallError::Denied(detail) | CallError::Unavailable(detail),
            ..
        } => Ok(detail.message.clone()),
        DeployError::Plugin { plugin, error: CallError::NotApplicable, .. } => {
            Ok(format!("{plugin} has nothing to say about this source: there is no plan for it"))
        }
        DeployError::NothingBound { slot, .. } => {
            Ok(format!("no plugin answers in the slot `{slot}`: there is no plan"))
        }
        _ => Err(error),
    }
}
