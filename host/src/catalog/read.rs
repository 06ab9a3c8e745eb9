//! A folder's files with their paths, as text.

use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The most files, and the most bytes together, of a whole catalog.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// The manifests and sources below `folder`. Hidden files, links, and files at other places (a README, a picture) are left
/// out; what is read must be text.
pub(super) fn files_of(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut bytes = 0;
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                bail!("the name of {} is not UTF-8", path.display())
            };
            if name.starts_with('.') || name == "__pycache__" {
                continue;
            }
            let kind = entry.file_type()?;
            let below = format!("{prefix}{name}");
            if kind.is_dir() {
                folders.push((path, format!("{below}/")));
            } else if kind.is_file() && is_read(&below) {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {} as text", path.display()))?;
                bytes += text.len();
                files.insert(below, text);
                if files.len() > MAX_FILES || bytes > MAX_BYTES {
                    bail!("it has more than {MAX_FILES} files or {MAX_BYTES} bytes");
                }
            }
        }
    }
    Ok(files)
}

fn is_read(path: &str) -> bool {
    super::manifest_folder(path).is_some() || path.contains("/src/")
}
