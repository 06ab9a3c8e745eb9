//! Snapshots that are files: compared, or written where they are blessed.

use std::fs;
use std::path::Path;

/// The variable that has snapshots written instead of compared.
const BLESS: &str = "WINDLASS_BLESS";

/// Where `shown` leaves the snapshot, in one line; `None` where it does not, or was just blessed.
pub fn difference(snapshot: &Path, shown: &str) -> Option<String> {
    if std::env::var_os(BLESS).is_some() {
        fs::write(snapshot, shown).expect("the checkout can be written");
        return None;
    }
    let how = format!("look at it; {BLESS}=1 accepts it");
    let Ok(before) = fs::read_to_string(snapshot) else { return Some(format!("there is no snapshot yet ({how})")) };
    if before == shown {
        return None;
    }
    let pairs = (1..).zip(before.lines().zip(shown.lines()));
    let first = pairs.into_iter().find(|(_, (before, now))| before != now);
    Some(first.map_or_else(
        || format!("one is longer than the other ({how})"),
        |(line, (before, now))| format!("line {line} was `{}`, is `{}` ({how})", before.trim(), now.trim()),
    ))
}
