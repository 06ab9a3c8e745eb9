//! What agents' models have cost in this month, against their budgets.
//!
//! Nothing is spent yet: model calls are answered by the playground, which is free. So every amount spent is an honest zero,
//! and a budget is whole; what is here is the shape and the rule, for the gateway that will meter.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime};
use serde_json::Value;
use windlass_domain::agent::UnixMillis;
use windlass_domain::request::LlmConfig;

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
    /// The usage of a configured model.
    #[must_use]
    pub fn of(model: LlmConfig) -> Self {
        let budget_usd = model.other.get(BUDGET).and_then(parse_budget);
        Self { model, spent_usd: 0.0, budget_usd }
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
        ModelUsage { spent_usd, ..ModelUsage::of(LlmConfig { other, ..LlmConfig::default() }) }
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
    fn a_month_begins_and_ends_at_midnight_in_utc() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis();
        let month = |from: &str, to: &str| (at(from), at(to));
        let december = month("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
        assert_eq!(month_of(at("2026-12-31T23:59:59.999Z")), december);
        assert_eq!(month_of(at("2026-12-01T00:00:00Z")), december);
        assert_eq!(month_of(at("2028-02-29T12:00:00Z")), month("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"));
    }
}
