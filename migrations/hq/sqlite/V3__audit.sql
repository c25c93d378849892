-- What people did stays as it was noted.
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

-- What programmes gave is counted anew, less what came back.
DELETE FROM meta WHERE name = 'claim_programmes';
