//! The source layer: the same bytes everywhere.

use super::*;
use crate::testing::tree;
use flate2::read::GzDecoder;
use std::io::Read as _;

/// Path, kind, mode and content of every entry.
fn entries(layer: &Layer) -> Vec<(String, EntryType, u32, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(&layer.bytes[..]));
    let read = |entry: io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.expect("an entry");
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("text");
        let header = entry.header();
        let numbers = (header.uid().expect("uid"), header.gid().expect("gid"), header.mtime().expect("mtime"));
        assert_eq!(numbers, (0, 0, 0));
        let path = entry.path().expect("a path").to_str().expect("text").to_owned();
        (path, header.entry_type(), header.mode().expect("a mode"), content)
    };
    archive.entries().expect("a tar").map(read).collect()
}

#[test]
fn entries_are_sorted_and_each_folder_stands_before_its_content() {
    let source = tree(&[("b/c/d.py", "D"), ("a.py", "A"), ("b/e.sh", "#!/bin/sh\n"), ("b.py", "B")]);
    let layer = source_layer(&source).expect("a layer");
    let seen: Vec<_> = entries(&layer).into_iter().map(|(path, kind, mode, _)| (path, kind, mode)).collect();
    let folder = |path: &str| (path.to_owned(), EntryType::Directory, 0o755);
    let file = |path: &str, mode| (path.to_owned(), EntryType::Regular, mode);
    assert_eq!(
        seen,
        [
            folder("app/"),
            file("app/a.py", 0o644),
            file("app/b.py", 0o644),
            folder("app/b/"),
            folder("app/b/c/"),
            file("app/b/c/d.py", 0o644),
            file("app/b/e.sh", 0o755),
        ]
    );
}

#[test]
fn the_bytes_are_pinned() {
    // A change of these digests changes the digest of every image built: it must be meant.
    let layer = source_layer(&tree(&[("agent.py", "print(\"hello\")\n")])).expect("a layer");
    assert_eq!(layer.diff_id.to_string(), "sha256:7496bd094f7d70aeab58319d56b45b9a7644762ffe5584124ab37da85893cd3d");
    assert_eq!(layer.digest.to_string(), "sha256:05303ea1677846f991e6751248eb12d9dcbae6a8eb11215dcfef703168eb57de");
}

#[test]
fn the_gzip_header_holds_no_time_no_name_and_no_system() {
    let layer = source_layer(&tree(&[("agent.py", "x = 1\n")])).expect("a layer");
    // Magic, deflate, no flags, time 0, no hint, system unknown (RFC 1952, section 2.3).
    assert_eq!(layer.bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn names_of_any_length_that_a_source_may_have_are_kept() {
    let long = format!("{}/{}.py", "d".repeat(120), "f".repeat(120));
    let one_part = "x".repeat(255);
    let source = tree(&[(&long, "L"), (&one_part, "O"), ("ü/ñ.py", "U")]);
    let paths: Vec<String> =
        entries(&source_layer(&source).expect("a layer")).into_iter().map(|(path, ..)| path).collect();
    for path in [&long, &one_part, "ü/ñ.py"] {
        assert!(paths.contains(&format!("app/{path}")), "{path}");
    }
}

#[test]
fn a_file_name_that_means_delete_is_refused() {
    for bad in [".wh.agent.py", "a/.wh..wh..opq", ".wh.d/x.py"] {
        let error = source_layer(&tree(&[(bad, "")])).expect_err("a whiteout");
        assert!(matches!(&error, ImageError::ReservedName { path } if path == bad), "{error}");
    }
    assert!(source_layer(&tree(&[(".whale", "")])).is_ok());
}
