//! Both forms of `POST /tools`, and what each field may be.

use super::*;

fn flat(body: Value) -> Result<Value, Invalid> {
    let Value::Object(mut body) = body else { panic!("an object") };
    let spec = Tool::take_spec(&mut body)?.expect("a spec or a refusal");
    Tool::parse_spec(spec)
}

fn spec() -> Value {
    json!({
        "description": "Charges cards",
        "connection": {
            "topology": "Internal", "baseUrl": "https://api.stripe.com", "port": 8443, "scheme": "HTTPS",
            "authentication": {
                "type": "APIKey", "apiKeyConfig": {"in": "Header", "name": "Authorization"},
                "oauth2Config": {"authUrl": "https://a.example", "tokenUrl": "https://b.example", "scopes": ["s"]},
            },
            "tls": {"insecure": false},
        },
        "governance": {"accessControl": {"mode": "Restricted"}},
        "capabilities": [{"name": "charge", "method": "POST", "path": "/v1/charges", "riskTags": ["money"]}],
        "riskTags": ["money"],
    })
}

#[test]
fn the_contracts_tool_is_kept_as_it_came() {
    assert_eq!(Tool::parse_spec(spec()), Ok(spec()));
}

#[test]
fn what_is_left_open_is_the_urls_own() {
    let kept = Tool::parse_spec(json!({"connection": {"baseUrl": "http://127.0.0.1:9000/a"}})).expect("good");
    let connection = json!({
        "topology": "External", "baseUrl": "http://127.0.0.1:9000/a", "port": 9000, "scheme": "HTTP",
        "authentication": {"type": "None"},
    });
    assert_eq!(kept, json!({"connection": connection}));
}

#[test]
fn the_sdks_flat_form_is_the_same_tool() {
    let kept = flat(json!({
        "name": "stripe-api", "base_url": "https://api.stripe.com", "description": "", "auth_type": "None",
        "port": 443, "scheme": "HTTPS",
    }));
    assert_eq!(kept, Tool::parse_spec(json!({"connection": {"baseUrl": "https://api.stripe.com"}})));
}

#[test]
fn each_wrong_field_of_the_flat_form_is_named() {
    for (body, field) in [
        (json!({"name": "a"}), "spec"),
        (json!({"name": "a", "base_url": "api.stripe.com"}), "base_url"),
        (json!({"name": "a", "base_url": "https://a.example", "port": 0}), "port"),
        (json!({"name": "a", "base_url": "https://a.example", "port": "443"}), "port"),
        (json!({"name": "a", "base_url": "https://a.example", "auth_type": "Basic"}), "auth_type"),
        (json!({"name": "a", "base_url": "https://a.example", "scheme": "ftp"}), "scheme"),
    ] {
        assert_eq!(flat(body).expect_err(field).field, field);
    }
}

#[test]
fn each_wrong_field_of_the_spec_is_named() {
    for (pointer, wrong) in [
        ("/connection", Value::Null),
        ("/connection/baseUrl", Value::Null),
        ("/connection/baseUrl", json!("ftp://a.example")),
        ("/connection/topology", json!("internal")),
        ("/connection/port", json!(0)),
        ("/connection/port", json!(65_536)),
        ("/connection/scheme", json!("FTP")),
        ("/connection/tls", json!("on")),
        ("/connection/authentication", json!("None")),
        ("/connection/authentication/type", json!("Basic")),
        ("/connection/authentication/apiKeyConfig/in", json!("Body")),
        ("/connection/authentication/oauth2Config/tokenUrl", json!("token")),
        ("/governance/accessControl/mode", json!("Closed")),
        ("/capabilities", json!({})),
        ("/capabilities/0/name", json!("")),
        ("/capabilities/0/method", json!("GET /")),
        ("/capabilities/0/path", json!("v1")),
    ] {
        let mut spec = spec();
        *spec.pointer_mut(pointer).expect("a field of it") = wrong;
        let field = format!("spec{}", pointer.replace("/0", "[0]").replace('/', "."));
        assert_eq!(Tool::parse_spec(spec).expect_err(&field).field, field);
    }
}

#[test]
fn the_clients_tables_are_filled_from_the_contracts_fields() {
    let filled = |spec: Value| {
        let mut wire = Map::from_iter([("spec".to_owned(), spec)]);
        fill_the_clients_tables(&mut wire);
        Value::from(wire)
    };
    let open = filled(json!({"connection": {"topology": "Internal"}}));
    let expected = json!({
        "spec": {"connection": {"topology": "Internal"}, "topology": "Internal", "accessMode": "Open"},
        "base_url": "", "topology": "Internal", "access_mode": "Open", "auth": "None",
    });
    assert_eq!(open, expected);
    let restricted = filled(spec());
    assert_eq!(restricted["spec"]["accessMode"], "Restricted");
    for (key, value) in [
        ("base_url", "https://api.stripe.com"),
        ("topology", "Internal"),
        ("access_mode", "Restricted"),
        ("auth", "APIKey"),
    ] {
        assert_eq!(restricted[key], value);
    }
}
