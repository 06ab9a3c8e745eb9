//! Where a call goes: the tool's base URL and what the agent put behind its address. Pure.
//!
//! What is judged is what is sent: the URL is brought into its normal form first, and must still be below the base. Rules are
//! held against the decoded path, so that no rule is passed by by writing a letter as `%61`; a path that would climb once a
//! server has decoded it is refused, and so is one with an empty part, which many servers leave out.

use url::Url;

/// A call's URL in the forms that are judged and sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// What is sent.
    pub(super) url: Url,
    /// The path below the base, decoded, with a slash in front.
    pub(super) path: String,
    /// The URL without query, its path decoded.
    pub(super) shown: String,
}

impl Target {
    /// `rest` is the raw path behind the tool's name, with its slash or empty; `query` is raw. `None`: it climbs out, or has an
    /// empty part.
    pub(super) fn new(base: &Url, rest: &str, query: Option<&str>) -> Option<Self> {
        let below = base.path().trim_end_matches('/').to_owned();
        let mut url = base.clone();
        url.set_fragment(None);
        if !rest.is_empty() {
            url.set_path(&format!("{below}{rest}"));
        }
        if let Some(query) = query {
            let own = base.query().map(|own| format!("{own}&")).unwrap_or_default();
            url.set_query(Some(&format!("{own}{query}")));
        }
        let decoded = decode(url.path())?;
        let climbs = decoded.split(['/', '\\']).any(|part| part == ".." || part == ".");
        let path = decoded.strip_prefix(&decode(&below)?)?.to_owned();
        if climbs || path.contains("//") || !(path.is_empty() || path.starts_with('/')) {
            return None;
        }
        let origin = url.origin().ascii_serialization();
        let path = if path.is_empty() { "/".to_owned() } else { path };
        Some(Self { url, path, shown: format!("{origin}{decoded}") })
    }
}

/// Percent-decodes once; `None` where that is no text.
fn decode(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| path.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &str, rest: &str, query: Option<&str>) -> Option<[String; 3]> {
        let target = Target::new(&Url::parse(base).expect("a URL"), rest, query)?;
        Some([target.url.to_string(), target.path, target.shown])
    }

    #[test]
    fn a_call_is_below_its_base_with_its_query() {
        for (base, rest, query, url, path) in [
            ("https://a.example/v1", "/charges", Some("limit=1"), "https://a.example/v1/charges?limit=1", "/charges"),
            ("https://a.example/v1/", "/charges", None, "https://a.example/v1/charges", "/charges"),
            ("https://a.example", "", None, "https://a.example/", "/"),
            ("https://a.example/v1", "", None, "https://a.example/v1", "/"),
            ("https://a.example/v1", "/a/../b", None, "https://a.example/v1/b", "/b"),
            ("https://a.example/?k=1", "/x", Some("y=2"), "https://a.example/x?k=1&y=2", "/x"),
            ("https://a.example/v1", "/adm%69n", None, "https://a.example/v1/adm%69n", "/admin"),
        ] {
            let seen = target(base, rest, query).expect(rest);
            assert_eq!((seen[0].as_str(), seen[1].as_str()), (url, path), "{base} {rest}");
        }
        let shown = target("https://a.example/v1", "/adm%69n", Some("q=1")).expect("good");
        assert_eq!(shown[2], "https://a.example/v1/admin");
    }

    #[test]
    fn nothing_climbs_out_of_the_base_or_hides_in_it_in_any_spelling() {
        for rest in
            ["/../x", "/%2e%2e/x", "/a/../../x", "/..%2fx", "/a%2f..%2f..%2fx", "/..%5cx", "/%ff", "//x", "/a%2f/x"]
        {
            assert_eq!(target("https://a.example/v1", rest, None), None, "{rest}");
        }
    }
}
