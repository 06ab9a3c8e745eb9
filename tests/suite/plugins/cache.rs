//! The cache of compiled plugins: private, and believed only where it was written by us under our key.

use crate::harness::{self, component};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use windlass_plugin::{HostConfig, PluginHost};

fn host(directory: &Path, key: [u8; 32]) -> PluginHost {
    let config = HostConfig {
        cache_directory: Some(directory.to_owned()),
        cache_key: key,
        helper: harness::root().join("target/release/windlass"),
    };
    PluginHost::new(&config).expect("a plugin host")
}

/// Takes the guest through the gate, as at a start; the one file of the cache afterwards.
fn load(directory: &Path, key: [u8; 32]) -> PathBuf {
    host(directory, key).install(&component("tests/trap")).expect("a good plugin");
    let files: Vec<PathBuf> =
        fs::read_dir(directory).expect("the cache").map(|entry| entry.expect("an entry").path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    file.clone()
}

/// Tells a file that was written anew from one that was left alone.
fn inode(file: &Path) -> u64 {
    fs::metadata(file).expect("a file").ino()
}

/// Keeps the first file open, so that its inode is not given to the next one.
fn written_anew(directory: &Path, file: &Path, key: [u8; 32]) -> bool {
    let _held = fs::File::open(file).expect("a file");
    let before = inode(file);
    inode(&load(directory, key)) != before
}

#[test]
fn a_compiled_plugin_is_kept_where_only_the_server_can_read_it() {
    let folder = TempDir::new().expect("a folder");
    let cache = folder.path().join("cache");
    let file = load(&cache, [1; 32]);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&cache), mode(&file)), (0o700, 0o600));
}

#[test]
fn a_compiled_plugin_is_loaded_again_and_not_compiled() {
    let cache = TempDir::new().expect("a folder");
    let file = load(cache.path(), [1; 32]);
    assert!(!written_anew(cache.path(), &file, [1; 32]));
}

#[test]
fn a_file_that_was_tampered_with_is_not_loaded_but_compiled_again() {
    let cache = TempDir::new().expect("a folder");
    let file = load(cache.path(), [1; 32]);
    let whole = fs::read(&file).expect("compiled code");
    let flip = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let swapped = [&whole[whole.len() / 2..], &whole[..whole.len() / 2]].concat();
    let bad =
        [flip(0), flip(40), flip(whole.len() / 2), flip(whole.len() - 1), whole[..20].to_vec(), Vec::new(), swapped];
    for (case, bytes) in bad.into_iter().enumerate() {
        fs::write(&file, bytes).expect("writable");
        assert!(written_anew(cache.path(), &file, [1; 32]), "case {case}");
        assert_eq!(fs::read(&file).expect("compiled code").len(), whole.len(), "case {case}");
    }
}

#[test]
fn a_file_of_another_key_is_not_loaded() {
    let cache = TempDir::new().expect("a folder");
    let file = load(cache.path(), [1; 32]);
    assert!(written_anew(cache.path(), &file, [2; 32]));
}
