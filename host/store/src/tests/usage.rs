//! Sums of model usage, and signatures.

use super::{agent, deploy, fixture, resource};
use crate::{Usage, UsageOf};

fn of(name: &str, month: &str, model: &str) -> UsageOf {
    let (month, model, role) = (month.to_owned(), model.to_owned(), "default".to_owned());
    UsageOf { agent: agent(name), month, role, provider: resource("openai"), model }
}

const ONE: Usage =
    Usage { requests: 1, unmetered: 0, input_tokens: 10, output_tokens: 2, unpriced_tokens: 0, nano_usd: 5 };

#[tokio::test]
async fn usage_is_summed_by_month_and_model_and_outlives_its_agent() {
    let fixture = fixture().await;
    let store = &fixture.store;
    store.record_deploy(deploy(&agent("a"), "one", vec![])).await.expect("recorded");
    for (name, month, model) in
        [("a", "2026-11", "m"), ("a", "2026-11", "m"), ("a", "2026-12", "m"), ("b", "2026-11", "n")]
    {
        store.add_usage(of(name, month, model), ONE).await.expect("added");
    }
    store.delete_agent(&agent("a")).await.expect("deleted");
    let mut two = ONE;
    two += ONE;
    assert_eq!(store.agent_usage(&agent("a"), "2026-11").expect("read"), [(of("a", "2026-11", "m"), two)]);
    let all = store.usage(&agent("a").workspace, "2026-11").expect("read");
    assert_eq!(all, [(of("a", "2026-11", "m"), two), (of("b", "2026-11", "n"), ONE)]);
}

#[tokio::test]
async fn a_signature_survives_a_restart_and_is_of_its_text_and_directory_alone() {
    let (first, other) = (fixture().await, fixture().await);
    let (signed, elsewhere) = (first.store.signer().sign("a"), other.store.signer().sign("a"));
    assert_ne!(signed, elsewhere);
    let again = first.reopen();
    assert_eq!(again.store.signer().sign("a"), signed);
    assert_ne!(again.store.signer().sign("b"), signed);
    assert_eq!(format!("{:?}", again.store.signer()), "Signer(…)");
}

#[tokio::test]
async fn signatures_are_the_same_in_every_byte_or_not_at_all() {
    let signer = fixture().await.store.signer();
    let whole = signer.sign("a");
    assert!(signer.verify("a", &whole) && !signer.verify("b", &whole));
    let mut other = whole;
    other[31] ^= 1;
    let longer = [&whole[..], &[0]].concat();
    for wrong in [&other[..], &whole[..31], &longer, &[]] {
        assert!(!signer.verify("a", wrong));
    }
}
