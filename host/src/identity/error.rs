//! Why nobody was let in: data; `api` has the words. None of it repeats a token or a claim's value.

use super::keys::NoKeys;
use std::time::Duration;
use windlass_domain::ResourceName;
use windlass_store::StoreError;

/// A request that did not pass the door.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It carried no token.
    #[error("{provider} wants a token")]
    NoToken {
        /// The identity provider that the agent binds.
        provider: ResourceName,
    },
    /// The token proves nothing.
    #[error("the token was refused: {0}")]
    Token(#[from] TokenError),
    /// The user's domain is not among the allowed ones.
    #[error("the user's domain is not allowed")]
    Domain,
    /// The provider says that the address was never verified.
    #[error("the user's e-mail address is not verified")]
    Unverified,
    /// There are no keys to check a token with.
    #[error("the keys of {provider} are not to be had: {}", reason.why)]
    NoKeys {
        /// The identity provider.
        provider: ResourceName,
        /// Why, and when to ask again.
        reason: NoKeys,
    },
    /// The agent binds an identity provider that is not registered any more, or that no token can be held against.
    #[error("{0} cannot be used")]
    NoProvider(ResourceName),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no JWT of three parts, or one of them cannot be read.
    #[error("malformed")]
    Malformed,
    /// It is signed by an algorithm that is not taken.
    #[error("its algorithm is not taken")]
    Algorithm,
    /// It is signed by a key that the provider does not publish.
    #[error("no key of that id and algorithm is published")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("its signature is wrong")]
    Signature,
    /// It has no `exp`.
    #[error("it does not say when it expires")]
    NoExpiry,
    /// `exp` is past by more than this.
    #[error("it expired more than {0:?} ago")]
    Expired(Duration),
    /// `nbf` is to come by more than this.
    #[error("it becomes valid in more than {0:?}")]
    NotYet(Duration),
    /// `iss` is another one.
    #[error("its issuer is another one")]
    Issuer,
    /// `aud` names none of the provider's audiences.
    #[error("it is for another audience")]
    Audience,
    /// The claim that names the user is missing, or cannot travel in a header.
    #[error("its claim {0} names no user")]
    NoUser(String),
}
