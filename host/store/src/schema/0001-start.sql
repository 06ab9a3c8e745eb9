-- Times are milliseconds since the Unix epoch, UTC. JSON columns hold serialised values of the domain.
-- '*' as a workspace (plugins, bindings) means the whole host: no workspace can have that name.

CREATE TABLE workspaces (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    workspace TEXT REFERENCES workspaces (name), -- NULL: an operator key
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE, -- SHA-256
    prefix TEXT NOT NULL,
    last4 TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX keys_by_workspace ON keys (workspace, created_at);

CREATE TABLE resources (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    status TEXT,
    secret BLOB, -- sealed
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    name TEXT NOT NULL,
    current INTEGER NOT NULL, -- the number of the revision that shall serve
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    workspace TEXT NOT NULL,
    agent TEXT NOT NULL,
    number INTEGER NOT NULL,
    spec TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    build_id TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, agent, number),
    FOREIGN KEY (workspace, agent) REFERENCES agents (workspace, name) ON DELETE CASCADE
) STRICT;

-- Decisions outlive their agent: they explain what once ran.
CREATE TABLE decisions (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    id TEXT NOT NULL,
    agent TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT;
CREATE INDEX decisions_by_agent ON decisions (workspace, agent, created_at);

CREATE TABLE builds (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    image TEXT NOT NULL,
    image_digest TEXT,
    error TEXT,
    created_at INTEGER NOT NULL,
    completed_at INTEGER,
    PRIMARY KEY (workspace, id)
) STRICT;

CREATE TABLE sources (
    digest TEXT PRIMARY KEY,
    tree BLOB NOT NULL, -- zstd over the JSON map of path to content
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE drafts (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT;

CREATE TABLE artifacts (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    body BLOB NOT NULL, -- zstd over JSON
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT;

CREATE TABLE plugins (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    world TEXT NOT NULL,
    metadata TEXT NOT NULL,
    builtin INTEGER NOT NULL,
    installed_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, name, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX plugins_by_digest ON plugins (digest);

CREATE TABLE bindings (
    workspace TEXT NOT NULL,
    slot TEXT NOT NULL,
    plugin_workspace TEXT NOT NULL,
    plugin TEXT NOT NULL,
    version TEXT NOT NULL,
    priority INTEGER NOT NULL,
    bound_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot),
    FOREIGN KEY (plugin_workspace, plugin, version) REFERENCES plugins (workspace, name, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX bindings_by_plugin ON bindings (plugin_workspace, plugin, version);

-- Counts the changes of a workspace's bindings; '*' counts those of the host-wide defaults.
CREATE TABLE binding_revisions (
    workspace TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE image_blobs (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (workspace, repository, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE image_tags (
    workspace TEXT NOT NULL,
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (workspace, repository, tag),
    FOREIGN KEY (workspace, repository, digest) REFERENCES image_blobs (workspace, repository, digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX image_tags_by_digest ON image_tags (workspace, repository, digest);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
