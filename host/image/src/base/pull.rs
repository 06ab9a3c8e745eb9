//! Base images from a registry (OCI distribution spec 1.1, "Pull").

use super::credentials;
use super::document::{Document, Manifest, choose};
use super::{BaseImage, check_document_size, check_platform};
use crate::document::digest_of;
use crate::limits::MAX_INDEX_DEPTH;
use crate::{Blobs, Descriptor, Digest, ImageError, Platform};
use futures_util::StreamExt as _;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// How long connecting to a registry may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a registry may be silent while it sends.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// Pieces of a blob between the network and the disk, some 16 KiB each.
const PIECES_IN_FLIGHT: usize = 16;
/// The documents that we understand, as we ask for them.
const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// How a registry is spoken to.
#[derive(Clone, Default)]
pub struct RegistryAccess {
    /// User name and password; `None`: those that Docker keeps for the registry, and without them anonymous.
    pub basic: Option<(String, String)>,
    /// The registries, as `host` or `host:port`, that are spoken to without TLS. Every other one needs a certificate.
    pub plain_http: Vec<String>,
}

impl fmt::Debug for RegistryAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.basic.as_ref().map(|(user, _)| user);
        f.debug_struct("RegistryAccess").field("user", &user).field("plain_http", &self.plain_http).finish()
    }
}

/// Brings the image `reference` for `platform` from its registry into the store. Layers that are stored already are not
/// fetched. Its name is the reference without digest, spelled in full: `debian:12` is `docker.io/library/debian:12`.
pub async fn import_reference(
    blobs: &Blobs,
    reference: &str,
    platform: &Platform,
    access: &RegistryAccess,
) -> Result<BaseImage, ImageError> {
    let parsed: Reference = reference.parse().map_err(|_| ImageError::name("an image reference", reference))?;
    let puller = Puller::new(blobs, parsed, access).await?;
    let (digest, bytes, manifest) = puller.find_manifest(platform).await?;
    puller.fetch_blob(&manifest.config).await?;
    let config_digest = manifest.config.digest;
    let config = blocking(blobs, move |blobs| blobs.get(&config_digest)).await?;
    let base = manifest.with_config(&config, Some(puller.name()))?;
    check_platform(&base, platform, reference)?;
    for layer in &manifest.layers {
        puller.fetch_blob(layer).await?;
    }
    blocking(blobs, move |blobs| blobs.put_all(&[(digest, &bytes)])).await?;
    Ok(base)
}

/// One image's way in.
struct Puller<'a> {
    blobs: &'a Blobs,
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
}

