//! The embedded store: `SQLite` in the data directory, one writer that groups commits, many readers.
//!
//! Invariants: only this crate names SQL; rows become types of `windlass-domain` or records of this crate at the border
//! of their noun's file. What a write method has answered survives a kill and a power loss (WAL, `synchronous=FULL`).
//! Secrets leave this crate's memory only sealed; they are in no error and no `Debug` output.
//! Ids and times come from the caller; only nonces and the key file's bytes are drawn here.

mod actions;
mod agents;
mod artifacts;
mod audit;
mod bindings;
mod builds;
mod components;
mod decisions;
mod directory;
mod drafts;
mod error;
mod images;
mod inputs;
mod keys;
mod limits;
mod open;
mod plugins;
mod readers;
mod record;
mod reserve;
mod resources;
mod retention;
mod revisions;
mod row;
mod schema;
mod seal;
mod secrets;
mod settings;
mod shadows;
mod snapshot;
mod sources;
mod usage;
mod workspaces;
mod writer;

pub use actions::ActionRecord;
pub use artifacts::ArtifactRecord;
pub use audit::{AuditEntry, AuditRecord};
pub use bindings::{Binding, BindingRevision, Bindings, BoundTo, By, Seat};
pub use builds::{BuildOutcome, BuildRecord, BuildStatus};
pub use drafts::{DraftRecord, DraftSeen, DraftStatus};
pub use error::{DatabaseError, OpenError, StoreError};
pub use images::{BlobKind, ImageBlob, ImageRecord, ImageTag};
pub use inputs::{MAX_INPUT_BYTES, Recording};
pub use keys::{KeyKind, KeyRecord};
pub use limits::{Limited, Limits, OwnLimits, Use};
pub use open::Store;
pub use plugins::PluginRecord;
pub use record::{DeployRecord, Recorded};
pub use resources::{Resource, Upserted};
pub use retention::{Expired, OldRevision, Repository};
pub use seal::{Secret, Signer};
pub use shadows::{Disagreement, MAX_DIFFERENCES, ShadowRef, ShadowRun};
pub use snapshot::{Restoring, Snapshot};
pub use usage::{Usage, UsageOf};
pub use workspaces::Workspace;

#[cfg(test)]
mod tests;
