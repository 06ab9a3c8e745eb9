//! What the operator may set.

use serde_json::Value;
use windlass_plugin_sdk::SettingsProblem;
use windlass_tools::address::Address;

/// The settings; by default nothing is set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the document of tools at the same address is.
    pub url: Option<String>,
}

impl Settings {
    /// Reads the text of a JSON object.
    pub fn parse(text: &str) -> Result<Self, SettingsProblem> {
        let settings: Value =
            serde_json::from_str(text).map_err(|error| SettingsProblem::new("", format!("it is no JSON: {error}")))?;
        let Some(url) = settings.get("url") else { return Ok(Self::default()) };
        let url = url.as_str().filter(|url| is_http(url));
        let url = url.ok_or_else(|| SettingsProblem::new("/url", "write an absolute http or https URL"))?;
        Ok(Self { url: Some(url.to_owned()) })
    }
}

/// Whether it is an absolute http(s) URL with a host.
pub fn is_http(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https")) && !Address::parse(url).host.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_absolute_or_not_set() {
        assert_eq!(Settings::parse("{}"), Ok(Settings::default()));
        let url = "https://api.example.com/spec.json";
        assert_eq!(Settings::parse(&format!(r#"{{"url":"{url}"}}"#)), Ok(Settings { url: Some(url.to_owned()) }));
        for refused in [r#"{"url":"/spec.json"}"#, r#"{"url":1}"#, r#"{"url":"ftp://a/b"}"#, r#"{"url":"http://"}"#] {
            assert_eq!(Settings::parse(refused).expect_err(refused).path, "/url");
        }
        assert_eq!(Settings::parse("no").expect_err("no JSON").path, "");
    }
}
