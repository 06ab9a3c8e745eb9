//! Guests called without a server: the plugin host itself, and a request to ask about.

use crate::harness::component;
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::request::{DeployRequest, Source};
use windlass_domain::source::SourceTree;
use windlass_domain::{AgentName, WorkspaceName};
use windlass_plugin::{Calls, HostConfig, Plugin, PluginHost, Weight};

/// A plugin host of the test's own.
pub fn host() -> PluginHost {
    let config = HostConfig { cache_directory: None, cache_key: [0; 32], helper: "/proc/self/exe".into() };
    PluginHost::new(&config).expect("the plugin host starts")
}

/// A guest of the tests, loaded.
pub fn load(host: &PluginHost, guest: &str) -> Arc<Plugin> {
    Arc::new(host.load(&component(&format!("tests/{guest}"))).expect("the guest is sound"))
}

/// Calls guests on a place of their own.
pub async fn run<T: Send + 'static>(host: &PluginHost, work: impl FnOnce(&Calls) -> T + Send + 'static) -> T {
    host.run(&request().workspace, Weight::Light, work).await.expect("a free place")
}

/// A request with one file.
pub fn request() -> Arc<DeployRequest> {
    let files = BTreeMap::from([("agent.py".to_owned(), "print()\n".to_owned())]);
    let tree = SourceTree::parse("source_files", files).expect("a sound tree");
    Arc::new(DeployRequest::plain(
        WorkspaceName::parse("workspace", "direct").expect("a name"),
        AgentName::parse("agent_name", "direct").expect("a name"),
        Source::Files(Arc::new(tree)),
    ))
}
