//! What a call may reach outside: hosts over HTTP, and secrets of its workspace. Nothing, unless the plugin's metadata asks for
//! it and its binding grants it.

use crate::metadata::Capabilities;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;
use windlass_domain::ResourceName;
use windlass_domain::binding::Grants;
use windlass_domain::exchange::{Exchange, HttpAnswer, HttpFailure, Outcome};
use windlass_domain::grant::HostPattern;
use windlass_domain::tool::{ToolCapability, ToolPlan};

/// A request that may be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// What a recording knows it by.
    pub digest: &'a str,
    /// The method, in upper case.
    pub method: &'a str,
    /// An absolute http(s) URL without credentials.
    pub url: &'a Url,
    /// The headers.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
    /// The time until the whole answer must be here.
    pub within: Duration,
    /// The most bytes of the answer: headers and body.
    pub max_bytes: usize,
}

/// Who sends requests for guests: the network, or a recording of it. The host of the request is granted; the address that it
/// resolves to is for the sender to judge, where it connects. Redirects are answers.
pub trait Outbound: Send + Sync {
    /// Sends one request and waits for the whole answer.
    fn send(&self, request: Outgoing<'_>) -> Result<HttpAnswer, HttpFailure>;
}

/// Answers from a recording, and never asks the network. What was asked several times is answered in its order, and from then
/// on as the last time.
pub struct Recorded(Mutex<HashMap<String, VecDeque<Outcome>>>);

impl Recorded {
    /// Answers what these have asked.
    #[must_use]
    pub fn of(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let mut outcomes: HashMap<String, VecDeque<Outcome>> = HashMap::new();
        for exchange in exchanges {
            outcomes.entry(exchange.digest).or_default().push_back(exchange.outcome);
        }
        Self(Mutex::new(outcomes))
    }
}

impl Outbound for Recorded {
    fn send(&self, request: Outgoing<'_>) -> Result<HttpAnswer, HttpFailure> {
        let mut outcomes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = outcomes.get_mut(request.digest);
        let next = known.and_then(|known| if known.len() > 1 { known.pop_front() } else { known.front().cloned() });
        match next {
            Some(Outcome::Answer(answer)) => Ok(answer),
            Some(Outcome::Failure(failure)) => Err(failure),
            Some(Outcome::NotKept) | None => Err(HttpFailure::not_recorded()),
        }
    }
}

/// What the calls of one binding may reach.
#[derive(Clone, Default)]
pub struct Reach {
    asked: Vec<HostPattern>,
    granted: Vec<HostPattern>,
    outbound: Option<Arc<dyn Outbound>>,
    /// By falling length: one that holds another is hidden whole.
    secrets: Vec<(String, String)>,
}

impl Reach {
    /// What is both asked and granted: of `secrets` those, and requests through `outbound` to those hosts.
    #[must_use]
    pub fn of(
        asked: &Capabilities,
        grants: &Grants,
        secrets: BTreeMap<String, String>,
        outbound: Option<Arc<dyn Outbound>>,
    ) -> Self {
        let names: Vec<_> = secret_names(asked, grants).map(ResourceName::as_str).collect();
        let mut secrets: Vec<_> = secrets.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
        secrets.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Self { asked: asked.http.hosts.clone(), granted: grants.host_patterns(), outbound, secrets }
    }

    /// The same, with requests sent through `outbound`: a recording, say.
    #[must_use]
    pub fn through(&self, outbound: Arc<dyn Outbound>) -> Self {
        Self { outbound: Some(outbound), ..self.clone() }
    }

    /// Whether there is any host that may be asked.
    #[must_use]
    pub fn has_network(&self) -> bool {
        self.outbound.is_some() && !self.asked.is_empty() && !self.granted.is_empty()
    }

    /// Who sends a request to `url`; none where it may not be sent.
    pub(crate) fn sender(&self, url: &Url) -> Option<&dyn Outbound> {
        let covers = |patterns: &[HostPattern]| patterns.iter().any(|pattern| pattern.covers(url));
        self.outbound.as_deref().filter(|_| covers(&self.asked) && covers(&self.granted))
    }

    pub(crate) fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text with each secret in it replaced by its name, as it is and as URLs write it.
    pub(crate) fn hide<'a>(&self, text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
        let mut text = text.into();
        for (name, value) in &self.secrets {
            for form in [value.clone(), percent_encoded(value)] {
                if text.contains(&form) {
                    text = text.replace(&form, &format!("{{secret:{name}}}")).into();
                }
            }
        }
        text
    }

    /// [`Self::hide`] in place.
    pub(crate) fn hide_in(&self, text: &mut String) {
        if let Cow::Owned(hidden) = self.hide(text.as_str()) {
            *text = hidden;
        }
    }

