//! Room for a start: a file that holds some space while the server runs, so that a start has it though the disk is full.
//!
//! What a start needs (the index of the log, the launcher of agents) is written anew each time, and without it there would
//! be no way to look at what is stored, or to delete some of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The name of the file.
const FILE: &str = "reserve";
/// Its length in bytes: more than a start writes.
const LENGTH: usize = 1024 * 1024;

/// Gives the space back; what cannot be given was not taken.
pub(crate) fn release(data_dir: &Path) {
    let _ = fs::remove_file(data_dir.join(FILE));
}

/// Takes the space, or as much of it as there is.
pub(crate) fn take(data_dir: &Path) -> io::Result<()> {
    let path = data_dir.join(FILE);
    let is_taken = fs::metadata(&path).is_ok_and(|file| file.len() == LENGTH as u64);
    if is_taken {
        return Ok(());
    }
    fill(&path)
}

fn fill(path: &Path) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // In pieces, so that what is written before the disk is full is kept.
    let piece = [0; 4096];
    let filled = (0..LENGTH / piece.len()).try_for_each(|_| file.write_all(&piece));
    filled.and(file.sync_all())
}
