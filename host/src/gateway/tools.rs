//! Tools: from an agent's request to the tool's answer, by the rules that its workspace has bound, with the credentials that
//! its workspace has stored.

mod credentials;
mod error;
mod oauth;
mod policy;
mod target;

pub use error::ToolError;
pub(super) use oauth::Tokens as OAuthTokens;

use super::pass::{self, Holder};
use super::{Failure, Gateway};
use crate::app::App;
use credentials::Credentials;
use hyper::body::Bytes;
use policy::{Asked, Policy, Verdict};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use std::sync::Arc;
use target::Target;
use windlass_domain::ResourceName;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::ToolSpec;

/// A call of a tool, as it came.
pub struct Call<'a> {
    /// What the agent showed.
    pub pass: &'a str,
    /// The tool that it named.
    pub tool: &'a str,
    /// The method.
    pub method: Method,
    /// The raw path behind the tool's name: empty, or with its slash.
    pub rest: &'a str,
    /// The raw query.
    pub query: Option<&'a str>,
    /// The headers that are for the tool: neither of one connection nor of ours.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Makes the call, if it may be made. The answer is the tool's own, whatever its status.
pub async fn call(app: &Arc<App>, call: Call<'_>) -> Result<Response, ToolError> {
    let holder = pass::open(app, call.pass).map_err(ToolError::of_pass)?;
    let (name, spec) = find(app, &holder, call.tool)?;
    let target = target(app, &name, &spec, &call)?;
    let verdict = {
        let asked = Asked { method: call.method.as_str(), path: &target.path, url: &target.shown };
        policy::judge(&spec, &policies(app, &holder)?, asked)
    };
    judged(verdict, &name, &call.method, &target)?;
    let credentials = Credentials::load(app, &holder.agent.workspace, &name, &spec)?;
    let mut headers = call.headers;
    let mut url = target.url;
    let is_fresh = credentials.apply(app, &mut headers, &mut url).await?;
    let answer = app.gateway.forward(&name, &call.method, &url, &headers, &call.body).await?;
    if answer.status() != StatusCode::UNAUTHORIZED || is_fresh || !credentials.forget(app) {
        return Ok(answer);
    }
    // A token may be taken back before its time: a new one is asked for, once.
    credentials.apply(app, &mut headers, &mut url).await?;
    app.gateway.forward(&name, &call.method, &url, &headers, &call.body).await
}

/// The tool, where the agent's revision has it.
fn find(app: &App, holder: &Holder, tool: &str) -> Result<(ResourceName, ToolSpec), ToolError> {
    let unbound = || ToolError::NotBound(tool.to_owned());
    let name = ResourceName::parse("tool", tool).map_err(|_| unbound())?;
    if !holder.revision.spec.tools.contains(&name) {
        return Err(unbound());
    }
    let resource = app.store.resource(&holder.agent.workspace, ResourceKind::Tool, &name)?.ok_or_else(unbound)?;
    let spec = serde_json::from_value(resource.spec).map_err(|_| ToolError::NoAddress(name.clone()))?;
    Ok((name, spec))
}

fn target(app: &App, name: &ResourceName, spec: &ToolSpec, call: &Call<'_>) -> Result<Target, ToolError> {
    let base = app.gateway.reachable(&spec.connection.base_url).ok_or_else(|| ToolError::NoAddress(name.clone()))?;
    let mut target = Target::new(&base, call.rest, call.query).ok_or_else(|| ToolError::Path(name.clone()))?;
    // Rules name the address that was registered, also where this server reaches itself by another one.
    let registered = url::Url::parse(&spec.connection.base_url).ok();
    if let Some(shown) = registered.and_then(|base| Target::new(&base, call.rest, None)) {
        target.shown = shown.shown;
    }
    Ok(target)
}

/// The policies that the agent's revision binds, as they are now. One that is gone is no rule any more.
fn policies(app: &App, holder: &Holder) -> Result<Vec<Policy>, ToolError> {
    let mut policies = Vec::new();
    for name in &holder.revision.spec.settings.policies {
        if let Some(policy) = app.store.resource(&holder.agent.workspace, ResourceKind::Policy, name)? {
            policies.push(Policy::new(name.to_string(), &policy.spec));
        }
    }
    Ok(policies)
}

fn judged(verdict: Verdict, tool: &ResourceName, method: &Method, target: &Target) -> Result<(), ToolError> {
    let (tool, operation) = (tool.clone(), format!("{method} {}", target.shown));
    match verdict {
        Verdict::Allowed => Ok(()),
        Verdict::NoCapability => Err(ToolError::NoCapability { tool, operation: format!("{method} {}", target.path) }),
        Verdict::Denied(policy) => Err(ToolError::Denied { tool, operation, policy }),
        Verdict::ApprovalRequired(policy) => Err(ToolError::ApprovalRequired { tool, operation, policy }),
        Verdict::NotAllowed(mode) => Err(ToolError::NotAllowed { tool, operation, mode }),
    }
}

impl Gateway {
    /// One request to a tool; its answer is streamed.
    async fn forward(
        &self,
        tool: &ResourceName,
        method: &Method,
        url: &url::Url,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response, ToolError> {
        self.egress.check(url).map_err(|refused| ToolError::Egress { tool: tool.clone(), refused })?;
        let mut request = self.client.request(method.clone(), url.clone()).headers(headers.clone());
        if !body.is_empty() {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| self.tool_failed(tool, &error))
    }

    fn tool_failed(&self, tool: &ResourceName, error: &reqwest::Error) -> ToolError {
        let tool = tool.clone();
        match self.failure(error) {
            Failure::Refused(refused) => ToolError::Egress { tool, refused },
            Failure::Silent(within) => ToolError::Silent { tool, within },
            Failure::Unreachable(reason) => ToolError::Unreachable { tool, reason },
        }
    }
}
