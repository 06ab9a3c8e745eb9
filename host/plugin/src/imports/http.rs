//! `http`: requests to hosts that the plugin asks for and its binding grants, counted, timed and recorded.

use crate::bindings::host::http::{Host, HttpError, HttpRequest, HttpResponse};
use crate::reach::{Outbound, Outgoing, Reach};
use crate::report::Level;
use crate::state::CallState;
use std::time::Instant;
use url::Url;
use windlass_domain::exchange::{Body, Exchange, HttpAnswer, HttpFailure, MAX_RECORDED, Outcome, digest};
use windlass_domain::tool::parse_http_url;

/// The longest URL, in bytes.
const MAX_URL: usize = 8 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 64;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What belongs to the connection (RFC 9110, section 7.6.1), and so to the host.
const OF_THE_HOST: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The part of its time that a call may not wait for the network: a guest that hears of a timeout has time to say so.
const KEPT_BACK: u32 = 8;
/// It is for whoever stores cookies: nobody here.
const COOKIES: &str = "set-cookie";

/// What a call has sent and received.
#[derive(Default)]
pub struct Exchanges {
    calls: u32,
    bytes: usize,
    kept: usize,
    recorded: Vec<Exchange>,
}

impl Exchanges {
    /// The recording.
    pub fn into_recorded(self) -> Vec<Exchange> {
        self.recorded
    }

    /// Notes an exchange, without secrets.
    fn record(&mut self, reach: &Reach, request: &Checked, digest: String, outcome: &Result<HttpAnswer, HttpFailure>) {
        let outcome = match outcome {
            Ok(answer) if self.kept + answer.bytes() > MAX_RECORDED => Outcome::NotKept,
            Ok(answer) => {
                self.kept += answer.bytes();
                Outcome::Answer(without_secrets(reach, answer))
            }
            Err(failure) => Outcome::Failure(failure.clone()),
        };
        let url = reach.hide(request.url.as_str()).into_owned();
        self.recorded.push(Exchange { digest, method: request.method.clone(), url, outcome });
    }
}

fn without_secrets(reach: &Reach, answer: &HttpAnswer) -> HttpAnswer {
    let hide = |text: &str| reach.hide(text).into_owned();
    HttpAnswer {
        status: answer.status,
        headers: answer.headers.iter().map(|(name, value)| (name.clone(), hide(value))).collect(),
        body: match &answer.body {
            Body::Text(text) => Body::Text(hide(text)),
            Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
        },
    }
}

/// A request that is one.
#[derive(Debug)]
struct Checked {
    method: String,
    url: Url,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Checked {
    fn parse(request: HttpRequest) -> Result<Self, HttpFailure> {
        let HttpRequest { method, url, headers, body, ext: _ } = request;
        let refuse = |what: &str| HttpFailure::InvalidRequest(what.to_owned());
        if !METHODS.contains(&method.as_str()) {
            return Err(refuse("another method than GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS"));
        }
        if url.len() > MAX_URL {
            return Err(refuse("a URL of more than 8 KiB"));
        }
        let url = parse_http_url("url", &url).map_err(|invalid| HttpFailure::InvalidRequest(invalid.message))?;
        if headers.len() > MAX_HEADERS {
            return Err(refuse("more than 64 headers"));
        }
        if let Some((name, _)) = headers.iter().find(|(name, value)| !is_header(name, value)) {
            return Err(HttpFailure::InvalidRequest(format!("the header `{}`", name.escape_debug())));
        }
        Ok(Self { method, url, headers, body })
    }

    fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        self.url.as_str().len() + headers.sum::<usize>() + self.body.len()
    }

    /// Secrets aside, so that what is recorded tells nothing of them, and a new value of one changes nothing.
    fn digest(&self, reach: &Reach) -> String {
        let url = reach.hide(self.url.as_str());
        match std::str::from_utf8(&self.body) {
            Ok(text) => digest(&self.method, &url, reach.hide(text).as_bytes()),
            Err(_) => digest(&self.method, &url, &self.body),
        }
    }

