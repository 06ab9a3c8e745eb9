//! Takes credentials out of a body, wherever the client has put them.
//!
//! They are kept as one JSON object, sealed by the store: `{"credentials": {…}, "spec": {"/auth/apiKey": …}}`, the
//! second keyed by where in the body's `spec` each one was (RFC 6901). References (`secretRef`) are no credentials.

use serde_json::{Map, Value};
use windlass_domain::Invalid;

/// Names of fields whose value is a credential, in lower case without `_` and `-`.
const NAMES: [&str; 23] = [
    "accesskey",
    "accesskeyid",
    "accesstoken",
    "apikey",
    "apisecret",
    "apitoken",
    "authorization",
    "authtoken",
    "bearertoken",
    "clientkey",
    "clientsecret",
    "cookie",
    "passphrase",
    "password",
    "privatekey",
    "proxyauthorization",
    "refreshtoken",
    "secret",
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "token",
    "xapikey",
];

/// Takes `credentials`, and every credential within `spec`, out of `body`; `None` where there is none.
pub(super) fn take(body: &mut Map<String, Value>) -> Result<Option<Vec<u8>>, Invalid> {
    let given = body.remove("credentials").map(check).transpose()?.unwrap_or_default();
    let mut found = Map::new();
    if let Some(spec) = body.get_mut("spec") {
        take_within(spec, "", &mut found);
    }
    if given.is_empty() && found.is_empty() {
        return Ok(None);
    }
    let secret = Map::from_iter([("credentials".to_owned(), given.into()), ("spec".to_owned(), found.into())]);
    Ok(Some(Value::from(secret).to_string().into_bytes()))
}

/// Takes every credential out of `value`, for good; the paths of those that were there.
pub(in crate::api) fn strip(value: &mut Value) -> Vec<String> {
    let mut found = Map::new();
    take_within(value, "", &mut found);
    found.keys().map(|pointer| pointer.trim_start_matches('/').replace('/', ".")).collect()
}

/// Only texts, the empty ones left out. A refusal names the field and never repeats the value.
fn check(credentials: Value) -> Result<Map<String, Value>, Invalid> {
    let refuse = |field: String, message: &str| {
        let hint = "send an object of `client_id`, `client_secret` and `api_key`, each a text";
        Invalid::new("invalid_type", field, message, hint)
    };
    let Value::Object(mut fields) = credentials else {
        return Err(refuse("credentials".to_owned(), "it is not an object"));
    };
    if let Some((name, _)) = fields.iter().find(|(_, value)| !value.is_string()) {
        return Err(refuse(format!("credentials.{name}"), "it is not a text"));
    }
    fields.retain(|_, value| value != "");
    Ok(fields)
}

fn take_within(value: &mut Value, pointer: &str, found: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            for name in object.keys().cloned().collect::<Vec<_>>() {
                let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                let Some(value) = object.get_mut(&name) else { continue };
                if is_credential(&name, value) {
                    found.insert(below, object.remove(&name).unwrap_or_default());
                } else {
                    take_within(value, &below, found);
                }
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                take_within(value, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_credential(name: &str, value: &Value) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
    let named = NAMES.contains(&plain.to_ascii_lowercase().as_str());
    match value {
        Value::String(text) => named && !text.is_empty() || text.contains("PRIVATE KEY-----"),
        Value::Object(object) => named && !object.keys().any(|key| key.to_ascii_lowercase().ends_with("ref")),
        Value::Array(_) | Value::Number(_) => named,
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn taken(body: Value) -> (Value, Option<Value>) {
        let Value::Object(mut body) = body else { panic!("an object") };
        let secret = take(&mut body).expect("good credentials");
        (body.into(), secret.map(|secret| serde_json::from_slice(&secret).expect("JSON")))
    }

    #[test]
    fn credentials_leave_the_body_and_are_kept_with_their_place() {
        let (body, secret) = taken(json!({
            "name": "a",
            "credentials": {"api_key": "sk-1", "client_id": ""},
            "spec": {"auth": {"type": "APIKey", "apiKey": "sk-2"}, "keys": [{"client_secret": "sk-3"}]},
        }));
        assert_eq!(body, json!({"name": "a", "spec": {"auth": {"type": "APIKey"}, "keys": [{}]}}));
        let spec = json!({"/auth/apiKey": "sk-2", "/keys/0/client_secret": "sk-3"});
        assert_eq!(secret, Some(json!({"credentials": {"api_key": "sk-1"}, "spec": spec})));
    }

    #[test]
    fn references_and_settings_with_similar_names_stay() {
        let body = json!({"name": "a", "spec": {
            "apiKeyConfig": {"in": "Header", "name": "X-Key", "secretRef": {"name": "s"}},
            "oauth2Config": {"tokenUrl": "https://a.example/token", "credentialsSecretRef": {"name": "s"}},
            "apiKey": {"secretRef": {"name": "s"}}, "password": "", "token": true,
        }});
        assert_eq!(taken(body.clone()), (body, None));
    }

    #[test]
    fn headers_that_authenticate_are_credentials_and_others_are_not() {
        let headers = json!({"Authorization": "Bearer sk-1", "x-api-key": "sk-2", "Accept": "*/*"});
        let (body, secret) = taken(json!({"spec": {"headers": headers}}));
        assert_eq!(body, json!({"spec": {"headers": {"Accept": "*/*"}}}));
        let spec = json!({"/headers/Authorization": "Bearer sk-1", "/headers/x-api-key": "sk-2"});
        assert_eq!(secret, Some(json!({"credentials": {}, "spec": spec})));
    }

    #[test]
    fn a_private_key_is_known_by_its_content() {
        let (body, secret) = taken(json!({"spec": {"tls": {"pem": "-----BEGIN PRIVATE KEY-----\nMIIE"}}}));
        assert_eq!(body, json!({"spec": {"tls": {}}}));
        assert!(secret.is_some());
    }

    #[test]
    fn a_refusal_never_repeats_the_credential() {
        for credentials in [json!("sk-1"), json!({"api_key": ["sk-1"]})] {
            let mut body = Map::from_iter([("credentials".to_owned(), credentials)]);
            let refusal = take(&mut body).expect_err("no object of texts");
            assert!(!format!("{refusal:?}").contains("sk-1"));
        }
    }
}
