//! A detector that makes far more and far bigger claims than the host takes. Its first claim is a good one.

use windlass_plugin_sdk::{Claims, Detector, Files, PluginError, Request, export_detector};

struct ClaimFlood;

impl Detector for ClaimFlood {
    fn detect(_: &Request, _: &dyn Files, claims: &mut Claims) -> Result<(), PluginError> {
        claims.framework("flood", 0.1);
        claims.add("note", "x".repeat(1024 * 1024), 0.5);
        claims.add("", "no kind", 0.5);
        claims.framework("too-sure", 7.0);
        for number in 0..20_000 {
            claims.add("note", format!("claim {number}"), 0.5);
        }
        Ok(())
    }
}

export_detector!(ClaimFlood);
