//! The terms of a binding: what may be asked for, and what a call gets of them.

use super::reach::reach_of;
use super::{STRATEGY, world_of};
use windlass_domain::binding::{BindingLimits, BindingTerms, OnFailure};
use windlass_domain::{Invalid, WorkspaceName};
use windlass_plugin::limits::{self, OutOfRange};
use windlass_plugin::{Limits, Plugin, SettingsProblem, Terms};
use windlass_store::{Seat, Store, StoreError};

/// The longest settings, as JSON, in bytes.
pub const MAX_SETTINGS: usize = 16 * 1024;

/// What a binding gives to each call of a plugin that decides for `workspace`.
pub fn of(
    store: &Store,
    workspace: &WorkspaceName,
    plugin: &Plugin,
    slot: &str,
    terms: &BindingTerms,
) -> Result<Terms, StoreError> {
    let reach = reach_of(store, workspace, plugin, &terms.grants)?;
    let limits = Limits::of(plugin.weight(), reach.has_network()).with(&terms.limits);
    let settings = serde_json::Value::Object(terms.settings.clone()).to_string();
    Ok(Terms { slot: slot.into(), settings: settings.into(), reach: reach.into(), ..Terms::of(limits) })
}

/// Whether terms can be given in that place.
pub fn check(seat: &Seat, terms: &BindingTerms) -> Result<(), Invalid> {
    check_settings_size(terms)?;
    terms.grants.check()?;
    check_limits(&terms.limits)?;
    let refuse = |message: &str, hint: &str| Err(Invalid::new("invalid_value", "on_failure", message, hint));
    match terms.on_failure {
        OnFailure::Skip if seat.slot == STRATEGY => {
            refuse("nothing can be planned without a strategy", "use `fail` or `fallback`")
        }
        OnFailure::Fallback if seat.workspace.is_none() => {
            refuse("the host's default has nothing to fall back to", "use `fail`, or `skip` where it is no strategy")
        }
        OnFailure::Fail | OnFailure::Fallback | OnFailure::Skip => {
            debug_assert!(world_of(&seat.slot).is_some(), "slots are checked first");
            Ok(())
        }
    }
}

fn check_settings_size(terms: &BindingTerms) -> Result<(), Invalid> {
    let bytes = serde_json::to_string(&terms.settings).map_or(usize::MAX, |text| text.len());
    if bytes <= MAX_SETTINGS {
        return Ok(());
    }
    let message = format!("they have {bytes} bytes, more than the {MAX_SETTINGS} that are taken");
    Err(Invalid::new("invalid_settings", "settings", message, "leave out what is the plugin's default"))
}

fn check_limits(limits: &BindingLimits) -> Result<(), Invalid> {
    limits::check(limits).map_err(|outside: OutOfRange| {
        let hint = "give a figure of that range, or leave it out for the host's default";
        Invalid::new("invalid_limit", format!("limits.{}", outside.field), outside.to_string(), hint)
    })
}

/// The refusal of settings, with the place in the request.
#[must_use]
pub fn refused(SettingsProblem { path, message }: SettingsProblem, hint: &str) -> Invalid {
    Invalid::new("invalid_settings", format!("settings{}", dotted(&path)), message, hint)
}

/// A JSON pointer in the form that fields of requests have: `.rules[0].name`.
fn dotted(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    steps.map(|step| if is_index(&step) { format!("[{step}]") } else { format!(".{step}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(slot: &str, terms: serde_json::Value) -> Result<(), String> {
        let seat = Seat::live(windlass_domain::WorkspaceName::parse("w", "team").ok(), slot);
        let terms = serde_json::from_value(terms).expect("terms");
        check(&seat, &terms).map_err(|invalid| invalid.field)
    }

    #[test]
    fn a_limit_outside_of_its_range_is_refused_by_its_field() {
        let with = |millis: u32| checked("strategy", json!({"limits": {"time_ms": millis}}));
        assert_eq!((with(1), with(0)), (Ok(()), Err("limits.time_ms".to_owned())));
    }

    #[test]
    fn a_rule_of_failure_needs_somebody_who_answers() {
        assert_eq!(checked("strategy", json!({"on_failure": "skip"})), Err("on_failure".to_owned()));
        assert_eq!(checked("detectors/a", json!({"on_failure": "skip"})), Ok(()));
        assert_eq!(checked("strategy", json!({"on_failure": "fallback"})), Ok(()));
        let terms = BindingTerms { on_failure: OnFailure::Fallback, ..BindingTerms::default() };
        assert_eq!(check(&Seat::live(None, "strategy"), &terms).expect_err("refused").field, "on_failure");
    }

    #[test]
    fn settings_are_taken_up_to_their_size() {
        let with = |length: usize| checked("strategy", json!({"settings": {"a": "x".repeat(length)}}));
        let around = r#"{"a":""}"#.len();
        assert_eq!(with(MAX_SETTINGS - around), Ok(()));
        assert_eq!(with(MAX_SETTINGS - around + 1), Err("settings".to_owned()));
    }

    #[test]
    fn a_place_in_settings_is_written_as_a_field_of_the_request() {
        for (pointer, field) in [("", ""), ("/a", ".a"), ("/rules/0/a~1b", ".rules[0].a/b"), ("/0x", ".0x")] {
            assert_eq!(dotted(pointer), field);
        }
    }
}
