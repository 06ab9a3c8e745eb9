-- What actions of plans have done, by their idempotency keys, so that a plan that comes again is answered as the first time.
CREATE TABLE actions (
    workspace TEXT NOT NULL REFERENCES workspaces (name),
    idempotency_key TEXT NOT NULL,
    digest TEXT NOT NULL, -- of type and parameters
    result TEXT NOT NULL, -- JSON
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, idempotency_key)
) STRICT;
