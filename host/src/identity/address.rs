//! Domains of e-mail addresses, in one spelling.

use url::Host;

/// A domain in lower case and ASCII (IDNA), as two spellings of one are compared; `None` where it is none.
#[must_use]
pub fn normal_domain(text: &str) -> Option<String> {
    // `Host` also reads addresses, percent-encoding and a root's dot.
    let is_plain = !text.contains(['%', '*', '[']) && !text.ends_with('.');
    match Host::parse(text).ok().filter(|_| is_plain)? {
        Host::Domain(domain) => Some(domain),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// The domain of an e-mail address, normal; `None` where the text is none, or could be read as two.
pub(super) fn domain_of(address: &str) -> Option<String> {
    let (user, domain) = address.split_once('@')?;
    normal_domain(domain).filter(|_| !user.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        for (text, normal) in [
            ("example.com", Some("example.com")),
            ("EXAMPLE.Com", Some("example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", Some("localhost")),
            ("", None),
            ("*.example.com", None),
            ("exam%70le.com", None),
            ("example.com.", None),
            ("@example.com", None),
            ("a b", None),
            ("example.com/x", None),
            ("10.0.0.1", None),
            ("[::1]", None),
        ] {
            assert_eq!(normal_domain(text).as_deref(), normal, "{text}");
        }
    }

    #[test]
    fn what_could_be_read_as_two_addresses_is_none() {
        assert_eq!(domain_of("ada@Example.com").as_deref(), Some("example.com"));
        for text in ["ada", "@example.com", "ada@", "ada@evil.example@example.com", "ada@example.com, eve@evil.example"]
        {
            assert_eq!(domain_of(text), None, "{text}");
        }
    }
}