    /// Host and port, for the log.
    fn host(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.url.host_str().unwrap_or_default())
    }
}

/// Whether it is a header (RFC 9110, section 5) that a guest may set.
fn is_header(name: &str, value: &str) -> bool {
    let is_token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    !name.is_empty()
        && name.bytes().all(is_token)
        && value.bytes().all(|c| c == b'\t' || (c >= b' ' && c != 0x7f))
        && !OF_THE_HOST.contains(&name.to_ascii_lowercase().as_str())
}

impl CallState {
    fn exchange(&mut self, request: HttpRequest) -> Result<HttpAnswer, HttpFailure> {
        let request = Checked::parse(request)?;
        let (reach, limits) = (self.reach.clone(), self.limits);
        if self.exchanges.calls >= limits.http_calls {
            return Err(HttpFailure::Limit("calls".to_owned()));
        }
        self.exchanges.calls += 1;
        let sender = reach.sender(&request.url).ok_or(HttpFailure::NotGranted);
        let outcome = sender.and_then(|sender| {
            let digest = request.digest(&reach);
            let outcome = self.send_by(sender, &request, &digest);
            // What is refused by a limit too: made again, it must be refused again, however fast that goes.
            self.exchanges.record(&reach, &request, digest, &outcome);
            outcome
        });
        if let Err(failure) = &outcome {
            self.note(Level::Warn, &format!("no answer of {} over HTTP: {}", request.host(), words(failure)));
        }
        outcome
    }

    /// Within what is left of the call's bytes and time.
    fn send_by(&mut self, sender: &dyn Outbound, request: &Checked, digest: &str) -> Result<HttpAnswer, HttpFailure> {
        let left = self.limits.http_bytes.saturating_sub(self.exchanges.bytes);
        let max_bytes = left.checked_sub(request.bytes()).ok_or_else(|| HttpFailure::Limit("bytes".to_owned()))?;
        let within = self.meter.left().saturating_sub(self.meter.limit() / KEPT_BACK);
        if within.is_zero() {
            return Err(HttpFailure::Timeout);
        }
        let Checked { method, url, headers, body } = request;
        let asked = Instant::now();
        let mut outcome = sender.send(Outgoing { digest, method, url, headers, body, within, max_bytes });
        self.meter.add_wait(asked.elapsed());
        if let Ok(answer) = &mut outcome {
            answer.headers.retain(|(name, _)| name != COOKIES);
        }
        let received = match &outcome {
            Ok(answer) => answer.bytes(),
            Err(HttpFailure::Limit(_)) => max_bytes,
            Err(_) => 0,
        };
        self.exchanges.bytes += request.bytes() + received;
        outcome
    }
}

/// For the operator, who can grant what is missing.
fn words(failure: &HttpFailure) -> String {
    match failure {
        HttpFailure::NotGranted => "the host is not granted (or plugin.json does not ask for it)".to_owned(),
        HttpFailure::RefusedAddress => "its address is not public, and not granted".to_owned(),
        HttpFailure::InvalidRequest(what) => format!("the request is none: {what}"),
        HttpFailure::Limit(what) => format!("the limit of {what} is reached"),
        HttpFailure::Timeout => "it did not come in time".to_owned(),
        HttpFailure::Failed(why) | HttpFailure::Other(why) => why.clone(),
    }
}

fn wire(answer: HttpAnswer) -> HttpResponse {
    let HttpAnswer { status, headers, body } = answer;
    HttpResponse { status, headers, body: body.into(), ext: Vec::new() }
}

fn wire_error(failure: HttpFailure) -> HttpError {
    match failure {
        HttpFailure::NotGranted => HttpError::NotGranted,
        HttpFailure::RefusedAddress => HttpError::RefusedAddress,
        HttpFailure::InvalidRequest(what) => HttpError::InvalidRequest(what),
        HttpFailure::Limit(what) => HttpError::Limit(what),
        HttpFailure::Timeout => HttpError::Timeout,
        HttpFailure::Failed(why) => HttpError::Failed(why),
        HttpFailure::Other(code) => HttpError::Other(code),
    }
}

