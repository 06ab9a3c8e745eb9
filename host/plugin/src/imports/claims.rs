//! `claims`: a bounded list that a detector writes, and the whole set that strategy and tool provider read.

use crate::bindings::host::claims::{Claim as WireClaim, Host, HostClaimList, HostClaimSet};
use crate::state::CallState;
use std::sync::Arc;
use wasmtime::component::Resource;
use windlass_domain::claim::{Claim, Evidence};

/// The most claims of one call.
pub const MAX_CLAIMS: usize = 1_000;
/// The most bytes of text in one claim.
pub const MAX_CLAIM_BYTES: usize = 4 * 1024;

/// What one detector has claimed so far.
#[derive(Default)]
pub struct ClaimList(pub Vec<Claim>);

/// All claims of all detectors.
pub struct ClaimSet(pub Arc<[Claim]>);

fn text_bytes(claim: &WireClaim) -> usize {
    let attributes: usize = claim.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    claim.kind.len() + claim.value.len() + claim.rule.len() + claim.file.as_ref().map_or(0, String::len) + attributes
}

/// The claim as the host keeps it; `None` when a limit or the form forbids it.
fn accept(plugin: &str, claim: WireClaim) -> Option<Claim> {
    let sound = !claim.kind.is_empty() && !claim.value.is_empty() && (0.0..=1.0).contains(&claim.score);
    if !sound || text_bytes(&claim) > MAX_CLAIM_BYTES {
        return None;
    }
    Some(Claim {
        kind: claim.kind,
        value: claim.value,
        score: claim.score,
        attributes: claim.attributes.into_iter().collect(),
        evidence: Evidence { plugin: plugin.to_owned(), file: claim.file, line: claim.line, rule: claim.rule },
    })
}

fn wire(claim: &Claim) -> WireClaim {
    WireClaim {
        kind: claim.kind.clone(),
        value: claim.value.clone(),
        score: claim.score,
        file: claim.evidence.file.clone(),
        line: claim.evidence.line,
        rule: claim.evidence.rule.clone(),
        attributes: claim.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        ext: vec![("plugin".to_owned(), claim.evidence.plugin.clone())],
    }
}

impl Host for CallState {}

impl HostClaimList for CallState {
    fn add(&mut self, this: Resource<ClaimList>, claim: WireClaim) -> wasmtime::Result<bool> {
        self.take_over(text_bytes(&claim))?;
        let list = self.table.get_mut(&this)?;
        if list.0.len() >= MAX_CLAIMS {
            return Ok(false);
        }
        let accepted = accept(&self.plugin, claim);
        let taken = accepted.is_some();
        list.0.extend(accepted);
        Ok(taken)
    }

    fn drop(&mut self, this: Resource<ClaimList>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostClaimSet for CallState {
    fn all(&mut self, this: Resource<ClaimSet>) -> wasmtime::Result<Vec<WireClaim>> {
        Ok(self.table.get(&this)?.0.iter().map(wire).collect())
    }

    fn of_kind(&mut self, this: Resource<ClaimSet>, kind: String) -> wasmtime::Result<Vec<WireClaim>> {
        self.take_over(kind.len())?;
        let set = self.table.get(&this)?;
        let mut claims: Vec<&Claim> = set.0.iter().filter(|claim| claim.kind == kind).collect();
        claims.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(claims.into_iter().map(wire).collect())
    }

    fn drop(&mut self, this: Resource<ClaimSet>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(value: &str, score: f32) -> WireClaim {
        WireClaim {
            kind: "framework".into(),
            value: value.into(),
            score,
            file: None,
            line: None,
            rule: String::new(),
            attributes: Vec::new(),
            ext: Vec::new(),
        }
    }

    #[test]
    fn a_claim_is_taken_at_its_limits_and_refused_past_them() {
        let longest = "x".repeat(MAX_CLAIM_BYTES - "framework".len());
        assert!(accept("p", claim(&longest, 1.0)).is_some());
        assert!(accept("p", claim(&(longest + "x"), 1.0)).is_none());
        assert!(accept("p", claim("a", 0.0)).is_some());
        for (value, score) in [("", 0.5), ("a", 1.1), ("a", -0.1), ("a", f32::NAN)] {
            assert!(accept("p", claim(value, score)).is_none(), "{value} {score}");
        }
    }

    #[test]
    fn the_host_names_the_plugin_in_the_evidence() {
        let kept = accept("acme@1.0.0", claim("a", 0.5)).expect("a sound claim");
        assert_eq!(kept.evidence.plugin, "acme@1.0.0");
    }
}
