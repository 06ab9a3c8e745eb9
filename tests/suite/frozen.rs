//! The WIT package is frozen: what was built against 1.0.0 runs for ever.
//!
//! `tests/wit-1.0.0` is the package as it was frozen; nobody edits it. `wit/` may only grow: new interfaces, and in interfaces that
//! guests import new functions, methods and types. `tests/wit-1.1.0` is such a grown package, to show that it would work.

mod edits;
mod grown;
mod guests;
mod surface;

use crate::harness::root;
use std::fs;
use surface::{Surface, breaks};
use windlass_domain::source::sha256;

/// Of the package as it was frozen.
const FROZEN: &str = "sha256:6a849967523239bf462263891e79386fc552d8f0a3e609e7ec3fbd3eea2b5e2f";

/// The package of a folder below the root as one text, its header first.
fn package(folder: &str) -> String {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of the checkout");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("a WIT file is text"));
    let (with_header, rest): (Vec<_>, Vec<_>) = texts.partition(|text| text.starts_with("package "));
    with_header.into_iter().chain(rest).collect()
}

fn surface_of(folder: &str) -> Surface {
    Surface::read(&package(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"))
}

#[test]
fn the_frozen_package_is_what_was_frozen() {
    assert_eq!(sha256(package("tests/wit-1.0.0").as_bytes()), FROZEN, "tests/wit-1.0.0 is not edited");
}

#[test]
fn the_wit_package_only_grows() {
    let broken = breaks(&surface_of("tests/wit-1.0.0"), &surface_of("wit"));
    assert!(
        broken.is_empty(),
        "plugins that are built already would break, so undo these edits of wit/ and add something new beside them:\n- {}",
        broken.join("\n- ")
    );
}

#[test]
fn the_grown_package_of_the_tests_grows_from_the_frozen_one() {
    let (frozen, grown) = (surface_of("tests/wit-1.0.0"), surface_of("tests/wit-1.1.0"));
    assert_eq!(breaks(&frozen, &grown), Vec::<String>::new());
    assert_ne!(breaks(&grown, &frozen), Vec::<String>::new());
}
