//! One question to a slot: who answers it, and what happens when its plugin breaks.
//!
//! Invariants: who is stopped is not called; what a plugin says on purpose is its answer; nobody's failure is remembered.

use super::decide::micros;
use super::error::{DeployError, Step};
use crate::plugins::Bound;
use crate::plugins::breaker::{Outcome, Stopped};
use std::time::{Duration, Instant};
use windlass_domain::binding::OnFailure;
use windlass_domain::decision::PluginUse;
use windlass_plugin::CallError;

/// A question to a plugin: its answer, and its part in it.
pub type Ask<'a, T> = dyn FnMut(&Bound) -> Result<(T, PluginUse), CallError> + 'a;

/// An answer of a slot, and who took part in it.
pub struct Answered<T> {
    /// The answer; `None`: the slot was skipped.
    pub value: Option<T>,
    /// Those who gave none, then who gave it.
    pub parts: Vec<PluginUse>,
}

/// Why there was no answer.
enum Failure {
    Stopped(Stopped),
    Broke(CallError),
}

/// Asks who is bound, and where that one breaks goes by the rule of its binding.
pub fn answered<T>(bound: &Bound, step: Step, ask: &mut Ask<'_, T>) -> Result<Answered<T>, DeployError> {
    let started = Instant::now();
    let failure = match one_answer(bound, step, ask)? {
        Ok((value, part)) => return Ok(Answered { value: Some(value), parts: vec![part] }),
        Err(failure) => failure,
    };
    let part = PluginUse { failed: Some(why(&failure)), ..used(bound, started.elapsed()) };
    match (bound.on_failure, &bound.fallback) {
        (OnFailure::Skip, _) => Ok(Answered { value: None, parts: vec![part] }),
        (OnFailure::Fallback, Some(fallback)) => match answered(fallback, step, ask) {
            Ok(Answered { value, parts }) => Ok(Answered { value, parts: [vec![part], parts].concat() }),
            // Two that break: the one that the operator chose is named.
            Err(_) => Err(failed(bound, step, failure)),
        },
        (OnFailure::Fail | OnFailure::Fallback, _) => Err(failed(bound, step, failure)),
    }
}

/// One call, if the breaker lets it pass. What the plugin says on purpose, and what befalls the host, is an error at once.
fn one_answer<T>(
    bound: &Bound,
    step: Step,
    ask: &mut Ask<'_, T>,
) -> Result<Result<(T, PluginUse), Failure>, DeployError> {
    let pass = match bound.breaker.admit(Instant::now()) {
        Ok(pass) => pass,
        Err(stopped) => return Ok(Err(Failure::Stopped(stopped))),
    };
    let answer = ask(bound);
    let outcome = match &answer {
        Err(error) if error.is_fault_of_plugin() => Outcome::Broke(error.to_string()),
        Err(CallError::Busy | CallError::Host(_)) => Outcome::Neither,
        // It was not called.
        Ok((_, part)) if part.remembered => Outcome::Neither,
        // What refuses on purpose works well enough to say so.
        Ok(_) | Err(_) => Outcome::Answered,
    };
    bound.breaker.record(pass, Instant::now(), outcome);
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) if error.is_fault_of_plugin() || matches!(error, CallError::Unavailable(_)) => {
            Ok(Err(Failure::Broke(error)))
        }
        Err(error) => Err(failed(bound, step, Failure::Broke(error))),
    }
}

/// What the author should know of those who gave no answer.
pub fn warnings(plugins: &[PluginUse]) -> Vec<String> {
    let told = |(index, used): (usize, &PluginUse)| {
        let why = used.failed.as_deref()?;
        let (plugin, slot) = (&used.plugin, &used.slot);
        let instead = plugins[index + 1..].iter().find(|other| other.slot == *slot && other.failed.is_none());
        Some(match instead {
            Some(instead) => format!("{} answered in the slot `{slot}`, since {plugin} did not: {why}", instead.plugin),
            None => format!("this was decided without {plugin} in the slot `{slot}`: {why}"),
        })
    };
    plugins.iter().enumerate().filter_map(told).collect()
}

fn why(failure: &Failure) -> String {
    match failure {
        Failure::Stopped(stopped) => format!("it is stopped, since it kept breaking: {}", stopped.why),
        Failure::Broke(error) => error.to_string(),
    }
}

fn failed(bound: &Bound, step: Step, failure: Failure) -> DeployError {
    let (slot, plugin) = (bound.slot.clone(), bound.plugin.id().to_owned());
    match failure {
        Failure::Stopped(Stopped { why, wait }) => DeployError::Stopped { slot, plugin, why, wait },
        Failure::Broke(error) => DeployError::Plugin { slot, plugin, step, error },
    }
}

/// The plugin's part.
pub fn used(bound: &Bound, took: Duration) -> PluginUse {
    PluginUse {
        slot: bound.slot.clone(),
        plugin: bound.plugin.id().to_owned(),
        digest: bound.plugin.digest.clone(),
        terms: bound.terms_digest.clone(),
        failed: None,
        micros: micros(took),
        remembered: false,
    }
}
