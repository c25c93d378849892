-- People: who is blocked, whose first password is to be replaced, who was here when, and the second step.
ALTER TABLE users ADD COLUMN blocked BIGINT NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1));
ALTER TABLE users ADD COLUMN must_change BIGINT NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));
ALTER TABLE users ADD COLUMN last_sign_in BIGINT;
-- The secret of the second step; and one that is offered, until a code of it was typed.
ALTER TABLE users ADD COLUMN totp_enc BYTEA;
ALTER TABLE users ADD COLUMN totp_offered_enc BYTEA;
-- The newest step of 30 seconds whose code was used: no code works twice.
ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;

-- Codes for who lost the telephone, each for once.
CREATE TABLE recovery_codes (
    "user" TEXT COLLATE "C" NOT NULL REFERENCES users (name),
    mac    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", mac)
);

-- When the password was last typed in this session; whether the second step is still to come; where from.
ALTER TABLE sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN code_due BIGINT NOT NULL DEFAULT 0 CHECK (code_due IN (0, 1));
ALTER TABLE sessions ADD COLUMN address TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX sessions_by_user ON sessions ("user");

-- Each line of the audit is chained to the one before it. Lines from before this have no hash of their own: the first
-- hash covers them all.
ALTER TABLE audit ADD COLUMN hash TEXT COLLATE "C";

-- What people did stays as it was noted.
CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit only grows';
END
$$;
DROP TRIGGER IF EXISTS audit_stays ON audit;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
DROP TRIGGER IF EXISTS audit_is_kept ON audit;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
