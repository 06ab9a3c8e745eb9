//! The store of blobs at its edges: damage, kills, limits.

use super::*;
use crate::testing::{TestStore, store};
use std::thread;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn a_blob_comes_back_as_it_was_put() {
    let TestStore { folder, blobs } = store();
    let digest = blobs.put(b"hello").expect("stored");
    assert_eq!(blobs.get(&digest).expect("there"), b"hello");
    assert_eq!(blobs.size(&digest).expect("there"), 5);
    let (mut file, length) = blobs.open_blob(&digest).expect("there");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("readable");
    assert_eq!((text.as_str(), length), ("hello", 5));
    let hex = digest.hex();
    assert!(folder.path().join("blobs/sha256").join(&hex[..2]).join(&hex).is_file());
}

#[test]
fn a_blob_that_was_never_put_is_missing() {
    let TestStore { blobs, folder: _folder } = store();
    let digest = Digest::of(b"never");
    assert!(!blobs.contains(&digest));
    assert!(matches!(blobs.get(&digest), Err(ImageError::Missing { .. })));
    assert!(matches!(blobs.size(&digest), Err(ImageError::Missing { .. })));
    assert!(matches!(blobs.open_blob(&digest), Err(ImageError::Missing { .. })));
}

#[test]
fn a_blob_that_changed_on_disk_is_refused() {
    let TestStore { blobs, folder: _folder } = store();
    let digest = blobs.put(b"hello").expect("stored");
    fs::write(blobs.path(&digest), b"hellO").expect("written");
    let error = blobs.get(&digest).expect_err("its content is not its name");
    assert!(matches!(error, ImageError::Corrupt { digest: named, .. } if named == digest), "{error}");
}

#[test]
fn a_blob_that_is_there_is_not_written_again() {
    let TestStore { blobs, folder: _folder } = store();
    let digest = blobs.put(b"hello").expect("stored");
    let written = fs::metadata(blobs.path(&digest)).expect("there").modified().expect("a time");
    thread::sleep(std::time::Duration::from_millis(20));
    blobs.put(b"hello").expect("stored");
    assert_eq!(fs::metadata(blobs.path(&digest)).expect("there").modified().expect("a time"), written);
}

#[test]
fn a_stream_is_taken_only_when_it_is_what_was_announced() {
    let TestStore { folder, blobs } = store();
    let digest = Digest::of(b"layer");
    assert_eq!(blobs.ingest_from(&b"layer"[..], &digest, 5).expect("as announced"), 5);
    assert!(blobs.contains(&digest));

    let other = Digest::of(b"other");
    let mismatch = blobs.ingest_from(&b"0ther"[..], &other, 5).expect_err("other bytes");
    assert!(matches!(mismatch, ImageError::Mismatch { expected, .. } if expected == other), "{mismatch}");
    let too_large = blobs.ingest_from(&b"other!"[..], &other, 5).expect_err("one byte too many");
    assert!(matches!(too_large, ImageError::TooLarge { limit: 5, .. }), "{too_large}");
    assert!(!blobs.contains(&other));
    assert_eq!(files_below(&folder.path().join("blobs/tmp")), Vec::<PathBuf>::new());
}

#[test]
fn opening_removes_what_a_killed_process_left_and_nothing_else() {
    let TestStore { folder, blobs } = store();
    let digest = blobs.put(b"whole").expect("stored");
    // A killed process runs no destructor: neither does this one.
    let mut ingest = blobs.ingest(100).expect("begun");
    ingest.write(b"half").expect("written");
    std::mem::forget(ingest);
    let root = folder.path().join("blobs");
    let strangers = [root.join("tmp/notes.txt"), root.join("sha256/README"), root.join("sha256/00/lost+found")];
    for stranger in &strangers {
        fs::write(stranger, "not ours").expect("written");
    }
    let reopened = Blobs::open(&root).expect("opened again");
    assert!(strangers.iter().all(|stranger| stranger.exists()));
    assert_eq!(files_below(&root.join("tmp")), [strangers[0].clone()]);
    assert_eq!(reopened.get(&digest).expect("there"), b"whole");
}

#[test]
fn the_same_blob_may_be_put_from_many_threads() {
    let TestStore { blobs, folder } = store();
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| blobs.put(&content).expect("stored"));
        }
    });
    assert_eq!(blobs.get(&Digest::of(&content)).expect("there"), content);
    assert_eq!(files_below(&folder.path().join("blobs/tmp")), Vec::<PathBuf>::new());
}

/// Set for the process that the test below starts and kills: the store to write to.
const WRITER: &str = "WINDLASS_TEST_BLOB_WRITER";

/// Content `number` of the writer: sizes from a few bytes to 40 KB.
fn content(number: usize) -> Vec<u8> {
    format!("{number} ").into_bytes().repeat(1 + number * 7919 % 8_000)
}

#[test]
fn a_writer_killed_at_any_moment_leaves_whole_blobs_only() {
    if let Ok(root) = std::env::var(WRITER) {
        let blobs = Blobs::open(Path::new(&root)).expect("opened");
        for number in 0..usize::MAX {
            blobs.put(&content(number)).expect("stored");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("blobs");
    for round in 0..12 {
        let mut writer = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "blobs::tests::a_writer_killed_at_any_moment_leaves_whole_blobs_only"])
            .env(WRITER, &root)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a second process");
        thread::sleep(std::time::Duration::from_millis(40 + 13 * round));
        writer.kill().expect("it writes for ever");
        writer.wait().expect("ended");

        let blobs = Blobs::open(&root).expect("opened again");
        assert_eq!(files_below(&root.join("tmp")), Vec::<PathBuf>::new());
        for path in files_below(&root.join("sha256")) {
            let hex = path.file_name().expect("a name").to_str().expect("text");
            let digest = Digest::parse(&format!("sha256:{hex}")).expect("a digest");
            blobs.get(&digest).expect("whole");
        }
    }
    assert!(!files_below(&root.join("sha256")).is_empty(), "the writer never got to write");
}
