//! Why a tool was not called, in words: a full match, no wildcard.

use crate::api::ApiError;
use crate::gateway::tools::ToolError;
use axum::http::StatusCode;

pub(super) fn of(error: ToolError) -> ApiError {
    tracing::info!(%error, "the gateway refused a call of a tool");
    let forbidden = |code, message: String| ApiError::forbidden(code, message);
    let failed = |status, code, message: String| ApiError::new(status, code, message);
    match error {
        ToolError::UnknownPass => {
            ApiError::unauthorized("invalid_pass", "this is not the gateway's address of a running agent")
                .hint("use TOOL_URL_… of the agent's own environment, at each start anew")
        }
        ToolError::NotBound(tool) => ApiError::not_found(format!("the agent has no tool \"{}\"", tool.escape_debug()))
            .hint("add it to required_tools of the agent, and deploy it"),
        ToolError::NoAddress(tool) => {
            failed(StatusCode::FAILED_DEPENDENCY, "tool_invalid", format!("the tool {tool} has no usable address"))
                .hint("register it again with POST /api/tools")
        }
        ToolError::Path(tool) => {
            ApiError::bad_request("path_refused", format!("the path is not plainly below the base URL of {tool}"))
                .hint("leave out `..` and empty parts (`//`), encoded ones too")
        }
        ToolError::NoCapability { tool, operation } => {
            forbidden("capability_missing", format!("the tool {tool} has no capability `{operation}`"))
                .hint("its spec.capabilities are an allow-list: add the operation, or call one of those")
        }
        ToolError::Denied { tool, operation, policy } => {
            forbidden("policy_denied", format!("the policy {policy} denies `{operation}` of the tool {tool}"))
                .hint("change the policy, or call something that it allows")
        }
        ToolError::ApprovalRequired { operation, policy, tool: _ } => {
            forbidden("APPROVAL_REQUIRED", format!("the policy {policy} wants `{operation}` approved first"))
        }
        ToolError::NotAllowed { tool, operation, mode } => forbidden(
            "not_allowed",
            format!("the tool {tool} is {mode}, and no policy of the agent allows `{operation}`"),
        )
        .hint("bind a policy with an `allow` for it to the agent"),
        ToolError::NoCredentials { tool, lacking } => {
            failed(StatusCode::FAILED_DEPENDENCY, "no_tool_credentials", format!("the tool {tool} lacks {lacking}"))
                .hint("send it to POST /api/tools")
        }
        ToolError::NoToken { tool, reason } => failed(
            StatusCode::FAILED_DEPENDENCY,
            "no_tool_token",
            format!("the token endpoint of the tool {tool} gave no token: {reason}"),
        )
        .hint("check oauth2Config.tokenUrl, client_id and client_secret of the tool"),
        ToolError::Egress { tool, refused } => {
            forbidden("address_refused", format!("the tool {tool} is not called: {refused}"))
                .hint("the operator may allow the address with --egress-grant")
        }
        ToolError::Unreachable { tool, reason } => {
            failed(StatusCode::BAD_GATEWAY, "tool_unreachable", format!("the tool {tool} cannot be reached: {reason}"))
                .hint("check spec.connection.baseUrl of the tool, and the network of this server")
        }
        ToolError::Silent { tool, within } => failed(
            StatusCode::GATEWAY_TIMEOUT,
            "tool_timeout",
            format!("the tool {tool} sent nothing for {} s", within.as_secs()),
        )
        .hint("the operator may raise --silent-seconds"),
        ToolError::Store(error) => error.into(),
    }
}
