//! What agents' models have cost in this month, against their budgets.
//!
//! The gateway records what providers said of usage; here it is put beside the agents' configurations. Tokens without a known
//! price are told, and cost nothing here.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime};
use serde_json::Value;
use windlass_domain::agent::UnixMillis;
use windlass_domain::request::LlmConfig;
use windlass_store::{Usage, UsageOf};

/// The field of a model's configuration that caps what it may cost in a month, in US dollars.
pub const BUDGET: &str = "monthly_budget_usd";
/// From which part of its budget on a model is near it.
const NEAR: f64 = 0.8;

/// What one model of an agent has cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelUsage {
    /// The model, as the agent is configured.
    pub model: LlmConfig,
    /// Spent in this month, in US dollars.
    pub spent_usd: f64,
    /// The most that it may cost in a month, in US dollars; `None`: no limit.
    pub budget_usd: Option<f64>,
    /// Tokens of this month whose price is not known.
    pub unpriced_tokens: i64,
}

/// How far a model is from its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetStatus {
    /// There is room.
    Active,
    /// Four fifths are spent.
    Near,
    /// All of it is spent.
    Reached,
    /// There is no budget.
    Uncapped,
}

impl BudgetStatus {
    /// The contract's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Near => "Near budget",
            Self::Reached => "Budget reached",
            Self::Uncapped => "Uncapped",
        }
    }
}

impl ModelUsage {
    /// The usage of a configured model, out of the month's sums of its agent.
    #[must_use]
    pub fn of(model: LlmConfig, sums: &[(UsageOf, Usage)]) -> Self {
        let budget_usd = model.other.get(BUDGET).and_then(parse_budget);
        let mut usage = Usage::default();
        sums.iter().filter(|(of, _)| is_of(&model, of)).for_each(|(_, sum)| usage += *sum);
        Self { model, spent_usd: usd(usage.nano_usd), budget_usd, unpriced_tokens: usage.unpriced_tokens }
    }

    /// The usage of an agent's models: of those that it is configured with, and of others that it used in this month.
    #[must_use]
    pub fn of_agent(mut models: Vec<LlmConfig>, sums: &[(UsageOf, Usage)]) -> Vec<Self> {
        for (of, _) in sums {
            if !models.iter().any(|model| is_of(model, of)) {
                models.push(used(of));
            }
        }
        models.into_iter().map(|model| Self::of(model, sums)).collect()
    }

    /// What is left of the budget, in US dollars.
    #[must_use]
    pub fn remaining_usd(&self) -> Option<f64> {
        self.budget_usd.map(|budget| (budget - self.spent_usd).max(0.0))
    }

    /// How far it is from its budget.
    #[must_use]
    pub fn status(&self) -> BudgetStatus {
        match self.budget_usd {
            None => BudgetStatus::Uncapped,
            Some(budget) if self.spent_usd >= budget => BudgetStatus::Reached,
            Some(budget) if self.spent_usd >= NEAR * budget => BudgetStatus::Near,
            Some(_) => BudgetStatus::Active,
        }
    }
}

/// Whether the sums are those of a configured model: by its role and name. Its provider may have been replaced.
fn is_of(model: &LlmConfig, of: &UsageOf) -> bool {
    of.model == model.model && (of.role == model.role_or_default() || of.role == model.role)
}

/// What stands for a model that was used and is not configured (any more).
fn used(of: &UsageOf) -> LlmConfig {
    let (model, role) = (of.model.clone(), of.role.clone());
    LlmConfig { provider: of.provider.to_string(), model, role, ..LlmConfig::default() }
}

#[expect(clippy::cast_precision_loss, reason = "shown to people; exact up to nine million dollars")]
fn usd(nano: i64) -> f64 {
    nano as f64 / 1e9
}

/// The calendar month of a time, in UTC, as sums are kept: `2026-11`.
#[must_use]
pub fn month_name(now: UnixMillis) -> String {
    DateTime::from_timestamp_millis(now).unwrap_or_default().format("%Y-%m").to_string()
}