    /// No secret leaves in an answer: what a tool provider writes is recorded and shown.
    pub(crate) fn hide_in_tools(&self, plan: &mut ToolPlan, warnings: &mut [String]) {
        if self.secrets.is_empty() {
            return;
        }
        for tool in &mut plan.create {
            self.hide_in(&mut tool.spec.description);
            self.hide_in(&mut tool.spec.connection.base_url);
            for capability in &mut tool.spec.capabilities {
                let ToolCapability { name, path, description, .. } = capability;
                for text in [name, path, description] {
                    self.hide_in(text);
                }
            }
        }
        let rewrites = std::mem::take(&mut plan.rewrites).into_iter();
        plan.rewrites = rewrites.map(|(url, tool)| (self.hide(url).into_owned(), tool)).collect();
        for text in warnings {
            self.hide_in(text);
        }
    }
}

/// The secrets that are both asked for and granted.
pub fn secret_names<'a>(asked: &'a Capabilities, grants: &Grants) -> impl Iterator<Item = &'a ResourceName> {
    asked.secrets.iter().filter(|name| grants.secrets.iter().any(|granted| granted == name.as_str()))
}

fn percent_encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets: Vec<_> = self.secrets.iter().map(|(name, _)| name).collect();
        let Self { asked, granted, .. } = self;
        f.debug_struct("Reach")
            .field("asked", asked)
            .field("granted", granted)
            .field("secrets", &secrets)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Capabilities {
        serde_json::from_str(r#"{"http":{"hosts":["*.example.com"]},"secrets":["key","other"]}"#).expect("capabilities")
    }

    fn answer(status: u16) -> HttpAnswer {
        HttpAnswer { status, headers: Vec::new(), body: Vec::new().into() }
    }

    fn exchange(digest: &str, outcome: Outcome) -> Exchange {
        Exchange { digest: digest.to_owned(), method: "GET".to_owned(), url: String::new(), outcome }
    }

    fn send(recorded: &Recorded, digest: &str) -> Result<HttpAnswer, HttpFailure> {
        let url = Url::parse("https://a.example.com").expect("a URL");
        let (headers, body, within) = (&[][..], &b""[..], Duration::ZERO);
        recorded.send(Outgoing { digest, method: "GET", url: &url, headers, body, within, max_bytes: 0 })
    }

    #[test]
    fn what_is_reached_is_asked_for_and_granted() {
        let none = || Some(Arc::new(Recorded::of([])) as Arc<dyn Outbound>);
        let grants =
            Grants { hosts: vec!["*".into()], secrets: vec!["key".into(), "third".into()], ..Grants::default() };
        let known = ["key", "other", "third"].map(|name| (name.to_owned(), format!("value of {name}")));
        let reach = Reach::of(&asked(), &grants, known.clone().into(), none());
        let may = |reach: &Reach, url: &str| reach.sender(&Url::parse(url).expect(url)).is_some();
        assert!(may(&reach, "https://api.example.com/") && reach.has_network());
        assert!(!may(&reach, "https://api.example.org/"), "granted, not asked for");
        let secrets = ["key", "other", "third"].map(|name| reach.secret(name));
        assert_eq!(secrets, [Some("value of key"), None, None]);

        let nothing = Reach::of(&asked(), &Grants::default(), known.clone().into(), none());
        assert!(!may(&nothing, "https://api.example.com/") && !nothing.has_network());
        assert_eq!(nothing.secret("key"), None);
        let silent = Reach::of(&Capabilities::default(), &grants, known.into(), none());
        assert!(!may(&silent, "https://api.example.com/") && silent.secret("key").is_none());
        assert!(!may(&Reach::default(), "https://api.example.com/"));
    }

    #[test]
    fn secrets_are_hidden_in_every_spelling_and_never_printed() {
        let grants = Grants { secrets: vec!["key".into(), "other".into()], ..Grants::default() };
        let values = [("key", "s3cret&x"), ("other", "s3cret&x and more")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reach = Reach::of(&asked(), &grants, values.into(), None);
        assert_eq!(reach.hide("a s3cret&x b s3cret%26x"), "a {secret:key} b {secret:key}");
        assert_eq!(reach.hide("s3cret&x and more"), "{secret:other}");
        assert!(!format!("{reach:?}").contains("s3cret"));
    }

    #[test]
    fn a_recording_answers_in_order_and_knows_nothing_else() {
        let recorded = Recorded::of([
            exchange("a", Outcome::Answer(answer(200))),
            exchange("a", Outcome::Failure(HttpFailure::Timeout)),
            exchange("b", Outcome::NotKept),
        ]);
        assert_eq!(send(&recorded, "a"), Ok(answer(200)));
        assert_eq!(send(&recorded, "a"), Err(HttpFailure::Timeout));
        assert_eq!(send(&recorded, "a"), Err(HttpFailure::Timeout), "as the last time");
        for unknown in ["b", "c"] {
            assert_eq!(send(&recorded, unknown), Err(HttpFailure::not_recorded()));
        }
    }
}
