//! What a plugin may reach: patterns of hosts, and networks of addresses, each checked once.

use crate::binding::Grants;
use crate::{Invalid, ResourceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use url::{Host, Url};

/// The most entries of each list of [`Grants`], and of what a plugin asks for.
pub const MAX_GRANTS: usize = 64;
/// The longest host name, in bytes (RFC 1035, section 3.1).
const MAX_HOST: usize = 253;

/// Hosts: `api.example.com`, `*.example.com` (what is below it), `*` (any), `10.1.2.3`, `[fd00::1]`; each on its scheme's own
/// port, on `:port`, or on any (`:*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct HostPattern {
    name: HostName,
    port: Port,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostName {
    Any,
    /// With the dot before it.
    Below(String),
    Exactly(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    OfScheme,
    Any,
    Only(u16),
}

impl HostPattern {
    /// Whether a URL's host and port are among these.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host = host.trim_end_matches('.');
        let is_named = match &self.name {
            HostName::Any => true,
            HostName::Below(suffix) => {
                matches!(url.host(), Some(Host::Domain(_)))
                    && host.len() > suffix.len()
                    && host.ends_with(suffix.as_str())
            }
            HostName::Exactly(name) => host == name,
        };
        // A URL keeps no port that is its scheme's own.
        let is_at_port = match self.port {
            Port::OfScheme => url.port().is_none(),
            Port::Any => true,
            Port::Only(port) => url.port_or_known_default() == Some(port),
        };
        is_named && is_at_port
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{}` is no host", text.escape_debug());
        let (name, port) = match text.rsplit_once(':') {
            // The colons of an address in brackets are its own.
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None => Port::OfScheme,
            Some("*") => Port::Any,
            Some(port) => Port::Only(port.parse().ok().filter(|port| *port > 0).ok_or_else(refuse)?),
        };
        let name = match name.strip_prefix("*.") {
            _ if name == "*" => HostName::Any,
            Some(suffix) => HostName::Below(format!(".{}", domain(suffix).ok_or_else(refuse)?)),
            None => HostName::Exactly(host(name).ok_or_else(refuse)?),
        };
        Ok(Self { name, port })
    }
}

/// A host as URLs write it: in lower case, an address in its one form.
fn host(text: &str) -> Option<String> {
    Some(text).filter(|text| text.len() <= MAX_HOST && !text.contains('*'))?;
    Host::parse(text).ok().map(|host| host.to_string()).filter(|host| !host.ends_with('.'))
}

fn domain(text: &str) -> Option<String> {
    let is_domain = |host: &String| matches!(Host::parse(host), Ok(Host::Domain(_)));
    host(text).filter(is_domain)
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            HostName::Any => f.write_str("*")?,
            HostName::Below(suffix) => write!(f, "*{suffix}")?,
            HostName::Exactly(name) => f.write_str(name)?,
        }
        match self.port {
            Port::OfScheme => Ok(()),
            Port::Any => f.write_str(":*"),
            Port::Only(port) => write!(f, ":{port}"),
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

/// An address (`10.1.2.3`), or a network of them (`10.1.0.0/16`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address is in it; an IPv4 address that is written as an IPv6 one (RFC 4291, section 2.5.5.2) is the same.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same_prefix(own.to_bits().into(), other.to_bits().into(), 32 - self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same_prefix(own.to_bits(), other.to_bits(), 128 - self.prefix),
            _ => false,
        }
    }
}

/// Whether two addresses differ in no more than their last `rest` bits.
fn same_prefix(a: u128, b: u128, rest: u8) -> bool {
    (a ^ b).checked_shr(rest.into()).unwrap_or(0) == 0
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{}` is neither an address nor a network", text.escape_debug());
        let Some((address, prefix)) = text.split_once('/') else {
            return text.parse::<IpAddr>().map(Self::from).map_err(|_| refuse());
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(refuse)?;
        Ok(Self { address, prefix })
    }
}

impl Grants {
    /// Checks each entry; the refusal names it, e.g. `grants.hosts[0]`.
    pub fn check(&self) -> Result<(), Invalid> {
        each("grants.hosts", &self.hosts, "`api.example.com`, `*.example.com` or `api.example.com:8443`", |text| {
            text.parse::<HostPattern>().map(drop)
        })?;
        each("grants.addresses", &self.addresses, "`10.1.2.3` or `10.1.0.0/16`", |text| {
            text.parse::<Network>().map(drop)
        })?;
        each("grants.secrets", &self.secrets, "the name of a secret, such as `billing-key`", |text| {
            ResourceName::parse("name", text).map(drop).map_err(|invalid| invalid.message)
        })
    }

    /// The hosts that can be read as such.
    #[must_use]
    pub fn host_patterns(&self) -> Vec<HostPattern> {
        self.hosts.iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// The networks that can be read as such.
    #[must_use]
    pub fn networks(&self) -> Vec<Network> {
        self.addresses.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

fn each(
    field: &str,
    entries: &[String],
    example: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<(), Invalid> {
    if entries.len() > MAX_GRANTS {
        let message = format!("there are {} entries, more than the {MAX_GRANTS} that are kept", entries.len());
        return Err(Invalid::new("too_many_grants", field, message, "leave out what the plugin does not need"));
    }
    for (index, entry) in entries.iter().enumerate() {
        let refuse =
            |message| Invalid::new("invalid_grant", format!("{field}[{index}]"), message, format!("write {example}"));
        check(entry).map_err(refuse)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, url: &str) -> bool {
        let pattern: HostPattern = pattern.parse().expect(pattern);
        pattern.covers(&Url::parse(url).expect(url))
    }

    #[test]
    fn a_host_is_granted_by_its_name_and_port_and_nothing_beside_it() {
        for (pattern, url) in [
            ("api.example.com", "https://api.example.com/v1"),
            ("API.example.com", "http://api.EXAMPLE.com:80/"),
            ("api.example.com", "https://api.example.com./"),
            ("api.example.com:8443", "https://api.example.com:8443/"),
            ("api.example.com:443", "https://api.example.com/"),
            ("*.example.com", "https://a.b.example.com/"),
            ("*", "https://anything.example/"),
            ("*:*", "http://127.0.0.1:9/"),
            ("127.0.0.1:*", "http://2130706433:81/"),
            ("[::1]:81", "http://[0:0:0:0:0:0:0:1]:81/"),
            ("bücher.example", "https://xn--bcher-kva.example/"),
        ] {
            assert!(covers(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("api.example.com", "https://api.example.com:8443/"),
            ("api.example.com", "https://evil.example.com/?api.example.com"),
            ("api.example.com", "https://api.example.com.evil.com/"),
            ("api.example.com", "https://api.example.com@evil.com/"),
            ("*.example.com", "https://example.com/"),
            ("*.example.com", "https://evilexample.com/"),
            ("*", "https://anything.example:8443/"),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]/"),
        ] {
            assert!(!covers(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn a_pattern_reads_as_it_is_written_and_what_is_none_is_refused() {
        for text in ["*", "*:*", "*.example.com:8443", "api.example.com", "10.0.0.1:81", "[fd00::1]:*"] {
            assert_eq!(text.parse::<HostPattern>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "a b",
            "a.*.com",
            "*example.com",
            "*.10.0.0.1",
            "a:0",
            "a:99999",
            "http://a",
            "a/b",
            "::1",
            ":80",
            "*.",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_in_every_spelling() {
        let is_in = |address: &str, network: &str| {
            network.parse::<Network>().expect(network).contains(address.parse().expect(address))
        };
        assert!(
            is_in("10.1.255.2", "10.1.0.0/16") && is_in("::ffff:10.1.2.3", "10.1.2.3") && is_in("1.2.3.4", "0.0.0.0/0")
        );
        assert!(is_in("fd00::5", "fd00::/64") && is_in("::1", "::/0"));
        assert!(!is_in("10.2.0.1", "10.1.0.0/16") && !is_in("10.1.2.4", "10.1.2.3") && !is_in("::1", "0.0.0.0/0"));
        for text in ["", "10.0.0.0/33", "::/129", "example.com", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn grants_are_refused_with_the_entry_that_is_wrong() {
        let good = Grants {
            hosts: vec!["api.example.com".into()],
            addresses: vec!["10.0.0.0/8".into()],
            secrets: vec!["billing-key".into()],
        };
        assert_eq!(good.check(), Ok(()));
        let field = |grants: Grants| grants.check().expect_err("refused").field;
        assert_eq!(field(Grants { hosts: vec!["a".into(), "a b".into()], ..good.clone() }), "grants.hosts[1]");
        assert_eq!(field(Grants { addresses: vec!["localhost".into()], ..good.clone() }), "grants.addresses[0]");
        assert_eq!(field(Grants { secrets: vec!["A B".into()], ..good.clone() }), "grants.secrets[0]");
        assert_eq!(field(Grants { hosts: vec!["a".into(); MAX_GRANTS + 1], ..good }), "grants.hosts");
    }
}
