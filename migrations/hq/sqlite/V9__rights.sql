-- People: who is blocked, whose first password is to be replaced, who was here when, and the second step.
ALTER TABLE users ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1));
ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));
ALTER TABLE users ADD COLUMN last_sign_in INTEGER;
-- The secret of the second step; and one that is offered, until a code of it was typed.
ALTER TABLE users ADD COLUMN totp_enc BLOB;
ALTER TABLE users ADD COLUMN totp_offered_enc BLOB;
-- The newest step of 30 seconds whose code was used: no code works twice.
ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;

-- Codes for who lost the telephone, each for once.
CREATE TABLE recovery_codes (
    "user" TEXT NOT NULL REFERENCES users (name),
    mac    TEXT NOT NULL,
    PRIMARY KEY ("user", mac)
) WITHOUT ROWID;

-- When the password was last typed in this session; whether the second step is still to come; where from.
ALTER TABLE sessions ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN code_due INTEGER NOT NULL DEFAULT 0 CHECK (code_due IN (0, 1));
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_user ON sessions ("user");

-- Each line of the audit is chained to the one before it. Lines from before this have no hash of their own: the first
-- hash covers them all.
ALTER TABLE audit ADD COLUMN hash TEXT;
