//! What the code shows besides its framework and its start: tools, models, destinations, secrets, a prompt.

use crate::literals;
use crate::modules::Module;
use std::collections::HashSet;
use windlass_plugin_sdk::Claims;

/// How much a file counts that the entry point never loads.
const UNREACHED: f32 = 0.5;

/// Claims what the modules show; `reached` are the files that the entry point loads.
pub fn claim(modules: &[Module<'_>], reached: &HashSet<&str>, claims: &mut Claims) {
    let mut seen = literals::Seen::default();
    for module in modules {
        let is_reached = reached.contains(module.path);
        if is_reached || !module.is_aside() {
            literals::claim(module, if is_reached { 1.0 } else { UNREACHED }, &mut seen, claims);
        }
    }
}
