-- Each change of a slot is a revision that stays as it is; `current_bindings` says which one holds.
-- The columns of the plugin are NULL in a revision that emptied the slot. They hold no plugin back: a history outlives it.
CREATE TABLE binding_history (
    workspace TEXT NOT NULL, -- '*': the host's default
    slot TEXT NOT NULL,
    role TEXT NOT NULL, -- live, shadow
    number INTEGER NOT NULL, -- from 1, in its slot and role
    origin TEXT NOT NULL, -- bind, rollback, promote, unbind
    plugin_workspace TEXT,
    plugin TEXT,
    version TEXT,
    digest TEXT,
    terms TEXT, -- JSON
    note TEXT, -- JSON
    who TEXT, -- the key; NULL: the program itself
    at INTEGER NOT NULL,
    PRIMARY KEY (workspace, slot, role, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE current_bindings (
    workspace TEXT NOT NULL,
    slot TEXT NOT NULL,
    role TEXT NOT NULL,
    number INTEGER NOT NULL,
    plugin_workspace TEXT NOT NULL,
    plugin TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (workspace, slot, role),
    FOREIGN KEY (workspace, slot, role, number) REFERENCES binding_history (workspace, slot, role, number),
    FOREIGN KEY (plugin_workspace, plugin, version) REFERENCES plugins (workspace, name, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX current_bindings_by_plugin ON current_bindings (plugin_workspace, plugin, version);

INSERT INTO binding_history
    (workspace, slot, role, number, origin, plugin_workspace, plugin, version, digest, terms, at)
SELECT bindings.workspace, slot, 'live', 1, 'bind', plugin_workspace, plugin, bindings.version, digest,
       json_object('priority', priority), bound_at
FROM bindings JOIN plugins ON plugins.workspace = bindings.plugin_workspace AND plugins.name = bindings.plugin
                          AND plugins.version = bindings.version;
INSERT INTO current_bindings (workspace, slot, role, number, plugin_workspace, plugin, version)
SELECT workspace, slot, 'live', 1, plugin_workspace, plugin, version FROM bindings;
DROP TABLE bindings;
