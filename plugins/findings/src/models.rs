//! Models: which ones the code names, who serves them, and what for.

use crate::At;
use windlass_plugin_sdk::{Claims, kind};

/// The most models that are claimed.
pub const MOST: usize = 60;

/// One use of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// None when only the provider is known.
    pub name: Option<String>,
    /// Who serves it.
    pub provider: Option<&'static str>,
    /// What for.
    pub role: &'static str,
    /// The variable that holds its name; may be empty.
    pub variable: String,
    /// How sure it is.
    pub score: f32,
    /// The file that shows it.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The rule that fired.
    pub rule: &'static str,
}

impl Use {
    /// A provider of which the code names no model here.
    #[must_use]
    pub fn unnamed(provider: &'static str, rule: &'static str, variable: &str, at: At<'_>) -> Self {
        Self {
            name: None,
            provider: Some(provider),
            role: "default",
            variable: variable.to_owned(),
            score: 0.5 * at.weight,
            file: at.file.to_owned(),
            line: at.line,
            rule,
        }
    }

    /// Claims it.
    pub fn claim(&self, claims: &mut Claims) {
        let value = self.name.as_deref().or(self.provider).unwrap_or_default();
        let mut draft = claims.model(value, self.score).at(&self.file, self.line).rule(self.rule);
        draft = draft.attribute("role", self.role);
        if let Some(provider) = self.provider {
            draft = draft.attribute("provider", provider);
        }
        if !self.variable.is_empty() {
            draft.attribute("variable", &self.variable);
        }
    }
}

/// Each model once for each role, the surest first, then the providers of which no model is named.
#[must_use]
pub fn each_once(mut found: Vec<Use>) -> Vec<Use> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut once: Vec<Use> = Vec::new();
    let (named, unnamed): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.name.is_some());
    for found in named {
        if !once.iter().any(|known| known.name == found.name && known.role == found.role) {
            once.push(found);
        }
    }
    for found in unnamed {
        if !once.iter().any(|known| known.provider == found.provider) {
            once.push(found);
        }
    }
    once
}

/// Claims the host that a provider's SDK calls, unless the code names it as a destination itself.
pub fn claim_host(host: &str, file: &str, line: u32, claims: &mut Claims) {
    if !claims.of_kind(kind::DESTINATION).any(|claim| claim.value == host) {
        claims.destination(host, 0.6).at(file, line).rule("model-provider");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_there_once_a_role_and_a_provider_only_where_it_has_none() {
        let at = At { file: "a.py", line: 1, weight: 1.0 };
        let named = |score, role| Use {
            name: Some("gpt-4o".to_owned()),
            role,
            score,
            ..Use::unnamed("openai", "model-name", "", at)
        };
        let found = vec![
            Use::unnamed("openai", "import", "", at),
            Use::unnamed("groq", "import", "", at),
            named(0.4, "chat"),
            named(0.8, "chat"),
            named(0.8, "embedding"),
        ];
        let once: Vec<_> =
            each_once(found).into_iter().map(|found| (found.provider, found.role, found.score)).collect();
        assert_eq!(
            once,
            [(Some("openai"), "chat", 0.8), (Some("openai"), "embedding", 0.8), (Some("groq"), "default", 0.5)]
        );
    }
}
