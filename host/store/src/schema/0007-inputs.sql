-- What the plugins were asked at a deploy: kept for as long as it may be asked again. Its source is kept as long.
CREATE TABLE decision_inputs (
    workspace TEXT NOT NULL,
    decision TEXT NOT NULL,
    source_digest TEXT,
    body BLOB NOT NULL, -- zstd over JSON
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, decision),
    FOREIGN KEY (workspace, decision) REFERENCES decisions (workspace, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX decision_inputs_by_age ON decision_inputs (workspace, created_at);
CREATE INDEX decision_inputs_by_source ON decision_inputs (source_digest) WHERE source_digest IS NOT NULL;

-- What the candidate of a shadow binding has said so far, of the revision that bound it.
CREATE TABLE shadows (
    workspace TEXT NOT NULL,
    slot TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace, slot, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow_differences (
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL,
    slot TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX shadow_differences_by_slot ON shadow_differences (workspace, slot, revision, id);
