//! What tokens cost, from the table beside this file: its version and source are in it. A model that is not in it has no
//! known price; nothing is guessed.

use super::Tokens;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The prices of the table.
#[derive(Debug, Deserialize)]
pub(super) struct Prices {
    models: BTreeMap<String, Price>,
}

/// US dollars for a million tokens of input and of output.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Price(f64, f64);

impl Prices {
    pub(super) fn load() -> serde_json::Result<Self> {
        serde_json::from_str(include_str!("prices.json"))
    }

    /// What `tokens` of `model` cost, in billionths of a US dollar; `None`: its price is not known.
    pub(super) fn nano_usd(&self, model: &str, tokens: Tokens) -> Option<i64> {
        let model = model.to_ascii_lowercase();
        let Price(input, output) = *self.models.get(&model).or_else(|| self.models.get(without_date(&model)?))?;
        Some(cost(input, tokens.input).saturating_add(cost(output, tokens.output)))
    }
}

/// A dollar for a million tokens is a thousand nano-dollars for one.
#[expect(clippy::cast_possible_truncation, reason = "prices are small, and have at most three decimals")]
fn cost(usd_for_a_million: f64, tokens: i64) -> i64 {
    tokens.saturating_mul((usd_for_a_million * 1000.0).round() as i64)
}

/// A snapshot costs what its model costs: `gpt-4o-mini-2024-07-18`, `claude-haiku-4-5-20251001`.
fn without_date(model: &str) -> Option<&str> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|c| c.is_ascii_digit());
    let (name, last) = model.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(name);
    }
    let (name, month) = name.rsplit_once('-').filter(|_| digits(last, 2))?;
    let (name, year) = name.rsplit_once('-')?;
    (digits(month, 2) && digits(year, 4)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_costs_what_the_table_says_and_its_snapshots_the_same() {
        let prices = Prices::load().expect("a table");
        let tokens = Tokens { input: 1_000_000, output: 1_000 };
        for model in ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "GPT-4o-mini"] {
            // 15 cents, and 0.06 cents.
            assert_eq!(prices.nano_usd(model, tokens), Some(150_600_000), "{model}");
        }
        assert_eq!(prices.nano_usd("claude-haiku-4-5-20251001", Tokens { input: 1, output: 1 }), Some(6_000));
        for unknown in ["llama3", "gpt-4o-mini-07-18", "gpt-4o-mini-tuned", "-2024-07-18", ""] {
            assert_eq!(prices.nano_usd(unknown, tokens), None, "{unknown}");
        }
    }

    #[test]
    fn every_price_of_the_table_is_a_whole_number_of_nano_dollars_a_token() {
        for (model, Price(input, output)) in Prices::load().expect("a table").models {
            for price in [input, output] {
                let nano = price * 1000.0;
                assert!(price >= 0.0 && (nano - nano.round()).abs() < 1e-6, "{model}: {price}");
            }
        }
    }
}