/// A budget: a finite number from 0 on.
#[must_use]
pub fn parse_budget(value: &Value) -> Option<f64> {
    value.as_f64().filter(|budget| budget.is_finite() && *budget >= 0.0)
}

/// The calendar month of a time, in UTC: its first moment, and that of the next one.
#[must_use]
pub fn month_of(now: UnixMillis) -> (UnixMillis, UnixMillis) {
    let day = DateTime::from_timestamp_millis(now).unwrap_or_default().date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let start_of = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    (start_of(first), start_of(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn usage(spent_usd: f64, budget: Value) -> ModelUsage {
        let other = serde_json::Map::from_iter([(BUDGET.to_owned(), budget)]);
        ModelUsage { spent_usd, ..ModelUsage::of(LlmConfig { other, ..LlmConfig::default() }, &[]) }
    }

    fn sum(role: &str, model: &str, nano_usd: i64, unpriced_tokens: i64) -> (UsageOf, Usage) {
        let agent = serde_json::from_value(json!({"workspace": "acme", "name": "bot"})).expect("an agent");
        let (month, provider) = ("2026-11".to_owned(), serde_json::from_value(json!("eu")).expect("a name"));
        let of = UsageOf { agent, month, role: role.to_owned(), provider, model: model.to_owned() };
        (of, Usage { requests: 1, nano_usd, unpriced_tokens, ..Usage::default() })
    }

    #[test]
    fn sums_are_put_beside_the_models_that_they_are_of_and_others_are_told_too() {
        let models: Vec<LlmConfig> = serde_json::from_value(json!([
            {"provider": "openai", "model": "a"},
            {"provider": "openai", "model": "a", "role": "classify"},
        ]))
        .expect("models");
        let sums = [sum("default", "a", 1_500_000_000, 0), sum("classify", "a", 2_000_000_000, 7), sum("", "b", 0, 9)];
        let seen: Vec<_> = ModelUsage::of_agent(models, &sums)
            .into_iter()
            .map(|usage| (usage.model.provider, usage.model.model, usage.spent_usd, usage.unpriced_tokens))
            .collect();
        let expected = [("openai", "a", 1.5, 0), ("openai", "a", 2.0, 7), ("eu", "b", 0.0, 9)];
        assert_eq!(
            seen,
            expected.map(|(provider, model, usd, none)| (provider.to_owned(), model.to_owned(), usd, none))
        );
    }

    #[test]
    fn a_model_is_active_near_or_at_its_budget_or_has_none() {
        for (spent, budget, status, remaining) in [
            (0.0, json!(10), BudgetStatus::Active, Some(10.0)),
            (7.9, json!(10), BudgetStatus::Active, Some(10.0 - 7.9)),
            (8.0, json!(10), BudgetStatus::Near, Some(2.0)),
            (10.0, json!(10), BudgetStatus::Reached, Some(0.0)),
            (12.5, json!(10), BudgetStatus::Reached, Some(0.0)),
            (0.0, json!(0), BudgetStatus::Reached, Some(0.0)),
            (3.0, Value::Null, BudgetStatus::Uncapped, None),
        ] {
            let usage = usage(spent, budget.clone());
            assert_eq!((usage.status(), usage.remaining_usd()), (status, remaining), "{spent} of {budget}");
        }
    }

    #[test]
    fn a_budget_is_a_number_from_0_on() {
        assert_eq!((parse_budget(&json!(0)), parse_budget(&json!(2.5))), (Some(0.0), Some(2.5)));
        for bad in [json!(-1), json!("5"), json!(null), json!([5])] {
            assert_eq!(parse_budget(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_month_has_a_name() {
        assert_eq!((month_name(0), month_name(1_795_780_800_000)), ("1970-01".to_owned(), "2026-11".to_owned()));
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_utc() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis();
        let month = |from: &str, to: &str| (at(from), at(to));
        let december = month("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
        assert_eq!(month_of(at("2026-12-31T23:59:59.999Z")), december);
        assert_eq!(month_of(at("2026-12-01T00:00:00Z")), december);
        assert_eq!(month_of(at("2028-02-29T12:00:00Z")), month("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"));
    }
}
