//! The network of plugins: requests that their bindings grant, to addresses that are nobody's inside.
//!
//! Invariant: what is connected to is what was judged ([`Egress`]); a redirect is an answer.

use crate::egress::{self, Egress};
use anyhow::Context as _;
use std::time::Duration;
use tokio::runtime::Handle;
use windlass_domain::exchange::{HttpAnswer, HttpFailure};
use windlass_domain::grant::Network;
use windlass_plugin::{Outbound, Outgoing};

/// How long a connection may take to be made, of the time that the call has.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Sends what one binding grants.
pub struct PluginNetwork {
    client: reqwest::Client,
    egress: Egress,
    runtime: Handle,
}

impl PluginNetwork {
    /// Reaches what is public, and of the rest the `granted` addresses. Must be called within a runtime, which requests are then
    /// sent on.
    pub fn start(granted: &[Network]) -> anyhow::Result<Self> {
        let egress = Egress::to_public(granted);
        let client = egress
            .client()
            .connect_timeout(CONNECT_WITHIN)
            .pool_max_idle_per_host(0)
            .user_agent("windlass-plugin")
            .build()
            .context("make the client of plugins")?;
        Ok(Self { client, egress, runtime: Handle::current() })
    }

    async fn exchange(&self, request: &Outgoing<'_>) -> Result<HttpAnswer, HttpFailure> {
        let method = request.method.parse().map_err(|_| HttpFailure::InvalidRequest("the method".to_owned()))?;
        let mut asked = self.client.request(method, request.url.clone()).timeout(request.within);
        for (name, value) in request.headers {
            asked = asked.header(name, value);
        }
        let mut answer = asked.body(request.body.to_vec()).send().await.map_err(|error| failure(&error))?;
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<_> = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let of_headers = headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let too_large = || HttpFailure::Limit("bytes".to_owned());
        let room = request.max_bytes.checked_sub(of_headers).ok_or_else(too_large)?;
        let body = egress::read(&mut answer, room).await.map_err(|error| failure(&error))?.ok_or_else(too_large)?;
        Ok(HttpAnswer { status: answer.status().as_u16(), headers, body: body.into() })
    }
}

impl Outbound for PluginNetwork {
    fn send(&self, request: Outgoing<'_>) -> Result<HttpAnswer, HttpFailure> {
        self.egress.check(request.url).map_err(|_| HttpFailure::RefusedAddress)?;
        self.runtime.block_on(self.exchange(&request))
    }
}

fn failure(error: &reqwest::Error) -> HttpFailure {
    if egress::refusal(error).is_some() {
        return HttpFailure::RefusedAddress;
    }
    if error.is_timeout() { HttpFailure::Timeout } else { HttpFailure::Failed(egress::reason(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use url::Url;

    const LONG: Duration = Duration::from_mins(1);

    /// A server that answers every request alike.
    async fn server(answer: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.read(&mut [0; 4096]).await;
                let _ = connection.write_all(answer).await;
            }
        });
        port
    }

    /// Sends a GET as a guest does: on a blocking thread.
    async fn get(granted: &[&str], url: &str, within: Duration, max_bytes: usize) -> Result<HttpAnswer, HttpFailure> {
        let granted: Vec<Network> = granted.iter().map(|text| text.parse().expect("a network")).collect();
        let network = Arc::new(PluginNetwork::start(&granted).expect("a client"));
        let url = Url::parse(url).expect("a URL");
        let send = move || {
            let headers = &[("x-a".to_owned(), "b".to_owned())][..];
            network.send(Outgoing { digest: "", method: "GET", url: &url, headers, body: b"", within, max_bytes })
        };
        tokio::task::spawn_blocking(send).await.expect("no panic")
    }

    #[tokio::test]
    async fn what_is_inside_is_refused_in_every_spelling_unless_its_address_is_granted() {
        let port = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Up: y\r\n\r\nhi").await;
        for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0"] {
            let answer = get(&[], &format!("http://{host}:{port}/"), LONG, 1024).await;
            assert_eq!(answer, Err(HttpFailure::RefusedAddress), "{host}");
        }
        for url in ["http://169.254.169.254/", "http://10.0.0.1/", "http://[fd00::1]/", "http://[::1]/"] {
            assert_eq!(get(&["127.0.0.1"], url, LONG, 1024).await, Err(HttpFailure::RefusedAddress), "{url}");
        }
        let answer = get(&["127.0.0.0/8"], &format!("http://127.0.0.1:{port}/"), LONG, 1024).await.expect("granted");
        assert_eq!((answer.status, answer.body.as_bytes()), (200, &b"hi"[..]));
        assert!(answer.headers.contains(&("x-up".to_owned(), "y".to_owned())), "{answer:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let port = server(b"HTTP/1.1 302 X\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
        let answer = get(&["127.0.0.1"], &format!("http://127.0.0.1:{port}/"), LONG, 1024).await.expect("an answer");
        assert_eq!(answer.status, 302);
    }

    #[tokio::test]
    async fn more_than_the_limit_of_bytes_and_time_is_not_waited_for() {
        let port = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
        let url = format!("http://127.0.0.1:{port}/");
        let sizes = [get(&["127.0.0.1"], &url, LONG, 20).await, get(&["127.0.0.1"], &url, LONG, 19).await];
        assert!(sizes[0].is_ok(), "{sizes:?}");
        assert_eq!(sizes[1], Err(HttpFailure::Limit("bytes".to_owned())));
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", silent.local_addr().expect("bound"));
        assert_eq!(get(&["127.0.0.1"], &url, Duration::from_millis(50), 1024).await, Err(HttpFailure::Timeout));
    }
}
