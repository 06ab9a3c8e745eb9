//! Secrets: what kind and where, never the value.

use windlass_outline::secrets::{Severity, Style, in_text};
use windlass_plugin_sdk::{Claims, kind};

/// The most secrets that one detector claims.
const MOST: usize = 100;

/// The secrets of a project, claimed as they are found.
#[derive(Debug)]
pub struct Secrets<'a> {
    claims: &'a mut Claims,
    left: usize,
}

impl<'a> Secrets<'a> {
    /// None yet.
    pub fn new(claims: &'a mut Claims) -> Self {
        Self { claims, left: MOST }
    }

    /// True when no more are claimed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Claims those of one file; `most` is the worst that one of it can be. Two of a kind in a line are one.
    pub fn read(&mut self, path: &str, text: &str, style: Style, most: Severity) {
        let (mut line, mut counted) = (1, 0);
        let mut last = None;
        for (at, secret) in in_text(text, style) {
            line += u32::try_from(text[counted..at].bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(0);
            counted = at;
            if self.is_full() || last == Some((line, secret.kind)) {
                continue;
            }
            last = Some((line, secret.kind));
            self.left -= 1;
            let severity = secret.severity.min(most).as_str();
            let draft = self.claims.add(kind::SECRET, secret.kind, 0.9).at(path, line).rule("secret");
            draft.attribute("severity", severity).attribute("description", secret.description);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_one_of_a_kind_and_a_project_at_most_so_many() {
        // Put together here, so that no scanner takes the sample for a secret.
        let key = ["AKIA", "Q3EGRIJZ4XWTPN2B"].concat();
        let mut claims = Claims::default();
        let mut secrets = Secrets::new(&mut claims);
        secrets.read("a.py", &format!("\nx = [\"{key}\", \"{key}\"]\n"), Style::Code, Severity::Low);
        secrets.read("b.py", &format!("x = \"{key}\"\n").repeat(MOST), Style::Code, Severity::High);
        assert!(secrets.is_full());
        assert_eq!(claims.as_slice().len(), MOST);
        let first = &claims.as_slice()[0];
        assert_eq!((first.place().as_str(), first.attribute("severity")), ("a.py:2", Some("low")));
        assert!(!format!("{claims:?}").contains(&key));
    }
}
