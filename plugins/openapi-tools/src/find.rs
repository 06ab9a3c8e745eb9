//! Where a tool's OpenAPI document is: at the URL of the settings, or at one of the usual places.

use windlass_plugin_sdk::{Http, HttpError, HttpRequest, HttpResponse};

/// Below a tool's base URL, and below its origin. The first is what most frameworks serve, then Swagger 2, the place of
/// RFC 8615, and Spring.
const PLACES: [&str; 4] = ["/openapi.json", "/swagger.json", "/.well-known/openapi.json", "/v3/api-docs"];
/// The most redirects that are followed for one place; each is a request of its own, so its host must be granted too.
const MAX_REDIRECTS: usize = 5;
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Why there is no document.
#[derive(Debug, PartialEq)]
pub enum Missing {
    /// The host is not granted: nobody wants this plugin to look.
    NotGranted,
    /// None is at any of the places.
    Nowhere,
    /// What stood in the way at a URL.
    Failed {
        /// The URL.
        url: String,
        /// What.
        why: String,
    },
}

/// The places to look at, in order.
pub fn places(base_url: &str) -> Vec<String> {
    let base = base_url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let mut places: Vec<String> = PLACES.iter().map(|place| format!("{base}{place}")).collect();
    places.extend(PLACES.iter().map(|place| format!("{}{place}", origin(base))).filter(|_| origin(base) != base));
    places
}

/// The first of `places` where something is, with its own URL. What stands in the way at one place does so at all: they are
/// at one host.
pub fn find(http: &dyn Http, places: &[String]) -> Result<(String, Vec<u8>), Missing> {
    for place in places {
        let (url, answer) = follow(http, place)?;
        match answer.status {
            200 => return Ok((url, answer.body)),
            400..=499 => {}
            status => return Err(Missing::Failed { url, why: format!("it answers with the status {status}") }),
        }
    }
    Err(Missing::Nowhere)
}

fn follow(http: &dyn Http, place: &str) -> Result<(String, HttpResponse), Missing> {
    let mut url = place.to_owned();
    for hop in 0..=MAX_REDIRECTS {
        let answer = http.send(&HttpRequest::get(&url).header("accept", "application/json")).map_err(|error| {
            // A redirect to where nobody granted anything is worth a word.
            if error == HttpError::NotGranted && hop == 0 { Missing::NotGranted } else { failed(&url, &error) }
        })?;
        let location = answer.header("location").filter(|_| REDIRECTS.contains(&answer.status));
        match location.map(|location| resolve(&url, location)) {
            Some(next) => url = next,
            None => return Ok((url, answer)),
        }
    }
    Err(Missing::Failed { url, why: "it redirects too often".to_owned() })
}

fn failed(url: &str, error: &HttpError) -> Missing {
    let why = match error {
        HttpError::NotGranted => "its host is not granted".to_owned(),
        HttpError::RefusedAddress => "its address is inside, and not granted".to_owned(),
        HttpError::InvalidRequest(what) => format!("it cannot be asked for: {what}"),
        HttpError::Limit(what) => format!("the limit of {what} is reached"),
        HttpError::Timeout => "no answer came in time".to_owned(),
        HttpError::Failed(why) => format!("no answer came: {why}"),
        HttpError::Other(code) => format!("no answer came: {code}"),
    };
    Missing::Failed { url: url.to_owned(), why }
}

/// Scheme, host and port of an absolute URL.
pub fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
    &url[..end]
}

/// A reference as seen from a URL (RFC 3986, section 5.2, without dots in paths).
pub fn resolve(from: &str, to: &str) -> String {
    if to.contains("://") {
        return to.to_owned();
    }
    if to.starts_with("//") {
        return format!("{}:{to}", from.split(':').next().unwrap_or_default());
    }
    let origin = origin(from);
    if to.starts_with('/') {
        return format!("{origin}{to}");
    }
    let path = from.split(['?', '#']).next().unwrap_or_default();
    let folder = path[origin.len()..].rfind('/').map_or(path.len(), |at| origin.len() + at);
    format!("{}/{to}", &path[..folder])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn redirect(to: &str) -> HttpResponse {
        HttpResponse { headers: vec![("location".to_owned(), to.to_owned())], ..HttpResponse::of(302, "") }
    }

    fn web<const N: usize>(pages: [(&str, HttpResponse); N]) -> BTreeMap<String, HttpResponse> {
        pages.map(|(url, page)| (url.to_owned(), page)).into()
    }

    #[test]
    fn documents_are_looked_for_below_the_base_and_below_the_origin() {
        assert_eq!(places("https://a.example/v1/").len(), 8);
        assert_eq!(
            places("https://a.example/v1/?x")[..2],
            ["https://a.example/v1/openapi.json", "https://a.example/v1/swagger.json"]
        );
        assert_eq!(places("https://a.example/v1")[4], "https://a.example/openapi.json");
        assert_eq!(places("https://a.example/").len(), 4);
    }

    #[test]
    fn the_first_place_that_has_something_counts_and_redirects_are_followed() {
        let web = web([
            ("https://a.example/openapi.json", HttpResponse::of(404, "")),
            ("https://a.example/swagger.json", redirect("docs/spec.json")),
            ("https://a.example/docs/spec.json", redirect("//b.example/spec.json")),
            ("https://b.example/spec.json", HttpResponse::of(200, "{}")),
        ]);
        let found = find(&web, &places("https://a.example"));
        assert_eq!(found, Ok(("https://b.example/spec.json".to_owned(), b"{}".to_vec())));
    }

    #[test]
    fn what_stands_in_the_way_is_told_apart() {
        let at = |pages| find(&pages, &places("https://a.example"));
        assert_eq!(at(BTreeMap::new()), Err(Missing::NotGranted));
        let nothing = PLACES.map(|place| (format!("https://a.example{place}"), HttpResponse::of(404, "")));
        assert_eq!(at(nothing.into()), Err(Missing::Nowhere));
        let why = |page| match at(web([("https://a.example/openapi.json", page)])) {
            Err(Missing::Failed { url, why }) => format!("{url}: {why}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(why(redirect("http://169.254.169.254/")), "http://169.254.169.254/: its host is not granted");
        assert_eq!(why(redirect("/openapi.json")), "https://a.example/openapi.json: it redirects too often");
        assert_eq!(why(HttpResponse::of(500, "")), "https://a.example/openapi.json: it answers with the status 500");
    }

    #[test]
    fn references_are_resolved() {
        for (from, to, url) in [
            ("https://a.example/x/y?z", "w", "https://a.example/x/w"),
            ("https://a.example", "w", "https://a.example/w"),
            ("https://a.example/x/y", "/w", "https://a.example/w"),
            ("http://a.example:81/x", "//b.example/w", "http://b.example/w"),
            ("https://a.example/x", "http://b.example/", "http://b.example/"),
        ] {
            assert_eq!(resolve(from, to), url, "{from} {to}");
        }
    }
}
