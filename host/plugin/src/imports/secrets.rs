//! `secrets`: those that the plugin asks for and its binding grants.

use crate::bindings::host::secrets::Host;
use crate::state::CallState;

impl Host for CallState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.reach.secret(&name).map(str::to_owned))
    }
}
