//! An OpenAPI document (3.x, or Swagger 2.0) as the operations of a tool.

use crate::find::{origin, resolve};
use serde_json::{Map, Value};
use std::collections::HashSet;
use windlass_plugin_sdk::Capability;

/// The most operations: what the host takes of one tool. Since a tool takes no other calls than these, a longer list is not cut.
pub const MAX_OPERATIONS: usize = 512;
/// The longest name, in bytes: with the tool's in front, models take 64 of a function's.
const MAX_NAME: usize = 48;
/// The longest description, in bytes.
const MAX_DESCRIPTION: usize = 500;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The operations below `base_url` of a document that was read at `url`; the error is a part of a sentence about it.
pub fn operations(document: &[u8], url: &str, base_url: &str) -> Result<Vec<Capability>, String> {
    let document: Value = serde_json::from_slice(document).map_err(|_| "it is no JSON".to_owned())?;
    let version = ["openapi", "swagger"].into_iter().find_map(|field| document.get(field)?.as_str());
    if !version.is_some_and(|version| version.starts_with("3.") || version.starts_with("2.")) {
        return Err("it is no OpenAPI document of version 2 or 3".to_owned());
    }
    let paths = document.get("paths").and_then(Value::as_object).ok_or("it has no paths")?;
    let (server, base) = (server_path(&document, url), path_of(base_url));
    let mut names = HashSet::new();
    let mut operations = Vec::new();
    for (path, item) in paths {
        let Some(path) = below(&format!("{server}{path}"), base) else { continue };
        let Some(item) = item.as_object() else { continue };
        for (method, operation) in METHODS.iter().filter_map(|method| Some((method, item.get(*method)?.as_object()?))) {
            operations.push(Capability {
                name: unique(name(method, &path, operation), &mut names),
                method: method.to_ascii_uppercase(),
                path: pattern(&path),
                description: description(operation),
                ext: Vec::new(),
            });
        }
    }
    match operations.len() {
        0 => Err(format!("it has no operation below {base_url}")),
        count if count > MAX_OPERATIONS => {
            Err(format!("it has {count} operations, more than the {MAX_OPERATIONS} of a tool"))
        }
        _ => Ok(operations),
    }
}

/// What stands before each path: of the first server, as seen from the document (OpenAPI 3.1, section 4.8.5), or `basePath`.
fn server_path(document: &Value, url: &str) -> String {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).map(|server| resolve(url, server));
    let path = server.as_deref().map(path_of).or_else(|| document.get("basePath")?.as_str());
    path.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The path of an absolute URL, without the slash at its end.
fn path_of(url: &str) -> &str {
    let path = url[origin(url).len()..].split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/')
}

fn below(path: &str, base: &str) -> Option<String> {
    let rest = path.strip_prefix(base)?;
    rest.starts_with('/').then(|| rest.to_owned())
}

/// `/pets/{id}` is `/pets/*`: a tool's capabilities know no parameters.
fn pattern(path: &str) -> String {
    let mut pattern = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern + rest
}

fn name(method: &str, path: &str, operation: &Map<String, Value>) -> String {
    let given = operation.get("operationId").and_then(Value::as_str).filter(|id| !id.is_empty());
    let text = given.map_or_else(|| format!("{method}{path}"), str::to_owned);
    let mut name = String::new();
    for c in text.chars().filter(|c| !matches!(c, '{' | '}')) {
        let c = if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        if name.len() < MAX_NAME && !(c == '_' && name.ends_with('_')) {
            name.push(c);
        }
    }
    let name = name.trim_matches('_');
    if name.is_empty() { method.to_owned() } else { name.to_owned() }
}

