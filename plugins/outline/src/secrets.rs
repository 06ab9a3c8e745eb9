//! Secrets in text: known shapes, and values of high entropy under a name that says secret.
//!
//! Invariants: no value leaves this module, only what kind it is and where it stands; placeholders are no secrets; one
//! pass that jumps over short words, so that a large text costs little.

mod assignment;
mod shapes;

use crate::bytes::find;
use crate::urls;

/// How bad it is that a secret stands in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A test key, or one of small reach.
    Low,
    /// It looks like a secret, or its use is limited.
    Medium,
    /// A key that works for whoever reads it.
    High,
}

impl Severity {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a secret is; never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// `api_key`, `oauth_token`, `private_key`, `password`, `token` or `webhook`.
    pub kind: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for its author.
    pub description: String,
}

/// The fewest characters that a secret of known shape, or of unknown shape and high entropy, has.
const SHORTEST: usize = 16;
/// Bits a character: above what words and identifiers reach (the API's contract).
const LEAST_ENTROPY: f32 = 4.5;
/// A value of hex digits cannot pass [`LEAST_ENTROPY`]: it has four bits a character at most.
const LEAST_HEX_ENTROPY: f32 = 3.2;
/// The longest value whose entropy is asked: longer ones are data.
const LONGEST: usize = 256;

/// Words that show a value which its author is to replace, or a sample.
const BLANKS: [&str; 22] = [
    "your",
    "xxx",
    "...",
    "…",
    "***",
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "insert",
    "dummy",
    "fake",
    "redacted",
    "todo",
    "test-key",
    "here",
    "<",
    "{",
    "$(",
];

/// How a text gives a value to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Source code: only what stands in quotes is a value.
    Code,
    /// Settings (`.env`, INI, YAML, TOML, JSON): values may stand bare.
    Settings,
}

/// Every secret in a text, with the byte where its value starts, in order.
#[must_use]
pub fn in_text(text: &str, style: Style) -> Vec<(usize, Secret)> {
    let mut found = Vec::new();
    let mut end = 0;
    for (at, word) in LongWords::new(text) {
        // A value may hold several long words: it is one secret. Most long words are names: what random sources make has
        // digits, but for one in thirty of Amazon's.
        let can_be_random = word.bytes().any(|byte| byte.is_ascii_digit()) || word.starts_with("AKIA");
        if at < end || !can_be_random {
            continue;
        }
        if let Some(secret) = shapes::of_word(text, at, word) {
            found.push((at, secret));
            end = at + word.len();
        } else if let Some((start, value, name)) = assignment::around(text, at, style) {
            if let Some(secret) = assigned(name, value) {
                found.push((start, secret));
            }
            end = start + value.len();
        }
    }
    found.extend(in_addresses(text));
    found.sort_by_key(|(at, _)| *at);
    found.dedup_by_key(|(at, _)| *at);
    found
}

/// The passwords inside URLs such as `postgres://user:password@host/`, with the byte where each starts.
fn in_addresses(text: &str) -> Vec<(usize, Secret)> {
    /// No user and password are longer.
    const REACH: usize = 200;
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&text.as_bytes()[from..], b'@').map(|at| from + at) {
        from = at + 1;
        let reach = &text.as_bytes()[at.saturating_sub(REACH)..at];
        let Some(start) = reach.windows(3).rposition(|window| window == b"://") else { continue };
        let start = at - reach.len() + start;
        found.extend(in_address(text, start));
    }
    found
}

/// The password of the URL whose `://` is at byte `at`.
fn in_address(text: &str, at: usize) -> Option<(usize, Secret)> {
    let start = at + "://".len();
    let [name, password, host] = credentials(text.get(start..)?)?;
    let scheme = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or_default();
    let is_near = urls::is_local(host.split(':').next().unwrap_or_default());
    let is_own_name = is_near && !name.is_empty() && password.starts_with(name);
    if says_blank(password) || is_common(password) || is_own_name {
        return None;
    }
    let severity = if is_near { Severity::Low } else { Severity::High };
    let description = format!("password inside a {scheme}:// URL");
    Some((start + name.len() + 1, Secret { kind: "password", severity, description }))
}

/// The parts of `user:password@host…`.
fn credentials(rest: &str) -> Option<[&str; 3]> {
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '?' | '#' | ','))
        .unwrap_or(rest.len());
    let (user, host) = rest[..end].rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let is_name = name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'%'));
    (is_name && !host.is_empty() && password.len() > 2).then_some([name, password, host])
}

