//! The cryptography of `jsonwebtoken`: ring, which TLS brings anyway. It verifies; nothing here signs.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature::{self as of, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    // They make keys from other keys, which nothing here does.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring what the library verifies with.
pub(super) fn install() {
    // A second server of one process finds it done.
    let _ = RING.install_default();
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if algorithm.family() != key.family() {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    let check = match (key.kind(), rsa(algorithm), curve(algorithm)) {
        (DecodingKeyKind::RsaModulusExponent { n, e }, Some(parameters), None) => {
            Check::Rsa(parameters, RsaPublicKeyComponents { n: n.clone(), e: e.clone() })
        }
        (DecodingKeyKind::SecretOrDer(point), None, Some(parameters)) => {
            Check::Curve(UnparsedPublicKey::new(parameters, point.clone()))
        }
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(Box::new(Ring { algorithm, check }))
}

/// RSA keys have 2,048 to 8,192 bits.
fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&of::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&of::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&of::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&of::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&of::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&of::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Some(&of::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Some(&of::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Some(&of::ED25519),
        _ => None,
    }
}

struct Ring {
    algorithm: Algorithm,
    check: Check,
}

enum Check {
    Rsa(&'static RsaParameters, RsaPublicKeyComponents<Vec<u8>>),
    Curve(UnparsedPublicKey<Vec<u8>>),
}

impl Verifier<Vec<u8>> for Ring {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match &self.check {
            Check::Rsa(parameters, key) => key.verify(parameters, message, signature),
            Check::Curve(key) => key.verify(message, signature),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
