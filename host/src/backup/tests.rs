//! Backups at their edges: what is refused, and that nothing half starts.

use super::*;
use std::fs;
use tempfile::TempDir;
use windlass_domain::WorkspaceName;
use windlass_image::Blobs;
use windlass_store::{BlobKind, ImageBlob, ImageRecord, Store};

/// A data directory with one blob, closed, and a backup of it.
struct Fixture {
    folder: TempDir,
    blob: windlass_image::Digest,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = folder.path().join("data");
        let store = Store::open(&data_dir).expect("a data directory");
        let blobs = Blobs::open(&data_dir.join(IMAGES)).expect("a store of blobs");
        let blob = blobs.put(b"layer").expect("stored");
        let workspace = WorkspaceName::parse("workspace", "default").expect("a name");
        store.create_workspace(&workspace, 1).await.expect("made");
        let held = ImageBlob { digest: blob.to_string(), media_type: "x".into(), size: 5, kind: BlobKind::Layer };
        let record = ImageRecord { workspace, repository: "bot".into(), blobs: vec![held], tags: Vec::new() };
        store.record_image(record).await.expect("recorded");
        fs::write(data_dir.join("operator-key"), "wl_op_secret\n").expect("written");
        Self { folder, blob }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make(&self, with_keys: bool) -> Result<Made, BackupError> {
        make(&self.path("data"), &self.path("backup"), with_keys, |_| {})
    }

    fn restore(&self) -> Result<Restored, BackupError> {
        restore(&self.path("backup"), &self.path("restored"), |_| {})
    }

    fn blob_file(&self, of: &str) -> PathBuf {
        let hex = self.blob.hex();
        self.path(of).join(IMAGES).join("sha256").join(&hex[..2]).join(&hex)
    }
}

#[tokio::test]
async fn a_backup_restores_to_what_was_there_and_every_file_of_it_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = Fixture::new().await;
    let made = fixture.make(true).expect("made");
    assert_eq!((made.progress.files, made.progress.of_files, made.has_keys), (4, 4, true));
    for file in ["", "windlass.db", "secret.key", "operator-key", "backup.json"] {
        let permissions = fs::metadata(fixture.path("backup").join(file)).expect("there").permissions();
        assert_eq!(permissions.mode() & 0o077, 0, "{file}");
    }
    let restored = fixture.restore().expect("restored");
    assert_eq!((restored.progress, restored.has_keys), (made.progress, true));
    assert_eq!(fs::read(fixture.blob_file("restored")).expect("there"), b"layer");
    let store = Store::open(&fixture.path("restored")).expect("it opens");
    assert_eq!(store.workspaces().expect("read").len(), 1);
}

#[tokio::test]
async fn without_the_keys_none_is_in_it() {
    let fixture = Fixture::new().await;
    assert!(!fixture.make(false).expect("made").has_keys);
    for file in ["secret.key", "operator-key"] {
        assert!(!fixture.path("backup").join(file).exists(), "{file}");
    }
    assert!(!fixture.restore().expect("restored").has_keys);
}

#[tokio::test]
async fn neither_a_backup_nor_a_restore_goes_over_what_is_there() {
    let fixture = Fixture::new().await;
    fixture.make(true).expect("made");
    assert!(matches!(fixture.make(true), Err(BackupError::Taken(_))));
    let inside = fixture.path("data").join("backup");
    assert!(matches!(make(&fixture.path("data"), &inside, true, |_| {}), Err(BackupError::Taken(_))));
    fs::create_dir(fixture.path("restored")).expect("made");
    fs::write(fixture.path("restored").join("notes.txt"), "mine").expect("written");
    assert!(matches!(fixture.restore(), Err(BackupError::Store(OpenError::NotEmpty { .. }))));
    assert_eq!(fs::read_dir(fixture.path("restored")).expect("there").count(), 1, "nothing came");
    let nowhere = make(&fixture.path("nowhere"), &fixture.path("other"), true, |_| {});
    assert!(matches!(nowhere, Err(BackupError::NoDataDir(_))) && !fixture.path("other").exists());
}

#[tokio::test]
async fn a_backup_that_fails_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    fs::remove_file(fixture.blob_file("data")).expect("removed");
    assert!(matches!(fixture.make(true), Err(BackupError::File { action: "open", .. })));
    assert!(!fixture.path("backup").exists());
}

