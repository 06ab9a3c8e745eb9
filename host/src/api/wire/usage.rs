//! What models have cost: `model_usage` of an agent's configuration, and `/model-spend` over all agents.

use super::Time;
use crate::spend::{BudgetStatus, ModelUsage, month_of};
use schemars::JsonSchema;
use serde::Serialize;
use windlass_domain::AgentRef;
use windlass_domain::agent::UnixMillis;

/// The contract's `AgentModelUsage`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentModelUsage")]
pub struct UsageShown {
    label: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_provider: Option<String>,
    provider: String,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_budget_usd: Option<f64>,
    estimated_spend_usd: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_budget_usd: Option<f64>,
    /// Tokens whose price is not known: they are in no amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    unpriced_tokens: Option<i64>,
    period_start: Time,
    period_end: Time,
    #[schemars(extend("enum" = ["Active", "Near budget", "Budget reached", "Uncapped"]))]
    status: &'static str,
}

impl UsageShown {
    /// Shows the usage of a model in the month of `now`.
    #[must_use]
    pub fn new(usage: ModelUsage, now: UnixMillis) -> Self {
        let (start, end) = month_of(now);
        let (remaining_budget_usd, status) = (usage.remaining_usd(), usage.status().as_str());
        let model = usage.model;
        let role = model.role_or_default().to_owned();
        Self {
            label: format!("{role}: {}", model.model),
            role,
            model_provider: model.model_provider().map(str::to_owned),
            provider: model.provider,
            model: model.model,
            monthly_budget_usd: usage.budget_usd,
            estimated_spend_usd: usage.spent_usd,
            remaining_budget_usd,
            unpriced_tokens: Some(usage.unpriced_tokens).filter(|tokens| *tokens > 0),
            period_start: Time(start),
            period_end: Time(end),
            status,
        }
    }
}

/// `GET /model-spend`
#[derive(Debug, Serialize, JsonSchema)]
pub struct ModelSpend {
    summary: Summary,
    /// The models that are near their budget, or have reached it.
    warnings: Vec<AgentUsage>,
    /// The models that have cost something, the dearest first.
    top_models: Vec<AgentUsage>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "ModelSpendSummary")]
struct Summary {
    total_estimated_spend_usd: f64,
    total_budget_usd: f64,
    remaining_budget_usd: f64,
    budgeted_model_count: usize,
    near_budget_count: usize,
    blocked_count: usize,
    uncapped_spend_usd: f64,
    #[serde(flatten)]
    period: Option<Period>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ModelSpendPeriod")]
struct Period {
    period_start: Time,
    period_end: Time,
}

/// A model's usage, and whose it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ModelSpendEntry")]
struct AgentUsage {
    agent_name: String,
    agent_namespace: String,
    #[serde(flatten)]
    usage: UsageShown,
}

impl ModelSpend {
    /// Sums up the month of `now`.
    #[must_use]
    pub fn new(mut usages: Vec<(AgentRef, ModelUsage)>, now: UnixMillis) -> Self {
        let (start, end) = month_of(now);
        let period = Some(Period { period_start: Time(start), period_end: Time(end) });
        let mut summary = Summary { period, ..Summary::default() };
        for (_, usage) in &usages {
            summary.add(usage);
        }
        usages.sort_by(|(_, one), (_, other)| other.spent_usd.total_cmp(&one.spent_usd));
        let shown = |(agent, usage): &(AgentRef, ModelUsage)| AgentUsage {
            agent_name: agent.name.to_string(),
            agent_namespace: agent.workspace.to_string(),
            usage: UsageShown::new(usage.clone(), now),
        };
        let is_warned_of = |usage: &ModelUsage| matches!(usage.status(), BudgetStatus::Near | BudgetStatus::Reached);
        Self {
            summary,
            warnings: usages.iter().filter(|(_, usage)| is_warned_of(usage)).map(shown).collect(),
            top_models: usages.iter().filter(|(_, usage)| usage.spent_usd > 0.0).map(shown).collect(),
        }
    }
}

impl Summary {
    fn add(&mut self, usage: &ModelUsage) {
        self.total_estimated_spend_usd += usage.spent_usd;
        match usage.budget_usd {
            Some(budget) => {
                self.total_budget_usd += budget;
                self.remaining_budget_usd += usage.remaining_usd().unwrap_or_default();
                self.budgeted_model_count += 1;
            }
            None => self.uncapped_spend_usd += usage.spent_usd,
        }
        self.near_budget_count += usize::from(usage.status() == BudgetStatus::Near);
        self.blocked_count += usize::from(usage.status() == BudgetStatus::Reached);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};
    use windlass_domain::request::LlmConfig;
    use windlass_domain::{AgentName, WorkspaceName};

    fn usage(model: &str, spent_usd: f64, budget: Option<u32>) -> (AgentRef, ModelUsage) {
        let agent = AgentRef {
            workspace: WorkspaceName::parse("w", "acme").expect("a name"),
            name: AgentName::parse("n", "bot").expect("a name"),
        };
        let other = budget.map(|budget| Map::from_iter([("monthly_budget_usd".to_owned(), json!(budget))]));
        let (model, provider) = (model.to_owned(), "openai".to_owned());
        let model = LlmConfig { model, provider, other: other.unwrap_or_default(), ..LlmConfig::default() };
        (agent, ModelUsage { spent_usd, ..ModelUsage::of(model, &[]) })
    }

    #[test]
    fn spend_is_summed_up_warned_of_and_sorted() {
        let usages = vec![
            usage("cheap", 1.0, None),
            usage("near", 8.0, Some(10)),
            usage("over", 12.0, Some(10)),
            usage("idle", 0.0, Some(5)),
        ];
        let spend = json!(ModelSpend::new(usages, 0));
        let expected = json!({
            "total_estimated_spend_usd": 21.0, "total_budget_usd": 25.0, "remaining_budget_usd": 7.0,
            "budgeted_model_count": 3, "near_budget_count": 1, "blocked_count": 1, "uncapped_spend_usd": 1.0,
            "period_start": "1970-01-01T00:00:00.000Z", "period_end": "1970-02-01T00:00:00.000Z",
        });
        assert_eq!(spend["summary"], expected);
        let models = |list: &str| -> Vec<String> {
            let list = spend[list].as_array().expect("a list");
            list.iter().map(|item| item["model"].as_str().expect("a model").to_owned()).collect()
        };
        assert_eq!(models("warnings"), ["over", "near"]);
        assert_eq!(models("top_models"), ["over", "near", "cheap"]);
        let expected = json!({
            "agent_name": "bot", "agent_namespace": "acme", "label": "default: over", "role": "default",
            "provider": "openai", "model": "over", "monthly_budget_usd": 10.0, "estimated_spend_usd": 12.0,
            "remaining_budget_usd": 0.0, "period_start": "1970-01-01T00:00:00.000Z",
            "period_end": "1970-02-01T00:00:00.000Z", "status": "Budget reached",
        });
        assert_eq!(spend["top_models"][0], expected);
    }
}
