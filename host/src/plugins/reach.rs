//! What the calls of a binding may reach: its secrets, opened, and a network of its own.

use crate::outbound::PluginNetwork;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::Grants;
use windlass_domain::resource::ResourceKind;
use windlass_plugin::{Outbound, Plugin, Reach, secret_names};
use windlass_store::{Store, StoreError};

/// What `plugin` asks for and `grants` grant. A secret that the workspace does not have is none.
pub(super) fn reach_of(
    store: &Store,
    workspace: &WorkspaceName,
    plugin: &Plugin,
    grants: &Grants,
) -> Result<Reach, StoreError> {
    let asked = &plugin.metadata.capabilities;
    let mut secrets = BTreeMap::new();
    for name in secret_names(asked, grants) {
        let stored = store.resource_secret(workspace, ResourceKind::Secret, name)?;
        let value = stored.and_then(|secret| String::from_utf8(secret.expose().to_vec()).ok());
        secrets.extend(value.map(|value| (name.to_string(), value)));
    }
    let wants_network = !asked.http.hosts.is_empty() && !grants.hosts.is_empty();
    let network = wants_network.then(|| network_of(plugin, grants)).flatten();
    Ok(Reach::of(asked, grants, secrets, network))
}

/// Without a client the plugin decides as if nothing was granted, and the log says why.
fn network_of(plugin: &Plugin, grants: &Grants) -> Option<Arc<dyn Outbound>> {
    match PluginNetwork::start(&grants.networks()) {
        Ok(network) => Some(Arc::new(network)),
        Err(error) => {
            tracing::error!(plugin = plugin.id(), %error, "there is no network for the plugin");
            None
        }
    }
}
