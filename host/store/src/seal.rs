//! Secrets at rest: XChaCha20-Poly1305 under the data directory's key, each bound to the row it belongs to.
//!
//! A sealed secret is one version byte, a random nonce of 24 bytes (long enough to draw at random), and the
//! ciphertext. The row's place (workspace, kind, name) is authenticated with it, so rows cannot be swapped.

use crate::{OpenError, StoreError, directory};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::io;
use std::path::Path;

/// The name of the key file: 32 random bytes, 0600, made once.
pub(crate) const KEY_FILE: &str = "secret.key";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// What the operating system's randomness is called in an error.
const RANDOM: &str = "/dev/urandom";
/// The first byte of every sealed secret; another one would mean another cipher.
const VERSION: u8 = 1;

/// A secret in the clear. It prints as `Secret(…)`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes themselves. Keep them out of answers, logs and errors.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What the key of signatures is derived by from the data directory's: never the same bytes under two ciphers.
const SIGNATURES: &str = "windlass signatures 1";

/// Signs texts under the data directory's key: the same text has the same signature after a restart, and none that is not
/// of this data directory.
#[derive(Clone)]
pub struct Signer([u8; 32]);

impl Signer {
    /// HMAC-SHA256 of `text`.
    #[must_use]
    pub fn sign(&self, text: &str) -> [u8; 32] {
        mac(&self.0, text).finalize().into_bytes().into()
    }

    /// Whether `signature` is that of `text`; how long it takes tells nothing of how far they agree.
    #[must_use]
    pub fn verify(&self, text: &str, signature: &[u8]) -> bool {
        mac(&self.0, text).verify_slice(signature).is_ok()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

fn mac(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key);
    mac.unwrap_or_else(|_| unreachable!("HMAC takes a key of any length")).chain_update(text)
}

/// The key of one data directory.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    signer: Signer,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    fn new(key: [u8; KEY_BYTES]) -> Self {
        let signer = Signer(mac(&key, SIGNATURES).finalize().into_bytes().into());
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key)), signer }
    }

    pub(crate) fn signer(&self) -> Signer {
        self.signer.clone()
    }

    /// Seals `secret` for the row at `place`.
    pub(crate) fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|error| StoreError::file("read", Path::new(RANDOM), io::Error::other(error.to_string())))?;
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let ciphertext =
            self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| corrupt(place, "it is too long to seal"))?;
        Ok([&[VERSION][..], &nonce, &ciphertext].concat())
    }

    /// Opens what was sealed for the same place, and nothing else.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let (version, rest) = sealed.split_first().ok_or_else(|| corrupt(place, "it is empty"))?;
        if *version != VERSION {
            return Err(corrupt(place, "it is sealed in an unknown way"));
        }
        let (nonce, ciphertext) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| corrupt(place, "it is too short"))?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        let secret = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        secret.map(Secret).map_err(|_| corrupt(place, "it was not sealed for this row with this key"))
    }
}

fn corrupt(place: &str, detail: &str) -> StoreError {
    StoreError::corrupt(format!("secret of {place}"), detail)
}

/// Reads the key file, or makes it. `sealed` is one stored secret and its place, to try the key on.
pub(crate) fn load(data_dir: &Path, sealed: Option<(String, Vec<u8>)>) -> Result<Seal, OpenError> {
    let path = data_dir.join(KEY_FILE);
    let wrong = |reason| OpenError::KeyWrong { file: path.clone(), reason };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound && sealed.is_some() => {
            return Err(OpenError::KeyMissing { file: path });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?.to_vec(),
        Err(error) => return Err(directory::failed("read", &path)(error)),
    };
    let key = <[u8; KEY_BYTES]>::try_from(bytes).map_err(|_| wrong("it is not 32 bytes long"))?;
    let seal = Seal::new(key);
    if let Some((place, secret)) = sealed
        && seal.open(&place, &secret).is_err()
    {
        return Err(wrong("it does not open the stored secrets"));
    }
    Ok(seal)
}

fn create(path: &Path) -> Result<[u8; KEY_BYTES], OpenError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| OpenError::Random(error.to_string()))?;
    directory::write_durably(path, &key, 0o600).map_err(directory::failed("create", path))?;
    Ok(key)
}
