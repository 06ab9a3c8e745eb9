//! Keys as text: what they look like, and the hash under which they are stored.
//!
//! Invariant: a token is in no log and no `Debug` output; only its hash reaches the store.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// What the keys of workspaces start with; the SDKs tell them by it.
pub const WORKSPACE_PREFIX: &str = "ra_ws_";
/// What operator keys start with.
pub const OPERATOR_PREFIX: &str = "wl_op_";
/// The fewest characters after the prefix: 192 bits where they are drawn from the 64 allowed ones.
const FEWEST: usize = 32;
/// The most characters after the prefix, so that a key fits a header line.
const MOST: usize = 256;

/// A key in the clear. It prints as its prefix and `…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    prefix: &'static str,
    text: String,
}

/// A key that breaks the rule; it does not repeat the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key is `{prefix}` and then {FEWEST} to {MOST} of A-Z, a-z, 0-9, `_` and `-`")]
pub struct BadToken {
    prefix: &'static str,
}

impl Token {
    /// Checks that `text` is `prefix` and then 32 to 256 of `[A-Za-z0-9_-]`.
    pub fn parse(prefix: &'static str, text: &str) -> Result<Self, BadToken> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        let rest = text.strip_prefix(prefix).ok_or(BadToken { prefix })?;
        if (FEWEST..=MOST).contains(&rest.len()) && rest.bytes().all(allowed) {
            return Ok(Self { prefix, text: text.to_owned() });
        }
        Err(BadToken { prefix })
    }

    /// The whole key. Keep it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.text)
    }

    /// The last four characters, to tell keys apart.
    #[must_use]
    pub fn last4(&self) -> &str {
        // ASCII, and at least 32 characters long.
        &self.text[self.text.len() - 4..]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.prefix)
    }
}

/// The SHA-256 of a token. A key has 192 random bits or more, so a plain fast hash is enough.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_two_allowed_characters_make_a_key_and_thirty_one_do_not() {
        let good = format!("ra_ws_{}", "aZ0_-aZ0".repeat(4));
        assert_eq!(Token::parse(WORKSPACE_PREFIX, &good).expect("a key").expose(), good);
        let long = format!("ra_ws_{}", "a".repeat(256));
        assert!(Token::parse(WORKSPACE_PREFIX, &long).is_ok());
        for bad in [&good[..good.len() - 1], &format!("{long}a"), &format!("{good}!"), &format!("{good}ä"), ""] {
            assert!(Token::parse(WORKSPACE_PREFIX, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_kind_of_key_has_its_own_prefix() {
        let key = format!("wl_op_{}", "a".repeat(32));
        assert!(Token::parse(OPERATOR_PREFIX, &key).is_ok());
        let refused = Token::parse(WORKSPACE_PREFIX, &key).expect_err("an operator key opens no workspace");
        assert!(refused.to_string().contains("`ra_ws_` and then 32"), "{refused}");
    }

    #[test]
    fn a_token_never_prints_itself_and_neither_does_its_refusal() {
        let key = format!("ra_ws_{}", "secret-word".repeat(4));
        let token = Token::parse(WORKSPACE_PREFIX, &key).expect("a key");
        assert_eq!(format!("{token:?}"), "Token(ra_ws_…)");
        let refused = Token::parse(WORKSPACE_PREFIX, &format!("{key}!")).expect_err("has a `!`");
        assert!(!format!("{refused} {refused:?}").contains("secret-word"));
    }
}