impl Host for CallState {
    fn send(&mut self, request: HttpRequest) -> wasmtime::Result<Result<HttpResponse, HttpError>> {
        self.take_over(request.url.len() + request.body.len())?;
        Ok(self.exchange(request).map(wire).map_err(wire_error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::reach::Recorded;
    use crate::terms::Terms;
    use std::sync::{Arc, Mutex};
    use windlass_domain::binding::Grants;

    /// Answers everything alike and remembers what it was asked.
    #[derive(Default)]
    struct Alike {
        body: String,
        asked: Mutex<Vec<String>>,
    }

    impl Outbound for Alike {
        fn send(&self, request: Outgoing<'_>) -> Result<HttpAnswer, HttpFailure> {
            self.asked.lock().expect("no panic").push(request.url.to_string());
            if self.body.len() > request.max_bytes {
                return Err(HttpFailure::Limit("bytes".to_owned()));
            }
            let headers = vec![(COOKIES.to_owned(), "a=b".to_owned()), ("x".to_owned(), "y".to_owned())];
            Ok(HttpAnswer { status: 200, headers, body: Body::Text(self.body.clone()) })
        }
    }

    fn reach(outbound: Arc<dyn Outbound>) -> Reach {
        let asked = r#"{"http":{"hosts":["*"]},"secrets":["key"]}"#;
        let asked = serde_json::from_str(asked).expect("capabilities");
        let granted = Grants { hosts: vec!["a.example".into()], secrets: vec!["key".into()], ..Grants::default() };
        Reach::of(&asked, &granted, [("key".to_owned(), "s3cret-value".to_owned())].into(), Some(outbound))
    }

    fn state(limits: Limits, outbound: Arc<dyn Outbound>) -> CallState {
        let terms = Terms { reach: reach(outbound).into(), ..Terms::of(limits) };
        CallState::new("p@1.0.0".into(), &terms, limits.time)
    }

    fn get(url: &str) -> HttpRequest {
        HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: Vec::new(), ext: Vec::new() }
    }

    #[test]
    fn a_granted_host_is_asked_and_no_other() {
        let outbound = Arc::new(Alike::default());
        let mut state = state(Limits::default(), outbound.clone());
        let answer = state.exchange(get("https://a.example/x")).expect("granted");
        assert_eq!(answer.headers, [("x".to_owned(), "y".to_owned())], "cookies are nobody's");
        assert_eq!(state.exchange(get("https://b.example/")), Err(HttpFailure::NotGranted));
        assert_eq!(state.exchange(get("https://a.example:8443/")), Err(HttpFailure::NotGranted));
        assert_eq!(*outbound.asked.lock().expect("no panic"), ["https://a.example/x"]);
        let lines: Vec<_> = state.log.iter().map(|line| line.text.as_str()).collect();
        let refused = |host: &str| {
            format!("no answer of {host} over HTTP: the host is not granted (or plugin.json does not ask for it)")
        };
        assert_eq!(lines, [refused("b.example"), refused("a.example:8443")]);
    }

    #[test]
    fn what_is_no_request_of_a_guest_is_refused() {
        let mut state = state(Limits::default(), Arc::new(Alike::default()));
        let header = |name: &str, value: &str| HttpRequest {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..get("https://a.example/")
        };
        for refused in [
            get("/relative"),
            get("ftp://a.example/"),
            get("https://user:word@a.example/"),
            get(&format!("https://a.example/{}", "x".repeat(MAX_URL))),
            HttpRequest { method: "get".into(), ..get("https://a.example/") },
            HttpRequest { method: "CONNECT".into(), ..get("https://a.example/") },
            header("Host", "b.example"),
            header("transfer-encoding", "chunked"),
            header("x", "a\r\nb: c"),
            header("a b", "c"),
            HttpRequest { headers: vec![("a".into(), "b".into()); MAX_HEADERS + 1], ..get("https://a.example/") },
        ] {
            let answer = state.exchange(refused.clone());
            assert!(matches!(answer, Err(HttpFailure::InvalidRequest(_))), "{refused:?} {answer:?}");
        }
        assert!(state.exchange(header("Accept", "application/json")).is_ok());
    }

    #[test]
    fn calls_and_bytes_are_counted_over_the_whole_call() {
        let limits = Limits { http_calls: 3, http_bytes: 200, ..Limits::default() };
        let outbound = Arc::new(Alike { body: "x".repeat(100), ..Alike::default() });
        let mut counted = state(limits, outbound.clone());
        assert!(counted.exchange(get("https://a.example/")).is_ok());
        assert_eq!(counted.exchange(get("https://a.example/")), Err(HttpFailure::Limit("bytes".to_owned())));
        let mut counted = state(Limits { http_bytes: 10_000, ..limits }, outbound);
        let answers: Vec<_> = (0..4).map(|_| counted.exchange(get("https://a.example/"))).collect();
        assert!(answers[..3].iter().all(Result::is_ok));
        assert_eq!(answers[3], Err(HttpFailure::Limit("calls".to_owned())));
    }

    #[test]
    fn no_time_is_no_request() {
        let outbound = Arc::new(Alike::default());
        let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
        let mut late = state(limits, outbound.clone());
        assert_eq!(late.exchange(get("https://a.example/")), Err(HttpFailure::Timeout));
        assert!(outbound.asked.lock().expect("no panic").is_empty());
        // It is late again when the call is made again, though there is time.
        let recorded = std::mem::take(&mut late.exchanges).into_recorded();
        let mut again = state(Limits::default(), Arc::new(Recorded::of(recorded)));
        assert_eq!(again.exchange(get("https://a.example/")), Err(HttpFailure::Timeout));
    }

    #[test]
    fn a_recording_has_no_secret_and_no_header_of_a_request_and_answers_the_same_again() {
        let echo = Arc::new(Alike { body: "you sent s3cret-value".to_owned(), ..Alike::default() });
        let ask = || HttpRequest {
            headers: vec![("authorization".to_owned(), "Bearer of-the-header".to_owned())],
            body: b"key=s3cret-value".to_vec(),
            ..get("https://a.example/?key=s3cret-value")
        };
        let mut live = state(Limits::default(), echo.clone());
        let answer = live.exchange(ask()).expect("granted");
        assert_eq!(answer.body.as_bytes(), b"you sent s3cret-value", "the guest knows it");
        assert_eq!(*echo.asked.lock().expect("no panic"), ["https://a.example/?key=s3cret-value"]);
        let recorded = std::mem::take(&mut live.exchanges).into_recorded();
        let text = serde_json::to_string(&recorded).expect("JSON");
        assert!(!text.contains("s3cret") && !text.contains("of-the-header"), "{text}");

        let mut again = state(Limits::default(), Arc::new(Recorded::of(recorded.clone())));
        assert_eq!(again.exchange(ask()).expect("recorded").body.as_bytes(), b"you sent {secret:key}");
        assert_eq!(again.exchange(get("https://a.example/other")), Err(HttpFailure::not_recorded()));
        let replayed = std::mem::take(&mut again.exchanges).into_recorded();
        assert_eq!(replayed[0], recorded[0]);
    }

    #[test]
    fn past_its_limit_a_recording_keeps_that_there_was_an_answer() {
        let outbound = Arc::new(Alike { body: "x".repeat(MAX_RECORDED - 1), ..Alike::default() });
        let mut state = state(Limits::default(), outbound);
        for _ in 0..2 {
            assert!(state.exchange(get("https://a.example/")).is_ok());
        }
        let recorded = std::mem::take(&mut state.exchanges).into_recorded();
        assert_eq!((recorded.len(), &recorded[1].outcome), (2, &Outcome::NotKept));
    }
}
