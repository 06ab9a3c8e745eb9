//! Asking an address whether anything answers there: `GET`, without credentials, and nothing of the body is read.
//!
//! Invariants: an address that only this machine's own infrastructure may ask ([`egress`]) is never connected to, whatever name
//! stands for it. A redirect is an answer, and is not followed. A probe ends within [`PROBE_WITHIN`], and at most [`AT_ONCE`] run at once.

use crate::egress::{self, Egress, Refused};
use anyhow::Context as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::Url;

/// How long a probe may take, from the name to the head of the answer.
pub const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// How many probes run at once, of all workspaces.
pub const AT_ONCE: usize = 16;

/// What a probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The status of the answer; `None`: none came.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// Why no answer came.
    pub failure: Option<String>,
}

impl Probed {
    /// Whether something is there that could serve calls: any answer but a server's failure. Being asked for credentials is
    /// an answer.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.status.is_some_and(|status| status < 500)
    }
}

/// Why an address was not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It belongs to the infrastructure.
    #[error("{0} is a link-local, metadata or multicast address, which is not asked")]
    Refused(IpAddr),
    /// Too many run already.
    #[error("{AT_ONCE} probes are running already")]
    Busy,
}

impl From<Refused> for ProbeError {
    fn from(Refused(address): Refused) -> Self {
        Self::Refused(address)
    }
}

/// Runs probes.
pub struct Probes {
    client: reqwest::Client,
    places: Semaphore,
    egress: Egress,
}

impl Probes {
    /// Probes of any address that is not refused.
    pub fn start() -> anyhow::Result<Self> {
        Self::through(Egress::new(&[]))
    }

    fn through(egress: Egress) -> anyhow::Result<Self> {
        let client = egress
            .client()
            .pool_max_idle_per_host(0)
            .timeout(PROBE_WITHIN)
            .user_agent("windlass-probe")
            .build()
            .context("make the client of probes")?;
        Ok(Self { client, places: Semaphore::new(AT_ONCE), egress })
    }

    /// Asks `url`, which is http or https.
    pub async fn probe(&self, url: &Url) -> Result<Probed, ProbeError> {
        self.egress.check(url)?;
        let _place = self.places.try_acquire().map_err(|_| ProbeError::Busy)?;
        let started = Instant::now();
        let answer = self.client.get(url.clone()).send().await;
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) => Ok(Probed { status: Some(answer.status().as_u16()), latency_ms, failure: None }),
            Err(error) => match egress::refusal(&error) {
                Some(refused) => Err(refused.into()),
                None => Ok(Probed { status: None, latency_ms, failure: Some(reason(&error)) }),
            },
        }
    }
}

/// Why no answer came.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() { format!("no answer within {} s", PROBE_WITHIN.as_secs()) } else { egress::reason(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::is_refused;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn probes(refused: fn(IpAddr) -> bool) -> Probes {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Probes::through(Egress::refusing(refused)).expect("a client")
    }

    /// A server on a free port that answers every connection with `head`, and counts nothing.
    async fn server(head: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.read(&mut [0; 1024]).await;
                let _ = connection.write_all(head.as_bytes()).await;
            }
        });
        port
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[tokio::test]
    async fn an_address_is_refused_however_it_is_written_and_a_name_by_what_it_resolves_to() {
        let probes = probes(is_refused);
        let metadata = ProbeError::Refused("169.254.169.254".parse().expect("an address"));
        for text in
            ["http://169.254.169.254/", "http://2852039166/", "http://0xa9.0xfe.0xa9.0xfe/", "http://169.254.43518/"]
        {
            assert_eq!(probes.probe(&url(text)).await, Err(metadata.clone()), "{text}");
        }
        assert!(matches!(probes.probe(&url("http://[fe80::1]/")).await, Err(ProbeError::Refused(_))));

        let port = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
        let by_name = url(&format!("http://localhost:{port}/"));
        assert!(probes.probe(&by_name).await.expect("asked").is_reachable());
        let strict = self::probes(|address| address.is_loopback());
        assert!(matches!(strict.probe(&by_name).await, Err(ProbeError::Refused(_))));
    }

    #[tokio::test]
    async fn any_answer_but_a_servers_failure_is_reachable_and_redirects_are_not_followed() {
        let probes = probes(is_refused);
        for (status, reachable) in
            [(200, true), (401, true), (403, true), (404, true), (302, true), (500, false), (503, false)]
        {
            let head = format!("HTTP/1.1 {status} X\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n");
            let port = server(head).await;
            let seen = probes.probe(&url(&format!("http://127.0.0.1:{port}/"))).await.expect("asked");
            assert_eq!((seen.status, seen.is_reachable()), (Some(status), reachable), "{seen:?}");
        }
    }

    #[tokio::test]
    async fn where_nothing_answers_there_is_a_reason_and_no_status() {
        let probes = probes(is_refused);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        for text in [format!("http://127.0.0.1:{port}/"), "http://no-such-host.invalid/".to_owned()] {
            let seen = probes.probe(&url(&text)).await.expect("asked");
            assert_eq!((seen.status, seen.is_reachable()), (None, false), "{text}");
            assert!(seen.failure.is_some_and(|reason| !reason.is_empty()), "{text}");
        }
    }

    #[tokio::test]
    async fn more_probes_than_places_are_told_to_wait() {
        let probes = probes(is_refused);
        let _all = probes.places.try_acquire_many(u32::try_from(AT_ONCE).expect("small")).expect("free");
        assert_eq!(probes.probe(&url("http://127.0.0.1:9/")).await, Err(ProbeError::Busy));
    }
}