fn unique(name: String, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

fn description(operation: &Map<String, Value>) -> String {
    let texts = ["summary", "description"].into_iter().filter_map(|field| operation.get(field)?.as_str());
    let text = texts.map(str::trim).find(|text| !text.is_empty()).unwrap_or_default();
    text[..text.floor_char_boundary(MAX_DESCRIPTION)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "https://api.example.com/v1/openapi.json";

    fn read(document: &Value, base: &str) -> Result<Vec<[String; 4]>, String> {
        let operations = operations(document.to_string().as_bytes(), URL, base)?;
        Ok(operations.into_iter().map(|it| [it.name, it.method, it.path, it.description]).collect())
    }

    fn petstore(rest: Value) -> Value {
        let mut document = json!({"openapi": "3.1.0", "paths": {
            "/pets": {"get": {"operationId": "listPets", "summary": " All pets "}, "post": {"operationId": "listPets"}},
            "/pets/{id}/photos/{n}.png": {"get": {"description": "One photo"}, "parameters": []},
            "/odd": 1,
        }});
        document.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        document
    }

    #[test]
    fn each_operation_is_a_capability_with_a_name_of_its_own() {
        let operations = read(&petstore(json!({})), "https://api.example.com").expect("operations");
        let expected = [
            ["listPets", "GET", "/pets", "All pets"],
            ["listPets_2", "POST", "/pets", ""],
            ["get_pets_id_photos_n_png", "GET", "/pets/*/photos/*.png", "One photo"],
        ];
        assert_eq!(operations, expected.map(|parts| parts.map(str::to_owned)));
    }

    #[test]
    fn paths_are_those_below_the_base_url_whatever_the_server_is() {
        let path = |rest: Value, base: &str| read(&petstore(rest), base).map(|operations| operations[0][2].clone());
        for (rest, base, expected) in [
            (json!({}), "https://api.example.com/", "/pets"),
            (json!({"servers": [{"url": "https://api.example.com/v1/"}]}), "https://api.example.com/v1", "/pets"),
            (json!({"servers": [{"url": "/v1"}]}), "https://api.example.com", "/v1/pets"),
        ] {
            assert_eq!(path(rest, base).as_deref(), Ok(expected), "{base}");
        }
        let swagger = json!({"swagger": "2.0", "basePath": "/v1", "paths": {"/pets": {"get": {}}}});
        assert_eq!(read(&swagger, "https://api.example.com/v1").expect("operations")[0][2], "/pets");
        let error = path(json!({"servers": [{"url": "/v2"}]}), "https://api.example.com/v1").expect_err("another path");
        assert_eq!(error, "it has no operation below https://api.example.com/v1");
    }

    #[test]
    fn what_is_no_document_or_too_much_is_refused_whole() {
        let error = |document: &[u8]| operations(document, URL, "https://a.example").expect_err("refused");
        assert_eq!(error(b"<html>"), "it is no JSON");
        assert_eq!(error(b"{}"), "it is no OpenAPI document of version 2 or 3");
        assert_eq!(error(br#"{"openapi": "4.0"}"#), "it is no OpenAPI document of version 2 or 3");
        assert_eq!(error(br#"{"openapi": "3.0.0"}"#), "it has no paths");
        assert!(error(&b"[".repeat(100_000)).starts_with("it is no JSON"));
        let paths = |count| (0..count).map(|n| (format!("/{n}"), json!({"get": {}}))).collect::<Map<_, _>>();
        let many = |count| json!({"openapi": "3.0.0", "paths": paths(count)});
        assert_eq!(read(&many(MAX_OPERATIONS), "https://a.example").map(|all| all.len()), Ok(MAX_OPERATIONS));
        assert!(
            read(&many(MAX_OPERATIONS + 1), "https://a.example").is_err_and(|error| error.contains("513 operations"))
        );
    }

    #[test]
    fn names_and_descriptions_are_bounded() {
        let document = json!({"openapi": "3.0.0", "paths": {"/a": {"get": {
            "operationId": "é".repeat(100) + &"x".repeat(100), "description": "é".repeat(MAX_DESCRIPTION)
        }}}});
        let operations = read(&document, "https://a.example").expect("operations");
        assert!(operations[0][0].len() <= MAX_NAME && operations[0][3].len() <= MAX_DESCRIPTION, "{operations:?}");
    }
}
