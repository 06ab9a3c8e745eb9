//! The older contract's way to name an agent, `/api/agents/{namespace}/{name}…`, told from `/api/agents/{name}/{action}…`.
//!
//! The route table knows one form only: the old one is rewritten to `/api/v1/workspaces/{namespace}/agents/{name}…` before
//! routing. A rest that is an action of one agent is read as the newer form, so an agent called `config`, `logs` or
//! `revisions` is read under `/api/v1`.

use axum::extract::Request;
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{Method, uri};

const OLD: &str = "/api/agents/";

/// Rewrites an old path; leaves every other one alone.
pub async fn rewrite(mut request: Request) -> Request {
    if let Some(path) = modern(request.method(), request.uri().path())
        && let Some(uri) = with_path(request.uri(), &path)
    {
        *request.uri_mut() = uri;
    }
    request
}

/// The newer path of an old one; `None` where it is not old.
fn modern(method: &Method, path: &str) -> Option<String> {
    let (namespace, rest) = path.strip_prefix(OLD)?.split_once('/')?;
    let is_old = !namespace.is_empty() && !rest.is_empty() && !is_action(method, rest);
    is_old.then(|| format!("/api/v1/workspaces/{namespace}/agents/{rest}"))
}

/// Whether `rest` is what can follow an agent's name in a request of that method.
fn is_action(method: &Method, rest: &str) -> bool {
    let parts: Vec<&str> = rest.split('/').collect();
    // `GET` and `DELETE` of one agent are all that the old form has two parts for.
    let names_an_agent = matches!(*method, Method::DELETE);
    match parts.as_slice() {
        ["config" | "logs" | "revisions" | "invoke" | "rollback"] => !names_an_agent,
        ["revisions", number] => *method == Method::GET && number.bytes().all(|digit| digit.is_ascii_digit()),
        ["invoke", "stream"] | ["resume", ..] => *method == Method::POST,
        _ => false,
    }
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts: uri::Parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_in_front_of_the_name_becomes_the_workspace() {
        for (method, old, new) in [
            (Method::GET, "/api/agents/acme/bot", "/api/v1/workspaces/acme/agents/bot"),
            (Method::DELETE, "/api/agents/acme/bot", "/api/v1/workspaces/acme/agents/bot"),
            (Method::DELETE, "/api/agents/acme/config", "/api/v1/workspaces/acme/agents/config"),
            (Method::PUT, "/api/agents/acme/bot/config", "/api/v1/workspaces/acme/agents/bot/config"),
            (Method::POST, "/api/agents/acme/bot/invoke", "/api/v1/workspaces/acme/agents/bot/invoke"),
            (Method::POST, "/api/agents/acme/bot/invoke/stream", "/api/v1/workspaces/acme/agents/bot/invoke/stream"),
            (Method::POST, "/api/agents/acme/invoke/invoke", "/api/v1/workspaces/acme/agents/invoke/invoke"),
            (Method::POST, "/api/agents/acme/bot/resume/a1", "/api/v1/workspaces/acme/agents/bot/resume/a1"),
        ] {
            assert_eq!(modern(&method, old).as_deref(), Some(new));
        }
    }

    #[test]
    fn the_newer_form_and_other_paths_stay() {
        for (method, path) in [
            (Method::GET, "/api/agents/bot"),
            (Method::GET, "/api/agents/"),
            (Method::GET, "/api/agents/bot/"),
            (Method::GET, "/api/agents/bot/config"),
            (Method::GET, "/api/agents/bot/invoke"),
            (Method::GET, "/api/agents/bot/revisions/3"),
            (Method::POST, "/api/agents/bot/invoke/stream"),
            (Method::POST, "/api/agents/bot/resume/a1/stream"),
            (Method::GET, "/api/v1/agents/acme/bot"),
            (Method::GET, "/api/tools/a/b"),
        ] {
            assert_eq!(modern(&method, path), None, "{path}");
        }
    }
}
