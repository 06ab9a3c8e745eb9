//! Spans to a collector, by OTLP over HTTP: requests, and in them the calls of plugins.

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use url::{Host, Url};
use windlass_plugin::CALL_SPANS;

/// How long one delivery may take.
const DELIVER_WITHIN: Duration = Duration::from_secs(5);
/// The name that the collector shows.
const SERVICE: &str = "windlass";

/// The way to the collector: a thread of its own that delivers spans in batches, and drops them where it cannot keep up.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to `/v1/traces` below `collector`, on the runtime that it is called in.
    pub fn start(collector: &Url) -> anyhow::Result<Self> {
        let endpoint = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Deliverer::to(collector)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(DELIVER_WITHIN)
            .build()
            .context("cannot start the sender of traces")?;
        let about = Resource::builder().with_service_name(SERVICE).build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(about).build()))
    }

    /// What hands spans over: those of requests and of plugins' calls, with what is logged in them.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let wanted = Targets::new().with_target(SERVICE, LevelFilter::INFO).with_target(CALL_SPANS, LevelFilter::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(wanted)
    }

    /// Delivers what is left, and ends. Blocks for as long as one delivery may take.
    pub fn stop(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(DELIVER_WITHIN) {
            tracing::warn!(%error, "the last traces were not delivered");
        }
    }
}

/// Delivers on our own runtime: the thread that asks has none.
#[derive(Debug)]
struct Deliverer {
    client: reqwest::Client,
    runtime: Handle,
}

impl Deliverer {
    /// A proxy cannot reach this machine's own loopback.
    fn to(collector: &Url) -> anyhow::Result<Self> {
        let is_local = match collector.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        let client = reqwest::Client::builder().timeout(DELIVER_WITHIN);
        let client = if is_local { client.no_proxy() } else { client };
        Ok(Self { client: client.build()?, runtime: Handle::current() })
    }
}

#[async_trait]
impl HttpClient for Deliverer {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), reqwest::Request::try_from(request)?);
        let delivery = async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        };
        let (status, body) = self.runtime.spawn(delivery).await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}
