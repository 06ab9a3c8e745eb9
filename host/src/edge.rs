//! Where time, randomness and ids enter: nothing below the callers of this module asks for them.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};
use windlass_domain::agent::UnixMillis;

/// Now, in milliseconds since the Unix epoch, UTC.
#[must_use]
pub fn now() -> UnixMillis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis::try_from(elapsed.as_millis()).unwrap_or(UnixMillis::MAX)
}

/// A fresh id: `prefix`, `-`, and 12 hex digits (48 random bits; ids are unique per workspace and checked on insert).
#[must_use]
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}-{}", random_hex::<6>())
}

/// A fresh secret token: `prefix` and 64 hex digits (256 random bits).
#[must_use]
pub fn new_token(prefix: &str) -> String {
    format!("{prefix}{}", random_hex::<32>())
}

/// `N` random bytes from the operating system, in hex.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done then.
fn random_hex<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes.iter().fold(String::with_capacity(N * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
