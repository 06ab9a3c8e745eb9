//! The cache of compiled components: a file per component, engine version and settings.
//!
//! A compiled component is native code, so a file is believed only when it was written by us: its name is a digest of
//! what it was made from, its content carries an HMAC under a key that lies outside the cache, and what was verified is
//! the very buffer that is loaded. This is the only module with `unsafe`.

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;
use windlass_domain::source::hex_digest;

/// Raised when the form of the files changes.
const FORMAT: &[u8] = b"windlass-aot-1";
/// The length of the HMAC-SHA-256 that precedes the code, in bytes.
const TAG: usize = 32;

/// A directory of compiled components.
pub struct Cache {
    directory: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens or makes the directory (mode 0700). `key` authenticates the files and must be kept elsewhere.
    pub fn open(directory: &Path, key: [u8; 32]) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .with_context(|| format!("make the cache directory {}", directory.display()))?;
        Ok(Self { directory: directory.to_owned(), key })
    }

    /// Whether there is a file for that component; whether it is whole and ours is seen when it is loaded.
    #[must_use]
    pub fn has(&self, engine: &Engine, digest: &str) -> bool {
        self.path(engine, digest).is_file()
    }

    /// The compiled component of that digest, when the cache holds it, whole and ours.
    #[must_use]
    pub fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(engine, digest);
        let bytes = fs::read(&path).ok()?;
        let (tag, code) = bytes.split_at_checked(TAG)?;
        if self.mac(engine, digest, code).verify_slice(tag).is_err() {
            tracing::warn!(path = %path.display(), "a compiled component is damaged or not ours: compiling again");
            return None;
        }
        deserialize(engine, code).inspect_err(|error| tracing::warn!(%error, "cannot load a compiled component")).ok()
    }

    /// Keeps a compiled component. A failure costs a compilation at the next start and nothing else.
    pub fn save(&self, engine: &Engine, digest: &str, component: &Component) {
        if let Err(error) = self.try_save(engine, digest, component) {
            tracing::warn!(%error, "cannot keep a compiled component");
        }
    }

    fn try_save(&self, engine: &Engine, digest: &str, component: &Component) -> anyhow::Result<()> {
        let code = component.serialize().map_err(anyhow::Error::from)?;
        let path = self.path(engine, digest);
        let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&self.mac(engine, digest, &code).finalize().into_bytes())?;
        file.write_all(&code)?;
        fs::rename(&temporary, &path)?;
        Ok(())
    }

    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let name = hex_digest(&Sha256::digest(identity(engine, digest)));
        self.directory.join(name.trim_start_matches("sha256:"))
    }

    fn mac(&self, engine: &Engine, digest: &str, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(&identity(engine, digest));
        mac.update(code);
        mac
    }
}

/// What a compiled component depends on: our format, the component, and the engine's version and settings.
fn identity(engine: &Engine, digest: &str) -> Vec<u8> {
    let mut hasher = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let mut identity = FORMAT.to_vec();
    identity.extend(hasher.0.finalize());
    identity.extend(digest.as_bytes());
    identity
}

/// `Hash` into SHA-256, since the engine offers its compatibility only as a `Hash`.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Loads compiled code. It must come from this program: out of the cache, verified, or right from the child that compiled it.
#[expect(unsafe_code, reason = "loading compiled code is unsafe by nature; its callers know where it comes from")]
pub(crate) fn deserialize(engine: &Engine, code: &[u8]) -> anyhow::Result<Component> {
    // SAFETY: `code` was compiled by an engine of these settings: either `save` of a process that held our key wrote it, and
    // the very bytes that were verified are loaded, or our own child handed it over a pipe that nobody else holds.
    unsafe { Component::deserialize(engine, code) }.map_err(anyhow::Error::from)
}
