-- What each workspace has, kept true by triggers within the transaction of the change, so that a limit is looked at
-- without counting. Bytes are those of: each source that a revision names (packed, once), each blob that a repository
-- holds (once), artifacts (packed), and drafts. What two workspaces have counts for both.
CREATE TABLE workspace_use (
    workspace TEXT PRIMARY KEY REFERENCES workspaces (name),
    agents INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What revisions name outside themselves: the source by digest, the image without its registry.
ALTER TABLE revisions ADD COLUMN source_digest TEXT;
ALTER TABLE revisions ADD COLUMN image TEXT;
UPDATE revisions SET
    source_digest = json_extract(spec, '$.source_digest'),
    image = substr(json_extract(spec, '$.image'), instr(json_extract(spec, '$.image'), '/') + 1);
CREATE INDEX revisions_by_source ON revisions (source_digest, workspace) WHERE source_digest IS NOT NULL;
CREATE INDEX revisions_by_image ON revisions (image) WHERE image IS NOT NULL;
CREATE INDEX image_blobs_by_digest ON image_blobs (digest, workspace);
CREATE INDEX builds_by_name ON builds (workspace, name, image_digest);

INSERT INTO workspace_use (workspace, agents, bytes)
SELECT name,
    (SELECT count(*) FROM agents WHERE workspace = workspaces.name),
    (SELECT coalesce(sum(length(tree)), 0) FROM sources
     WHERE digest IN (SELECT source_digest FROM revisions WHERE workspace = workspaces.name))
    + (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT digest, size FROM image_blobs WHERE workspace = workspaces.name))
    + (SELECT coalesce(sum(length(body)), 0) FROM artifacts WHERE workspace = workspaces.name)
    + (SELECT coalesce(sum(octet_length(body)), 0) FROM drafts WHERE workspace = workspaces.name)
FROM workspaces;

CREATE TRIGGER use_begins AFTER INSERT ON workspaces BEGIN
    INSERT INTO workspace_use (workspace, agents, bytes) VALUES (NEW.name, 0, 0);
END;

CREATE TRIGGER agent_comes AFTER INSERT ON agents BEGIN
    UPDATE workspace_use SET agents = agents + 1 WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER agent_goes AFTER DELETE ON agents BEGIN
    UPDATE workspace_use SET agents = agents - 1 WHERE workspace = OLD.workspace;
END;

-- A source is stored before the first revision that names it, and removed after the last.
CREATE TRIGGER source_comes AFTER INSERT ON revisions
WHEN NEW.source_digest IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM revisions
    WHERE source_digest = NEW.source_digest AND workspace = NEW.workspace AND rowid <> NEW.rowid
) BEGIN
    UPDATE workspace_use
    SET bytes = bytes + coalesce((SELECT length(tree) FROM sources WHERE digest = NEW.source_digest), 0)
    WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER source_goes AFTER DELETE ON revisions
WHEN OLD.source_digest IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM revisions WHERE source_digest = OLD.source_digest AND workspace = OLD.workspace
) BEGIN
    UPDATE workspace_use
    SET bytes = bytes - coalesce((SELECT length(tree) FROM sources WHERE digest = OLD.source_digest), 0)
    WHERE workspace = OLD.workspace;
END;

CREATE TRIGGER blob_comes AFTER INSERT ON image_blobs
WHEN NOT EXISTS (
    SELECT 1 FROM image_blobs
    WHERE digest = NEW.digest AND workspace = NEW.workspace AND repository <> NEW.repository
) BEGIN
    UPDATE workspace_use SET bytes = bytes + NEW.size WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER blob_goes AFTER DELETE ON image_blobs
WHEN NOT EXISTS (SELECT 1 FROM image_blobs WHERE digest = OLD.digest AND workspace = OLD.workspace) BEGIN
    UPDATE workspace_use SET bytes = bytes - OLD.size WHERE workspace = OLD.workspace;
END;

CREATE TRIGGER artifact_comes AFTER INSERT ON artifacts BEGIN
    UPDATE workspace_use SET bytes = bytes + length(NEW.body) WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER artifact_goes AFTER DELETE ON artifacts BEGIN
    UPDATE workspace_use SET bytes = bytes - length(OLD.body) WHERE workspace = OLD.workspace;
END;

CREATE TRIGGER draft_comes AFTER INSERT ON drafts BEGIN
    UPDATE workspace_use SET bytes = bytes + octet_length(NEW.body) WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER draft_changes AFTER UPDATE OF body ON drafts BEGIN
    UPDATE workspace_use SET bytes = bytes + octet_length(NEW.body) - octet_length(OLD.body) WHERE workspace = NEW.workspace;
END;
CREATE TRIGGER draft_goes AFTER DELETE ON drafts BEGIN
    UPDATE workspace_use SET bytes = bytes - octet_length(OLD.body) WHERE workspace = OLD.workspace;
END;
