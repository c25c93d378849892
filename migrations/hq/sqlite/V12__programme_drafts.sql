-- Versions of programmes while they are written, as they were typed, and what became of them.
CREATE TABLE programme_drafts (
    id           INTEGER PRIMARY KEY,
    code         TEXT NOT NULL,
    -- The newest published version when it was saved; none: a new programme.
    base         INTEGER,
    typed        TEXT NOT NULL,
    -- The document, once it is whole.
    document     TEXT,
    state        TEXT NOT NULL CHECK (state IN ('draft', 'published', 'discarded')),
    revision     INTEGER NOT NULL,
    drafted_by   TEXT NOT NULL,
    changed_by   TEXT NOT NULL,
    changed_at   INTEGER NOT NULL,
    -- Once published.
    version      INTEGER,
    published_by TEXT,
    published_at INTEGER
);
CREATE INDEX programme_drafts_by_state ON programme_drafts (state, id);
CREATE INDEX programme_drafts_by_code ON programme_drafts (code, version);

-- Everyone who wrote on a draft: none of them publishes it.
CREATE TABLE programme_draft_hands (
    draft_id INTEGER NOT NULL REFERENCES programme_drafts (id),
    who      TEXT NOT NULL,
    PRIMARY KEY (draft_id, who)
) WITHOUT ROWID;
