//! The parts of a tool's URL. The host has checked that it is an absolute http(s) URL; other text gives empty parts.

/// Scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `HTTP` or `HTTPS`.
    pub scheme: &'static str,
    /// In lower case, without brackets.
    pub host: String,
    /// As written, else the scheme's own.
    pub port: u16,
}

impl Address {
    /// Cuts `url`.
    pub fn parse(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (scheme, default_port) = if scheme.eq_ignore_ascii_case("http") { ("HTTP", 80) } else { ("HTTPS", 443) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = port.and_then(|port| port.parse().ok()).unwrap_or(default_port);
        Self { scheme, host: host.trim_end_matches('.').to_ascii_lowercase(), port }
    }

    /// `Internal` for a host inside the cluster or a private network, else `External`.
    pub fn topology(&self) -> &'static str {
        let host = self.host.as_str();
        let is_name = [".svc", ".local", ".internal", ".lan"].iter().any(|end| host.ends_with(end))
            || !host.contains(['.', ':'])
            || host == "localhost";
        let is_private = host.parse::<std::net::IpAddr>().is_ok_and(is_private);
        if is_name || is_private { "Internal" } else { "External" }
    }
}

fn is_private(address: std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
        std::net::IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_default_to_those_of_the_scheme() {
        let parts = |url| {
            let address = Address::parse(url);
            (address.scheme, address.host, address.port)
        };
        assert_eq!(parts("https://API.stripe.com/v1"), ("HTTPS", "api.stripe.com".into(), 443));
        assert_eq!(parts("http://echo:8080?x"), ("HTTP", "echo".into(), 8080));
        assert_eq!(parts("http://[fd00::1]:81/"), ("HTTP", "fd00::1".into(), 81));
    }

    #[test]
    fn private_hosts_are_internal_and_others_are_not() {
        for url in [
            "http://echo",
            "http://a.tools.svc",
            "http://a.svc.cluster.local",
            "http://10.1.2.3",
            "http://127.0.0.1:1",
            "http://[::1]",
        ] {
            assert_eq!(Address::parse(url).topology(), "Internal", "{url}");
        }
        for url in ["https://api.stripe.com", "https://8.8.8.8", "https://[2001:db8::1]", "https://svc.example.com"] {
            assert_eq!(Address::parse(url).topology(), "External", "{url}");
        }
    }
}
