-- What a workspace has set; an absent row is the default. `value` is JSON.
CREATE TABLE settings (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;
