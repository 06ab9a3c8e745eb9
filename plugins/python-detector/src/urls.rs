//! URLs in code: which host they name, and what a tool there would be called.

/// An http(s) URL, cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HttpUrl<'a> {
    /// Scheme, host and port: what calls start from.
    pub base: &'a str,
    /// The host alone.
    pub host: &'a str,
}

/// Hosts that only name a format or hold a text: no agent calls them to do something.
const PLACES_OF_TEXT: [&str; 12] = [
    "www.w3.org",
    "json-schema.org",
    "schema.org",
    "schemas.xmlsoap.org",
    "schemas.microsoft.com",
    "xmlns.com",
    "purl.org",
    "github.com",
    "gitlab.com",
    "pypi.org",
    "stackoverflow.com",
    "example.com",
];

/// Model endpoints: destinations, never tools.
const MODEL_HOSTS: [&str; 14] = [
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "api.mistral.ai",
    "api.groq.com",
    "api.cohere.ai",
    "api.cohere.com",
    "api.together.xyz",
    "api.deepseek.com",
    "api.x.ai",
    "api.perplexity.ai",
    "openrouter.ai",
    "api-inference.huggingface.co",
];

/// Cuts a URL; none for another scheme, for a host with a placeholder in it, and for what has no host.
pub fn parse(text: &str) -> Option<HttpUrl<'_>> {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let start = text.len() - authority.len();
    let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let (authority, base) = (&authority[..end], &text[..start + end]);
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let port_is_good = authority[host.len()..].trim_start_matches(':').bytes().all(|c| c.is_ascii_digit());
    let is_good =
        !host.is_empty() && host.chars().all(is_name) && host.starts_with(|c: char| c.is_ascii_alphanumeric());
    (is_good && port_is_good).then_some(HttpUrl { base, host })
}

/// The line without the user and password of its http(s) URLs: claims are kept and shown. (`git+ssh://git@…` stays: there the
/// user is part of the address.)
pub fn without_passwords(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        let end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        let is_http = before.ends_with("http://") || before.ends_with("https://");
        let host = after[..end].rfind('@').filter(|_| is_http).map_or(0, |at| at + 1);
        text.push_str(before);
        text.push_str(&after[host..end]);
        rest = &after[end..];
    }
    text + rest
}

/// True for this machine, for documents, and for name spaces.
pub fn is_no_destination(host: &str) -> bool {
    matches!(host, "localhost" | "0.0.0.0")
        || host.starts_with("127.")
        || host.starts_with("docs.")
        || host.ends_with(".readthedocs.io")
        || PLACES_OF_TEXT.contains(&host)
        || host.strip_prefix("www.").is_some_and(|host| PLACES_OF_TEXT.contains(&host))
}

/// True for an endpoint that serves models.
pub fn serves_models(host: &str) -> bool {
    MODEL_HOSTS.contains(&host)
        || host.ends_with(".openai.azure.com")
        || host.starts_with("bedrock-runtime.") && host.ends_with(".amazonaws.com")
}

/// The natural name of a tool at `host`: `api.stripe.com` is `stripe-api`.
pub fn tool_name(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let mut labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let is_address = labels.iter().all(|label| label.bytes().all(|c| c.is_ascii_digit()));
    if is_address {
        return labels.join("-");
    }
    if labels.contains(&"svc") {
        return labels[0].to_owned();
    }
    if labels.len() > 1 {
        labels.pop();
    }
    // `co.uk`, `com.au`: the second level is no name either.
    if labels.len() > 1 && host.rsplit('.').next().is_some_and(|top| top.len() == 2) {
        let second = labels[labels.len() - 1];
        if matches!(second, "co" | "com" | "org" | "net" | "gov" | "ac") {
            labels.pop();
        }
    }
    labels.retain(|label| *label != "www");
    labels.reverse();
    labels.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_http_urls_are_left_out_and_the_rest_of_the_line_stays() {
        for (line, shown) in [
            ("--index-url https://user:pw@p.example/simple", "--index-url https://p.example/simple"),
            ("a @ git+https://token@h/a.git@v1#egg=a ; x", "a @ git+https://h/a.git@v1#egg=a ; x"),
            ("http://u:p@w@h:81", "http://h:81"),
            ("-f http://u@a https://u@b", "-f http://a https://b"),
            ("a @ git+ssh://git@h/a.git", "a @ git+ssh://git@h/a.git"),
            ("runagents>=0.2.0 @x", "runagents>=0.2.0 @x"),
        ] {
            assert_eq!(without_passwords(line), shown);
        }
    }

    #[test]
    fn a_url_is_cut_at_its_base() {
        let url = parse("https://api.stripe.com:8443/v1/charges?x#y").expect("good");
        assert_eq!((url.base, url.host), ("https://api.stripe.com:8443", "api.stripe.com"));
        for bad in [
            "ftp://x",
            "https://",
            "https://{host}/x",
            "https://user:pw@h",
            "http://:80",
            "https://a b",
            "http://h:{port}",
            "https://…",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn tools_are_named_after_their_host() {
        for (host, name) in [
            ("api.stripe.com", "stripe-api"),
            ("hooks.slack.com", "slack-hooks"),
            ("wttr.in", "wttr"),
            ("www.acme.co.uk", "acme"),
            ("stripe.tools.svc.cluster.local", "stripe"),
            ("inventory", "inventory"),
            ("10.0.0.7", "10-0-0-7"),
            ("api.io", "api"),
        ] {
            assert_eq!(tool_name(host), name, "{host}");
        }
    }

    #[test]
    fn documents_and_this_machine_are_no_destinations_but_apis_are() {
        for host in ["localhost", "127.0.0.1", "www.w3.org", "docs.python.org", "x.readthedocs.io", "www.github.com"] {
            assert!(is_no_destination(host), "{host}");
        }
        for host in ["api.github.com", "api.example.com", "inventory", "10.0.0.7"] {
            assert!(!is_no_destination(host), "{host}");
        }
        assert!(serves_models("acme.openai.azure.com") && !serves_models("openai.com"));
    }
}
