//! Settings, held against the plugin's schema, then looked at by the plugin itself, before they are bound.

pub mod schema;

use crate::call::{Answer, in_store};
use crate::error::CallError;
use crate::gate::Plugin;
use crate::imports::log::clip;
use crate::limits::Limits;
use crate::link::Linked;
use crate::terms::Terms;
use serde_json::{Map, Value};

/// The most problems that are kept of one check.
pub const MAX_PROBLEMS: usize = 64;
/// The longest text of a problem, in bytes.
const MAX_TEXT: usize = 1_024;

/// What a plugin has against settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Where, a JSON pointer; empty for the whole.
    pub path: String,
    /// What is wrong, a sentence for the operator.
    pub message: String,
}

impl Plugin {
    /// What the schema in the plugin's metadata has against settings; a plugin without one takes none.
    #[must_use]
    pub fn settings_problem(&self, settings: &Map<String, Value>) -> Option<SettingsProblem> {
        match &self.settings_schema {
            Some(schema) => schema.problem(&Value::Object(settings.clone())),
            None => settings.keys().next().map(|name| SettingsProblem {
                path: format!("/{name}"),
                message: "the plugin declares no `settings_schema`, so it takes no settings".to_owned(),
            }),
        }
    }
}

/// Asks the plugin about `settings`, the text of a JSON object. It reaches nothing and knows no secret meanwhile.
pub(crate) fn check(
    plugin: &Plugin,
    limits: Limits,
    settings: &str,
) -> Result<Answer<Vec<SettingsProblem>>, CallError> {
    let terms = Terms { settings: settings.into(), ..Terms::of(limits) };
    let (checked, took, _) = in_store(plugin, &terms, limits.time, |store| {
        let checked = match &plugin.linked {
            Linked::Detector(pre) => pre.instantiate(&mut *store)?.call_check_settings(&mut *store, settings)?,
            Linked::Strategy(pre) => pre.instantiate(&mut *store)?.call_check_settings(&mut *store, settings)?,
            Linked::ToolProvider(pre) => pre.instantiate(&mut *store)?.call_check_settings(&mut *store, settings)?,
        };
        let problems = checked.err().unwrap_or_default().into_iter().take(MAX_PROBLEMS);
        let kept = problems.map(|problem| SettingsProblem {
            path: clip(&problem.path, MAX_TEXT).to_owned(),
            message: clip(&problem.message, MAX_TEXT).to_owned(),
        });
        Ok(Ok(kept.collect()))
    });
    checked.map(|value| Answer { value, took })
}