/// Damages a backup, and looks at what a restore says and leaves.
async fn damaged(damage: impl Fn(&Fixture)) -> BackupError {
    let fixture = Fixture::new().await;
    fixture.make(true).expect("made");
    damage(&fixture);
    let refused = fixture.restore().expect_err("damaged");
    let was_made = fixture.path("restored").exists();
    let started = Store::open(&fixture.path("restored"));
    match &refused {
        // Refused before anything was made.
        BackupError::NoBackup(_) | BackupError::Newer { .. } => assert!(!was_made),
        BackupError::Damaged { file, .. } if file == list::FILE => assert!(!was_made),
        _ => assert!(matches!(started, Err(OpenError::HalfRestored { .. })), "{refused}: {started:?}"),
    }
    refused
}

#[tokio::test]
async fn a_damaged_backup_is_refused_by_the_name_of_the_file_and_what_came_of_it_does_not_start() {
    let of = |refused: &BackupError| match refused {
        BackupError::Damaged { file, .. } => file.clone(),
        other => panic!("{other}"),
    };
    let changed = damaged(|fixture| fs::write(fixture.blob_file("backup"), b"lAyer").expect("written")).await;
    assert!(of(&changed).starts_with("images/sha256/"), "{changed}");
    let cut = damaged(|fixture| fs::write(fixture.blob_file("backup"), b"laye").expect("written")).await;
    assert!(of(&cut).starts_with("images/sha256/") && cut.to_string().contains("4 bytes"), "{cut}");
    let gone = damaged(|fixture| fs::remove_file(fixture.path("backup").join("windlass.db")).expect("removed")).await;
    assert_eq!(of(&gone), "windlass.db");
}

/// Changes the list of a backup.
fn edit(fixture: &Fixture, from: &str, to: &str) {
    let file = fixture.path("backup").join(list::FILE);
    let text = fs::read_to_string(&file).expect("a list");
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).expect("written");
}

#[tokio::test]
async fn a_list_that_is_gone_newer_or_leads_elsewhere_is_refused_before_anything_is_made() {
    let list = |fixture: &Fixture| fixture.path("backup").join(list::FILE);
    let none = damaged(|fixture| fs::remove_file(list(fixture)).expect("removed")).await;
    assert!(matches!(none, BackupError::NoBackup(_)), "{none}");
    let newer = damaged(|fixture| edit(fixture, "\"format\": 1", "\"format\": 2")).await;
    assert!(matches!(newer, BackupError::Newer { .. }), "{newer}");
    for path in ["../operator-key", "/etc/passwd", "images/sha256/../../operator-key", "restore-unfinished"] {
        let elsewhere = damaged(|fixture| edit(fixture, "\"operator-key\"", &format!("{path:?}"))).await;
        assert!(matches!(&elsewhere, BackupError::Damaged { file, .. } if file == list::FILE), "{elsewhere}");
    }
}

/// Changes the list of a backup as JSON.
fn edit_files(fixture: &Fixture, change: impl Fn(&mut Vec<serde_json::Value>)) {
    let file = fixture.path("backup").join(list::FILE);
    let mut list: serde_json::Value = serde_json::from_slice(&fs::read(&file).expect("a list")).expect("JSON");
    change(list["files"].as_array_mut().expect("a list of files"));
    fs::write(file, list.to_string()).expect("written");
}

#[tokio::test]
async fn a_list_that_lacks_what_the_database_names_is_refused() {
    for lacking in ["images/", "windlass.db"] {
        let refused = damaged(|fixture| {
            edit_files(fixture, |files| {
                files.retain(|file| !file["path"].as_str().is_some_and(|path| path.starts_with(lacking)));
            });
        })
        .await;
        assert!(matches!(&refused, BackupError::Damaged { file, .. } if file.starts_with(lacking)), "{refused}");
        assert!(refused.to_string().contains("not in the list"), "{refused}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let refused = damaged(|fixture| {
        let database = fixture.path("backup").join("windlass.db");
        let mut bytes = fs::read(&database).expect("a database");
        // `user_version` (SQLite file format, 1.3).
        bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
        let digest = windlass_domain::source::sha256(&bytes);
        fs::write(database, bytes).expect("written");
        edit_files(fixture, |files| files[0]["digest"] = digest.clone().into());
    })
    .await;
    assert!(matches!(&refused, BackupError::Store(OpenError::Newer { found: 999, .. })), "{refused}");
}
