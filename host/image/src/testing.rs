//! What the tests of this crate share: a store in a temporary folder, source trees, outside tools.

use crate::{Blobs, BuiltImage, ImageConfig, Overlay, Platform};
use std::process::Command;
use tempfile::TempDir;
use windlass_domain::source::SourceTree;

/// A store that goes away with its folder.
pub(crate) struct TestStore {
    pub(crate) folder: TempDir,
    pub(crate) blobs: Blobs,
}

pub(crate) fn store() -> TestStore {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = Blobs::open(&folder.path().join("blobs")).expect("a new store");
    TestStore { folder, blobs }
}

pub(crate) fn tree(files: &[(&str, &str)]) -> SourceTree {
    let map = files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect();
    SourceTree::parse("source_files", map).expect("a good tree")
}

pub(crate) fn amd64() -> Platform {
    Platform::linux("amd64")
}

/// What every test image is configured as.
pub(crate) fn config() -> ImageConfig {
    ImageConfig {
        runtime: "python".to_owned(),
        entrypoint: vec!["python".to_owned(), "-m".to_owned(), "runagents.runtime".to_owned()],
        env: [("USER_ENTRY_POINT".to_owned(), "agent.py".to_owned())].into(),
        port: Some(8080),
        ..ImageConfig::default()
    }
}

/// Builds an image with an empty base, to be built on.
pub(crate) fn small_base(blobs: &Blobs) -> BuiltImage {
    let mut config = config();
    config.env = [("PATH".to_owned(), "/usr/bin".to_owned()), ("LANG".to_owned(), "C.UTF-8".to_owned())].into();
    config.labels = [("org.example.base".to_owned(), "yes".to_owned())].into();
    let source = tree(&[("lib/base.py", "BASE = 1\n")]);
    let overlay = Overlay { base: None, platform: &amd64(), source: &source, config: &config };
    overlay.build(blobs).expect("a base image")
}

/// Runs an outside tool, which the set-up installs, and gives its output. A missing tool fails the test.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} must be installed for this test: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}
