//! Starting the real program, and talking to it.

mod client;
mod mask;
mod registry;
mod server;
mod snapshot;
mod upstream;
mod volume;

pub use client::{Answer, Client, assert_refused};
pub use mask::masked;
pub use registry::{Registry, USER};
pub use server::{CANARY, Server, Settings, quiet, shared};
pub use snapshot::difference;
pub use upstream::{Llmock, Recorder};

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root")
}

/// The folder that built programs are in: the test binary is in its `deps`.
pub fn release() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    test.ancestors().nth(2).expect("target/PROFILE/deps/suite-…").to_owned()
}

/// A built component: `python-detector` or `tests/trap`.
pub fn component(name: &str) -> Vec<u8> {
    let path = root().join("target/components").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `make test` builds it", path.display()))
}
