//! The flat form of a tool: `tools_to_create`, and the SDK's `POST /tools`.

use crate::deploy::ToolAsk;
use crate::deploy::hydrate::given;
use windlass_domain::tool::{AUTH_TYPES, SCHEMES, ToolDefinition, parse_http_url};
use windlass_domain::{Invalid, ResourceName};

/// The longest description, in bytes.
pub const MAX_DESCRIPTION: usize = 4 * 1024;

/// Checks one tool. Fields of a refusal are relative to it: `base_url`, not `tools_to_create[0].base_url`.
pub fn tool_definition(ask: ToolAsk) -> Result<ToolDefinition, Invalid> {
    let name = required("name", ask.name.as_deref(), "name the tool, for example `stripe-api`")?;
    let name = ResourceName::parse("name", name)?;
    let base_url =
        required("base_url", ask.base_url.as_deref(), "give the tool's address, for example `https://api.stripe.com`")?;
    parse_http_url("base_url", base_url)?;
    let description = ask.description.unwrap_or_default();
    if description.len() > MAX_DESCRIPTION {
        let message = format!("it has {} bytes, more than the {MAX_DESCRIPTION} that are taken", description.len());
        return Err(Invalid::new("too_long", "description", message, "shorten it"));
    }
    Ok(ToolDefinition {
        name,
        base_url: base_url.to_owned(),
        description,
        auth_type: one_of("auth_type", ask.auth_type.as_deref(), &AUTH_TYPES)?.unwrap_or("None").to_owned(),
        port: port(ask.port)?,
        scheme: one_of("scheme", ask.scheme.as_deref(), &SCHEMES)?.map(str::to_owned),
    })
}

fn required<'a>(field: &str, value: Option<&'a str>, hint: &str) -> Result<&'a str, Invalid> {
    given(value).ok_or_else(|| Invalid::new("missing_field", field, format!("{field} is required"), hint))
}

/// The brief's spelling, whatever case it came in.
fn one_of(field: &str, value: Option<&str>, allowed: &[&'static str]) -> Result<Option<&'static str>, Invalid> {
    let Some(value) = given(value) else { return Ok(None) };
    let found = allowed.iter().find(|known| known.eq_ignore_ascii_case(value));
    found.map(|known| Some(*known)).ok_or_else(|| {
        let message = format!("`{}` is not one of {}", value.escape_debug(), allowed.join(", "));
        Invalid::new("unknown_value", field, message, format!("use one of {}", allowed.join(", ")))
    })
}

fn port(port: Option<i64>) -> Result<Option<u16>, Invalid> {
    let Some(port) = port else { return Ok(None) };
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => {
            let message = format!("{port} is not a TCP port");
            Err(Invalid::new("invalid_port", "port", message, "use a number from 1 to 65535, or leave it out"))
        }
    }
}
