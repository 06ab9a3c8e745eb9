//! Asking an address whether anything answers there: `GET`, without credentials, and nothing of the body is read.
//!
//! Invariants: an address that only this machine's own infrastructure may ask ([`is_refused`]) is never connected to, whatever
//! name stands for it: names are resolved here, and what is connected to is what was judged. A redirect is an answer, and is
//! not followed. A probe ends within [`PROBE_WITHIN`], and at most [`AT_ONCE`] run at once.

use anyhow::Context as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::{Host, Url};

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

/// Runs probes.
pub struct Probes {
    client: reqwest::Client,
    places: Semaphore,
    refused: fn(IpAddr) -> bool,
}

impl Probes {
    /// Probes of any address that is not refused.
    pub fn start() -> anyhow::Result<Self> {
        Self::refusing(is_refused)
    }

    fn refusing(refused: fn(IpAddr) -> bool) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(Judge(refused)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PROBE_WITHIN)
            .user_agent("windlass-probe")
            .build()
            .context("make the client of probes")?;
        Ok(Self { client, places: Semaphore::new(AT_ONCE), refused })
    }

    /// Asks `url`, which is http or https.
    pub async fn probe(&self, url: &Url) -> Result<Probed, ProbeError> {
        if let Some(address) = literal(url).filter(|address| (self.refused)(*address)) {
            return Err(ProbeError::Refused(address));
        }
        let _place = self.places.try_acquire().map_err(|_| ProbeError::Busy)?;
        let started = Instant::now();
        let answer = self.client.get(url.clone()).send().await;
        let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) => Ok(Probed { status: Some(answer.status().as_u16()), latency_ms, failure: None }),
            Err(error) => match refusal(&error) {
                Some(refused) => Err(refused),
                None => Ok(Probed { status: None, latency_ms, failure: Some(reason(&error)) }),
            },
        }
    }
}

/// The host of a URL where it is an address; those are not resolved.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Resolves names, and refuses one of whose addresses any is refused.
struct Judge(fn(IpAddr) -> bool);

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let refused = self.0;
        Box::pin(async move {
            // The port is put in by the client.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            match found.iter().map(SocketAddr::ip).find(|address| refused(*address)) {
                Some(address) => Err(ProbeError::Refused(address).into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

/// The refusal among the causes of an error.
fn refusal(error: &reqwest::Error) -> Option<ProbeError> {
    causes(error).find_map(|cause| cause.downcast_ref::<ProbeError>()).cloned()
}

/// The innermost cause: the outer ones only say that a request failed.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PROBE_WITHIN.as_secs());
    }
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// Addresses that are never asked: they are nobody's service, or they hand out the machine's own credentials.
pub(crate) fn is_refused(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_refused_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| is_refused_v6(address), is_refused_v4),
    }
}

/// Metadata services outside of the link-local range: of Alibaba Cloud, and of Azure's wire server.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
/// The metadata service of EC2 over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Link-local addresses hold the metadata service of most clouds (169.254.169.254); 0.0.0.0/8 is this host by another name.
fn is_refused_v4(address: Ipv4Addr) -> bool {
    address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.octets()[0] == 0
        || METADATA_V4.contains(&address)
}

fn is_refused_v6(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() || address.is_multicast() || address.is_unspecified() || address == METADATA_V6
}

/// The IPv4 address inside of an IPv6 one: mapped (RFC 4291), of NAT64 (RFC 6052) or of 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn probes(refused: fn(IpAddr) -> bool) -> Probes {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Probes::refusing(refused).expect("a client")
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

    #[test]
    fn what_hands_out_credentials_or_is_nobodys_is_refused_in_every_spelling() {
        for refused in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "::",
            "ff02::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(is_refused(refused.parse().expect(refused)), "{refused}");
        }
        for allowed in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "::1", "fd00::1", "2606:2800::1"] {
            assert!(!is_refused(allowed.parse().expect(allowed)), "{allowed}");
        }
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