impl<'a> Puller<'a> {
    async fn new(blobs: &'a Blobs, reference: Reference, access: &RegistryAccess) -> Result<Self, ImageError> {
        // The first caller in the process decides; it is an error to the others, which use what is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            protocol: ClientProtocol::HttpsExcept(access.plain_http.clone()),
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            user_agent: "windlass",
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| refusal(&reference, error))?;
        let basic = match access.basic.clone() {
            None => kept_credentials(blobs, &reference).await?,
            given => given,
        };
        let auth = basic.map_or(RegistryAuth::Anonymous, |(user, key)| RegistryAuth::Basic(user, key));
        Ok(Self { blobs, client, reference, auth })
    }

    fn name(&self) -> String {
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        let tag = self.reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{registry}/{repository}{tag}")
    }

    /// Follows indexes to the manifest for the platform, each step checked by its digest.
    async fn find_manifest(&self, platform: &Platform) -> Result<(Digest, Vec<u8>, Manifest), ImageError> {
        let mut next = self.reference.clone();
        for _ in 0..MAX_INDEX_DEPTH {
            let answer = self.client.pull_manifest_raw(&next, &self.auth, &ACCEPTED).await;
            let (bytes, _) = answer.map_err(|error| refusal(&next, error))?;
            let actual = Digest::of(&bytes);
            if let Some(expected) = next.digest().map(Digest::parse).transpose()?
                && expected != actual
            {
                return Err(ImageError::Mismatch { expected, actual });
            }
            check_document_size(&actual, bytes.len() as u64)?;
            match Document::parse(&actual, &bytes)? {
                Document::Manifest(manifest) => return Ok((actual, bytes.to_vec(), manifest)),
                Document::Index(index) => {
                    let entry = choose(&index, platform, &self.reference.whole())?;
                    next = self.reference.clone_with_digest(digest_of(entry.digest())?.to_string());
                }
            }
        }
        let reason = format!("its indexes are nested more than {MAX_INDEX_DEPTH} deep");
        Err(ImageError::document(&self.reference, &reason))
    }

    /// Streams one blob into the store. The disk is written by a blocking thread, which stops without storing anything
    /// when this future is dropped.
    async fn fetch_blob(&self, blob: &Descriptor) -> Result<(), ImageError> {
        let Descriptor { digest, size, .. } = *blob;
        if self.blobs.contains(&digest) {
            return Ok(());
        }
        let answer = self.client.pull_blob_stream(&self.reference, digest.to_string().as_str()).await;
        let mut stream = answer.map_err(|error| refusal(&self.reference, error))?.stream;
        let (to_disk, mut pieces) = mpsc::channel(PIECES_IN_FLIGHT);
        let reader = async move {
            while let Some(piece) = stream.next().await {
                let piece = piece.map_err(|error| registry_error(&self.reference, &error))?;
                if to_disk.send(Some(piece)).await.is_err() {
                    break; // The writer gave up and tells why.
                }
            }
            // A writer that gave up is not listening, and does not need to.
            let _ = to_disk.send(None).await;
            Ok(())
        };
        let writer = blocking(self.blobs, move |blobs| {
            let mut ingest = blobs.ingest(size)?;
            while let Some(message) = pieces.blocking_recv() {
                match message {
                    Some(piece) => ingest.write(&piece)?,
                    None if ingest.length() == size => return ingest.finish(&digest),
                    None => {
                        return Err(ImageError::WrongSize { digest, expected: size, actual: ingest.length() });
                    }
                }
            }
            Ok(())
        });
        let (read, written) = tokio::join!(reader, writer);
        written.and(read)
    }
}

/// What Docker keeps for the registry: a file is read, and perhaps a helper runs.
async fn kept_credentials(blobs: &Blobs, image: &Reference) -> Result<Option<(String, String)>, ImageError> {
    let image = image.clone();
    blocking(blobs, move |_| {
        credentials::stored_for(&image).map_err(|reason| ImageError::Registry { reference: image.whole(), reason })
    })
    .await
}

/// Runs disk work on a blocking thread.
async fn blocking<T: Send + 'static>(
    blobs: &Blobs,
    work: impl FnOnce(Blobs) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let blobs = blobs.clone();
    match spawn_blocking(move || work(blobs)).await {
        Ok(result) => result,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Err(ImageError::document("the import", &stopped)),
        },
    }
}

/// A registry's refusal in our words.
fn refusal(reference: &Reference, error: OciDistributionError) -> ImageError {
    let whole = reference.whole();
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) | OciDistributionError::ServerError { code: 404, .. } => {
            ImageError::NotFound { reference: whole }
        }
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            ImageError::Unauthorized { reference: whole }
        }
        OciDistributionError::RegistryError { ref envelope, .. } => match envelope.errors.first().map(|e| &e.code) {
            Some(OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::BlobUnknown) => {
                ImageError::NotFound { reference: whole }
            }
            Some(OciErrorCode::Unauthorized | OciErrorCode::Denied) => ImageError::Unauthorized { reference: whole },
            _ => registry_error(reference, &error),
        },
        // A redirect's address may be signed: leave it out.
        OciDistributionError::RequestError(error) => registry_error(reference, &error.without_url()),
        other => registry_error(reference, &other),
    }
}

fn registry_error(reference: &Reference, error: &dyn Error) -> ImageError {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    ImageError::Registry { reference: reference.whole(), reason }
}