/// A value assigned to `name`, when the name says secret and the value has the entropy of one.
fn assigned(name: &str, value: &str) -> Option<Secret> {
    let kind = says_secret(name)?;
    if value.len() < SHORTEST || value.len() > LONGEST || is_blank(value) || counts(value) {
        return None;
    }
    let is_value = value.bytes().all(|c| c.is_ascii_graphic() && !matches!(c, b'(' | b')' | b'"' | b'\'' | b'`'))
        && value.bytes().any(|c| c.is_ascii_digit())
        && value.bytes().any(|c| c.is_ascii_alphabetic());
    let is_path = value.contains("://") || value.starts_with(['/', '.', '~']);
    if !is_value || is_path {
        return None;
    }
    let is_hex = value.len() >= 32 && value.bytes().all(|c| c.is_ascii_hexdigit());
    let bits = entropy(value);
    let is_strict = kind != "key";
    if bits >= LEAST_ENTROPY || is_strict && is_hex && bits >= LEAST_HEX_ENTROPY {
        let kind = if kind == "key" { "api_key" } else { kind };
        let description = format!("value of high entropy in `{}`", shown(name));
        return Some(Secret { kind, severity: Severity::Medium, description });
    }
    None
}

/// The last part of a name, as far as it can be shown.
fn shown(name: &str) -> &str {
    name.char_indices().nth(64).map_or(name, |(end, _)| &name[..end])
}

/// What kind of secret a name says that it holds; `key` for one that may be another kind of key.
fn says_secret(name: &str) -> Option<&'static str> {
    let name: String = name.chars().map(|c| c.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric).collect();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    // Counts of tokens, keys of dictionaries, and what is public by its nature.
    if says(&[
        "publickey",
        "publishable",
        "tokenizer",
        "tokens",
        "maxtoken",
        "primarykey",
        "keyword",
        "keyname",
        "keypath",
        "tokenurl",
        "secretname",
        "secretid",
        "idempotency",
    ]) {
        return None;
    }
    if says(&["apikey", "accesskey", "secretkey", "authkey", "subscriptionkey", "encryptionkey", "signingkey"]) {
        Some("api_key")
    } else if says(&["privatekey"]) {
        Some("private_key")
    } else if says(&["password", "passwd", "passphrase", "pwd"]) {
        Some("password")
    } else if says(&["secret", "token", "bearer"]) {
        Some("oauth_token")
    } else if name.ends_with("key") {
        Some("key")
    } else {
        None
    }
}

/// True for a value that its author is to replace, and for one that nothing random made.
fn is_blank(value: &str) -> bool {
    says_blank(value) || repeats(value)
}

fn says_blank(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    BLANKS.iter().any(|blank| lower.contains(blank))
}

/// Passwords of containers on a developer's machine.
fn is_common(password: &str) -> bool {
    matches!(
        password.to_ascii_lowercase().as_str(),
        "password"
            | "pass"
            | "passwd"
            | "postgres"
            | "root"
            | "admin"
            | "secret"
            | "guest"
            | "user"
            | "test"
            | "mysql"
            | "neo4j"
            | "redis"
            | "pwd"
            | "mypassword"
            | "1234"
            | "123456"
            | "langfuse"
            | "minioadmin"
            | "token"
    ) || password.starts_with(['$', '%'])
        // `user:PASSWORD@`, `x-access-token:TOK@`
        || password.bytes().all(|c| c.is_ascii_uppercase() || c == b'_')
}

/// True when few different characters make the whole value: `0000…`, `abababab…`.
fn repeats(value: &str) -> bool {
    let mut seen = [false; 256];
    value.bytes().for_each(|byte| seen[byte as usize] = true);
    value.len() >= 8 && seen.iter().filter(|seen| **seen).count() * 5 <= value.len().min(40)
}

/// True for alphabets, `…1234567890…` and `…abcdefgh…`: of high entropy, and no secret.
fn counts(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["12345678", "01234567", "abcdefgh", "qwerty"].iter().any(|run| lower.contains(run))
}

/// Shannon entropy in bits a byte.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of a short text")]
pub fn entropy(value: &str) -> f32 {
    let mut counts = [0_u32; 256];
    value.bytes().for_each(|byte| counts[byte as usize] += 1);
    let all = value.len() as f32;
    let part = |count: u32| {
        let share = count as f32 / all;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(|count| part(*count)).sum()
}

/// True for the bytes that secrets consist of.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The runs of at least [`SHORTEST`] word bytes in a text. It looks at every sixteenth byte, and at others only where that one
/// is in a word: most of a source is never touched.
struct LongWords<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> LongWords<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for LongWords<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        // `at` is never inside a run.
        while self.at + SHORTEST <= bytes.len() {
            let probe = self.at + SHORTEST - 1;
            let back = bytes[self.at..=probe].iter().rev().position(|byte| !is_word(*byte));
            let Some(back) = back else {
                let end = bytes[probe..].iter().position(|byte| !is_word(*byte)).map_or(bytes.len(), |end| probe + end);
                let start = std::mem::replace(&mut self.at, end);
                return Some((start, &self.text[start..end]));
            };
            self.at = probe - back + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests;
