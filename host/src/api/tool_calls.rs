//! The gateway to tools: `/tool/{pass}/{tool}/…` is the tool's own `…`, with whatever method.
//!
//! The pass is the path's, so no key of this server is asked for. A refusal has this server's usual body; one that wants an
//! approval has the fields that the contract's runtime reads.

mod words;

use super::auth::{KEY_HEADER, WORKSPACE_HEADER};
use super::openapi::op;
use super::routes::Routes;
use super::{ApiError, Path, body, invoke};
use crate::app::App;
use crate::edge;
use crate::gateway::TOOL_PATH;
use crate::gateway::tools::{self, Call, ToolError};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, EXPECT, HOST};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Headers that are between the agent and us: the client of the gateway writes its own.
const OURS: [HeaderName; 5] =
    [HOST, EXPECT, CONTENT_LENGTH, HeaderName::from_static(KEY_HEADER), HeaderName::from_static(WORKSPACE_HEADER)];
/// The header by which the runtime says which run a call belongs to.
const RUN_ID: &str = "x-run-id";

/// The routes.
pub fn routes() -> Routes {
    let operation = |id| {
        op(id, "Call a tool of an agent")
            .about("Passed on with the tool's credentials, and so is the answer: status, media type and body are the tool's own.")
            .answers::<Value>(200)
            .refuses(&[400, 401, 403, 404, 408, 413, 424, 429, 500, 502, 503, 504])
    };
    Routes::new("Gateways").any(&format!("{TOOL_PATH}/{{pass}}/{{tool}}"), call, &operation("callTool")).any(
        &format!("{TOOL_PATH}/{{pass}}/{{tool}}/{{*rest}}"),
        call,
        &operation("callToolBelow"),
    )
}

/// The path's parts before the tool's own, unchecked.
#[derive(Deserialize, JsonSchema)]
struct Address {
    pass: String,
    tool: String,
}

async fn call(
    State(app): State<Arc<App>>,
    Path(Address { pass, tool }): Path<Address>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let (body, _share) = body::read(body).await?;
    invoke::strip(&mut parts.headers, &OURS);
    let run_id = parts.headers.get(RUN_ID).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let call = Call {
        pass: &pass,
        tool: &tool,
        method: parts.method,
        rest: rest_of(parts.uri.path()),
        query: parts.uri.query(),
        headers: parts.headers,
        body,
    };
    match tools::call(&app, call).await {
        Ok(answer) => Ok(passed_on(answer)),
        Err(ToolError::ApprovalRequired { tool, operation, policy }) => {
            let message = format!("the policy {policy} wants `{operation}` approved first");
            Ok(approval(&tool.to_string(), &run_id, &message))
        }
        Err(error) => Err(words::of(error)),
    }
}

/// What is behind the tool's name, raw: `/tool/PASS/ledger/a%20b` is the tool's `/a%20b`.
fn rest_of(path: &str) -> &str {
    let mut slashes = path.match_indices('/').map(|(at, _)| at).skip(3);
    slashes.next().map_or("", |at| &path[at..])
}

/// The tool's answer as the agent gets it, streamed.
fn passed_on(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let mut headers = answer.headers().clone();
    invoke::strip(&mut headers, &[]);
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The contract's 403 of a call that wants an approval.
fn approval(tool: &str, run_id: &str, message: &str) -> Response {
    let action_id = edge::new_id("act");
    let hint = "approvals are not given here yet: change the policy's rule, or call something that it allows";
    let body = json!({
        "error": message, "code": "APPROVAL_REQUIRED", "tool": tool, "action_id": action_id, "run_id": run_id,
        "message": message, "hint": hint,
    });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_the_tools_name_stays_as_it_was_written() {
        for (path, rest) in [("/tool/p/ledger", ""), ("/tool/p/ledger/", "/"), ("/tool/p/ledger/a%20b//c", "/a%20b//c")]
        {
            assert_eq!(rest_of(path), rest, "{path}");
        }
    }
}
