-- What is asked of JSON in lists stands in columns of its own: every database can search those.
ALTER TABLE claims ADD COLUMN claimed_fen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN granted_fen INTEGER NOT NULL DEFAULT 0;
UPDATE claims SET
    claimed_fen = coalesce(CAST(replace(json_extract(totals, '$.claim'), '.', '') AS INTEGER), 0),
    granted_fen = coalesce(CAST(replace(json_extract(granted, '$.claim'), '.', '') AS INTEGER), 0);

-- A product's or promotion's name, and what it is found by.
ALTER TABLE shop ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE shop ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE shop SET
    name = coalesce(json_extract(body, '$.name'), ''),
    words = coalesce(json_extract(body, '$.name'), '') || ' ' || coalesce(json_extract(body, '$.spec'), '')
        || ' ' || key
WHERE body IS NOT NULL;
