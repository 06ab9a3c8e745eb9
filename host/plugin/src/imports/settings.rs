//! `settings`: what the operator has set where the plugin is bound.

use crate::bindings::host::settings::Host;
use crate::state::CallState;

impl Host for CallState {
    fn get(&mut self) -> wasmtime::Result<String> {
        Ok(self.settings.to_string())
    }
}
