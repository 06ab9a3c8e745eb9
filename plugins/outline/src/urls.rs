//! URLs in code: which host they name, and whether a tool can be there.

use crate::providers;

/// An http(s) URL, cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HttpUrl<'a> {
    /// Scheme, host and port: what calls start from.
    pub base: &'a str,
    /// The host alone.
    pub host: &'a str,
    /// What follows the host and port.
    pub path: &'a str,
}

/// What stands behind a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This machine.
    Local,
    /// A text, a name space, a sample: nothing that an agent calls to do something.
    Text,
    /// A file to fetch, a sign-in, telemetry: a destination, but no tool.
    Aside,
    /// The endpoint of a model provider, by its id.
    Models(&'static str),
    /// Anything else: it may be a tool.
    Service,
}

/// Hosts, with all below them, that name a format or hold texts, pages and packages.
const TEXTS: &[&str] = &[
    "apache.org",
    "arxiv.org",
    "cdn.jsdelivr.net",
    "cdnjs.cloudflare.com",
    "claude.ai",
    "cloud.google.com",
    "colab.research.google.com",
    "console.anthropic.com",
    "creativecommons.org",
    "dev.to",
    "developers.google.com",
    "discord.gg",
    "doi.org",
    "example.com",
    "example.net",
    "example.org",
    "fonts.googleapis.com",
    "fonts.gstatic.com",
    "git.io",
    "github.com",
    "github.io",
    "gitlab.com",
    "gnu.org",
    "goo.gl",
    "hub.docker.com",
    "json-schema.org",
    "kaggle.com",
    "langchain.com",
    "linkedin.com",
    "makersuite.google.com",
    "medium.com",
    "modelcontextprotocol.io",
    "npmjs.com",
    "ollama.com",
    "openai.com",
    "opensource.org",
    "platform.claude.com",
    "purl.org",
    "pypi.org",
    "python.org",
    "readthedocs.io",
    "readthedocs.org",
    "schema.org",
    "schemas.microsoft.com",
    "schemas.openxmlformats.org",
    "schemas.xmlsoap.org",
    "shields.io",
    "stackoverflow.com",
    "streamlit.io",
    "t.me",
    "twitter.com",
    "unpkg.com",
    "w3.org",
    "wikimedia.org",
    "xmlns.com",
    "youtu.be",
    "youtube.com",
    "aistudio.google.com",
    "ai.google.dev",
    "amzn.to",
    "bit.ly",
    "tinyurl.com",
    "astral.sh",
    "x.com",
    "img.freepik.com",
    "placehold.co",
    "picsum.photos",
    "unsplash.com",
    "gravatar.com",
    "imgur.com",
    "instagram.com",
    "facebook.com",
    "vercel.com",
    "opentelemetry.io",
    "anthropic.com",
    "perplexity.ai",
    "huggingface.co",
    "ogp.me",
    "sitemaps.org",
];

/// Hosts, with all below them, where agents and their users sign in or leave their traces.
const ASIDES: &[&str] = &[
    "accounts.google.com",
    "api.smith.langchain.com",
    "auth0.com",
    "cloud.langfuse.com",
    "datadoghq.com",
    "honeycomb.io",
    "login.microsoftonline.com",
    "logfire-api.pydantic.dev",
    "metadata.google.internal",
    "oauth2.googleapis.com",
    "okta.com",
    "posthog.com",
    "sentry.io",
    "sts.amazonaws.com",
    "us.cloud.langfuse.com",
];

/// Labels that begin a host which serves programs, even below one of [`TEXTS`]: `api.github.com`, `export.arxiv.org`.
const PROGRAM_LABELS: [&str; 10] =
    ["api", "export", "graph", "graphql", "gateway", "hooks", "mcp", "uploads", "webhook", "rest"];

/// Labels that begin a host of texts and pages.
const TEXT_LABELS: [&str; 10] =
    ["docs", "doc", "developer", "developers", "blog", "console", "help", "support", "fonts", "status"];

/// Ends of paths that name a file.
const FILE_ENDS: [&str; 27] = [
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".css", ".js", ".woff2", ".mp4", ".mp3", ".wav", ".webm",
    ".pdf", ".md", ".html", ".htm", ".txt", ".csv", ".zip", ".gz", ".whl", ".parquet", ".ipynb", ".xsd", ".dtd",
];

