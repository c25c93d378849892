-- What is asked of JSON in lists stands in columns of its own: every database can search those.
ALTER TABLE claims ADD COLUMN claimed_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN granted_fen BIGINT NOT NULL DEFAULT 0;

-- A product's or promotion's name, and what it is found by.
ALTER TABLE shop ADD COLUMN name TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE shop ADD COLUMN words TEXT COLLATE "C" NOT NULL DEFAULT '';
