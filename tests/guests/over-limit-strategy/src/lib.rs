//! A strategy whose command is past the limit of the plan: the host must not cut it.

use windlass_plugin_sdk::{Catalogue, Claim, Plan, PluginError, Request, Strategy, export_strategy};

struct OverLimit;

impl Strategy for OverLimit {
    fn decide(_: &Request, _: &[Claim], _: &dyn Catalogue, plan: &mut Plan) -> Result<(), PluginError> {
        *plan = Plan::new("LONG_COMMAND", "This command is too long").run_in("python");
        plan.command = vec!["x".repeat(40_000)];
        Ok(())
    }
}

export_strategy!(OverLimit);