/// Words that stand where an author shall put a host of their own.
const BLANKS: [&str; 9] =
    ["your-", "your_", "yourdomain", "yourcompany", "your.", "my-domain", "xxx", "placeholder", "changeme"];

/// Cuts a URL; none for another scheme, for a host with a placeholder in it, and for what has no host.
#[must_use]
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
    (is_good && port_is_good).then_some(HttpUrl { base, host, path: &text[start + end..] })
}

/// The line without the user and password of its http(s) URLs: claims are kept and shown. (`git+ssh://git@…` stays: there the
/// user is part of the address.)
#[must_use]
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

impl HttpUrl<'_> {
    /// What stands behind it.
    #[must_use]
    pub fn place(&self) -> Place {
        let host = self.host.to_ascii_lowercase();
        let host = host.as_str();
        if is_local(host) {
            return Place::Local;
        }
        if let Some(provider) = providers::of_host(host) {
            return Place::Models(provider);
        }
        let first = host.split('.').next().unwrap_or_default();
        // `https://www.googleapis.com/auth/…` names a scope.
        let is_scope = host == "www.googleapis.com" && self.path.starts_with("/auth/");
        let is_program = PROGRAM_LABELS.contains(&first) || self.path.contains("/api.") || self.path.contains("/api/");
        let is_text = TEXT_LABELS.contains(&first) || is_below(host, TEXTS) && !is_program;
        if is_text || is_scope || is_blank(host) {
            return Place::Text;
        }
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        // Any server that speaks the protocol of a model provider.
        let is_model = path.ends_with("/chat/completions") || path.ends_with("/v1/messages");
        let is_sign_in = path.ends_with("/token") || path.contains("/oauth2/") || path.ends_with("/authorize");
        let is_file = FILE_ENDS.iter().any(|end| path.len() > end.len() && path.ends_with(end));
        if is_model || is_sign_in || is_file || host == "169.254.169.254" || is_below(host, ASIDES) {
            return Place::Aside;
        }
        Place::Service
    }
}

/// True for this machine, by any of its names.
#[must_use]
pub fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "0.0.0.0" | "host.docker.internal")
        || host.starts_with("127.")
        || host.ends_with(".localhost")
}

/// True for a host that an author is to replace, and for what RFC 2606 keeps for examples.
fn is_blank(host: &str) -> bool {
    BLANKS.iter().any(|blank| host.contains(blank))
        || [".example", ".test", ".invalid"].iter().any(|end| host.ends_with(end))
        || matches!(host, "example" | "host" | "domain.com" | "my-api.com" | "..." | "test.com")
        || !host.bytes().any(|c| c.is_ascii_alphanumeric())
}

/// True when `host` is one of `names` or lies below one.
fn is_below(host: &str, names: &[&str]) -> bool {
    names.iter().any(|name| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
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
        assert_eq!(url.path, "/v1/charges?x#y");
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
    fn texts_files_sign_ins_samples_and_this_machine_are_no_services_but_apis_are() {
        let place = |url| parse(url).expect("a URL").place();
        for url in ["http://localhost:80", "http://127.0.0.1/", "http://host.docker.internal:11434"] {
            assert_eq!(place(url), Place::Local, "{url}");
        }
        for url in [
            "http://www.w3.org/2001/XMLSchema",
            "https://docs.python.org/3",
            "https://x.readthedocs.io",
            "https://www.github.com/a/b",
            "https://example.com/x",
            "https://your-company.atlassian.net",
            "https://www.googleapis.com/auth/calendar",
            "https://en.example",
        ] {
            assert_eq!(place(url), Place::Text, "{url}");
        }
        for url in [
            "https://cdn.acme.com/logo.png?v=1",
            "https://oauth2.googleapis.com/token",
            "https://id.acme.com/oauth2/v2.0/token",
            "https://cloud.langfuse.com",
            "https://gateway.acme.com/v1/chat/completions",
        ] {
            assert_eq!(place(url), Place::Aside, "{url}");
        }
        assert_eq!(place("https://acme.openai.azure.com/"), Place::Models("azure"));
        for url in [
            "https://api.github.com",
            "https://huggingface.co/api/daily_papers",
            "https://api.example.com",
            "http://inventory/",
            "http://10.0.0.7:1",
            "https://export.arxiv.org/api/query",
            "https://www.googleapis.com/customsearch/v1",
        ] {
            assert_eq!(place(url), Place::Service, "{url}");
        }
    }
}
