//! Where calls that others ask for may go, of agents and of probes: not to what only the machine's own infrastructure may ask.
//!
//! Names are resolved here, and what is connected to is what was judged: a name that answers differently the second time
//! gains nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};
use windlass_domain::grant::Network;

/// An address that is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is a link-local, metadata or multicast address")]
pub struct Refused(pub IpAddr);

/// The judge of addresses.
#[derive(Debug, Clone)]
pub struct Egress {
    refuses: fn(IpAddr) -> bool,
    granted: Arc<[Network]>,
}

impl Egress {
    /// Lets pass what is not refused by its nature, and what is `granted`.
    #[must_use]
    pub fn new(granted: &[IpAddr]) -> Self {
        Self { granted: granted.iter().copied().map(Network::from).collect(), ..Self::refusing(is_refused) }
    }

    /// Lets pass what anybody on the internet may ask, and what is `granted`.
    #[must_use]
    pub fn to_public(granted: &[Network]) -> Self {
        Self { granted: granted.into(), ..Self::refusing(|address| is_refused(address) || is_inside(address)) }
    }

    /// Refuses what `refuses` says, and grants nothing.
    pub(crate) fn refusing(refuses: fn(IpAddr) -> bool) -> Self {
        Self { refuses, granted: Arc::new([]) }
    }

    /// Judges a URL whose host is an address; names are judged when they are resolved.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        literal(url).map_or(Ok(()), |address| self.judge(address))
    }

    /// What each client of such calls is made from: names are resolved by this judge, also where a proxy would do it, and a
    /// redirect, which would carry credentials to where nobody registered them, is an answer.
    pub fn client(&self) -> reqwest::ClientBuilder {
        // Another part of the process may have chosen already; any choice will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .dns_resolver(self.clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("windlass")
    }

    fn judge(&self, address: IpAddr) -> Result<(), Refused> {
        let is_granted = || self.granted.iter().any(|network| network.contains(address));
        if (self.refuses)(address) && !is_granted() { Err(Refused(address)) } else { Ok(()) }
    }
}

impl Resolve for Egress {
    fn resolve(&self, name: Name) -> Resolving {
        let judge = self.clone();
        Box::pin(async move {
            // The port is put in by the client.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &found {
                judge.judge(address.ip())?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The refusal among the causes of a failed call.
pub(crate) fn refusal(error: &reqwest::Error) -> Option<Refused> {
    causes(error).find_map(|cause| cause.downcast_ref::<Refused>()).copied()
}

/// The whole body of an answer; `None` where it has more than `most` bytes, of which no more than that is read.
pub(crate) async fn read(answer: &mut reqwest::Response, most: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Why a call failed, without its URL: the innermost cause, since the outer ones name it or say only that a request failed.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// The host of a URL where it is an address; those are not resolved.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Addresses that are never asked: they are nobody's service, or they hand out the machine's own credentials.
pub(crate) fn is_refused(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_refused_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| is_refused_v6(address), is_refused_v4),
    }
}

/// Addresses inside of this machine and the networks around it, and those that are nobody's (IANA's registries of
/// special-purpose addresses, RFC 6890).
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| is_inside_v6(address), is_inside_v4),
    }
}

fn is_inside_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_documentation()
        // Shared by carriers (RFC 6598), of protocols (RFC 6890), of benchmarks (RFC 2544), reserved (RFC 1112).
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240
}

/// Only `2000::/3` is given out (RFC 4291, section 2.4); in it Teredo (RFC 4380), ORCHID (RFC 7343) and documentation
/// (RFC 3849) are nobody's.
fn is_inside_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_special = first == 0x2001 && (second < 0x200 || second == 0xdb8);
    first & 0xe000 != 0x2000 || is_special
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

    #[test]
    fn metadata_services_are_refused_in_every_spelling_unless_they_are_granted() {
        let metadata: IpAddr = "169.254.169.254".parse().expect("an address");
        let (strict, lenient) = (Egress::new(&[]), Egress::new(&[metadata]));
        for text in ["http://169.254.169.254/latest", "http://2852039166/"] {
            let url = Url::parse(text).expect("a URL");
            assert_eq!(strict.check(&url), Err(Refused(metadata)), "{text}");
            assert_eq!(lenient.check(&url), Ok(()), "{text}");
        }
        let other = Url::parse("http://[fe80::1]/").expect("a URL");
        assert!(lenient.check(&other).is_err());
        assert_eq!(strict.check(&Url::parse("http://127.0.0.1:9/").expect("a URL")), Ok(()));
    }

    #[test]
    fn only_what_is_public_or_granted_is_reached_by_those_who_may_reach_the_public() {
        let granted = ["10.1.0.0/16", "fd00::1"].map(|text| text.parse().expect(text));
        let public = Egress::to_public(&granted);
        for refused in [
            "127.0.0.1",
            "127.1.2.3",
            "10.2.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.0.8",
            "198.19.0.1",
            "203.0.113.1",
            "240.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.2.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "fc00::1",
            "fd00::2",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(public.judge(refused.parse().expect(refused)).is_err(), "{refused}");
        }
        for reached in [
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "2606:2800::1",
            "2001:4860::1",
            "10.1.2.3",
            "::ffff:10.1.2.3",
            "fd00::1",
        ] {
            assert_eq!(public.judge(reached.parse().expect(reached)), Ok(()), "{reached}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        let name = |text: &str| text.parse::<Name>().expect("a name");
        assert!(Egress::new(&[]).resolve(name("localhost")).await.is_ok());
        // The C library reads an address in any spelling as a name, as other clients would.
        assert!(Egress::new(&[]).resolve(name("0xa9fea9fe")).await.is_err());
    }
}
