//! On which terms a guest is called: what its binding gives it, made once per binding and shared by its calls.

use crate::limits::Limits;
use crate::reach::Reach;
use std::sync::Arc;

/// What a binding gives to each call of its plugin.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The slot of the binding, for reports.
    pub slot: Arc<str>,
    /// What the call may cost.
    pub limits: Limits,
    /// The plugin's settings, a JSON object.
    pub settings: Arc<str>,
    /// What a tool provider may reach outside.
    pub reach: Arc<Reach>,
}

impl Default for Terms {
    fn default() -> Self {
        Self::of(Limits::default())
    }
}

impl Terms {
    /// In no slot, no settings and nothing to reach, within these limits.
    #[must_use]
    pub fn of(limits: Limits) -> Self {
        Self { slot: "".into(), limits, settings: "{}".into(), reach: Arc::default() }
    }
}
