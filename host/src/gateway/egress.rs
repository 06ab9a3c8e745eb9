//! Where calls of agents may go: not to what only the machine's own infrastructure may ask.
//!
//! Names are resolved here, and what is connected to is what was judged: a name that answers differently the second time
//! gains nothing.

use crate::probe::{is_refused, literal};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::Url;

/// An address that is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is a link-local, metadata or multicast address")]
pub struct Refused(pub IpAddr);

/// The judge of addresses.
#[derive(Debug, Clone)]
pub struct Egress {
    granted: Arc<[IpAddr]>,
}

impl Egress {
    /// Lets pass what is not refused by its nature, and what is `granted`.
    #[must_use]
    pub fn new(granted: &[IpAddr]) -> Self {
        Self { granted: granted.into() }
    }

    /// Judges a URL whose host is an address; names are judged when they are resolved.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        literal(url).map_or(Ok(()), |address| self.judge(address))
    }

    fn judge(&self, address: IpAddr) -> Result<(), Refused> {
        if is_refused(address) && !self.granted.contains(&address) { Err(Refused(address)) } else { Ok(()) }
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
pub(super) fn refusal(error: &reqwest::Error) -> Option<Refused> {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.find_map(|cause| cause.downcast_ref::<Refused>()).copied()
}

/// Why a call failed, without its URL: the innermost cause, since the outer ones name it or say only that a request failed.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.last().map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        let name = |text: &str| text.parse::<Name>().expect("a name");
        assert!(Egress::new(&[]).resolve(name("localhost")).await.is_ok());
        // The C library reads an address in any spelling as a name, as other clients would.
        assert!(Egress::new(&[]).resolve(name("0xa9fea9fe")).await.is_err());
    }
}
