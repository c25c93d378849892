-- What the window asks for in the middle of a sale.
-- Pinyin initials of a product's name, such as DBDM for 东北大米; the program fills them.
ALTER TABLE products ADD COLUMN initials TEXT NOT NULL DEFAULT '';
CREATE INDEX products_by_initials ON products (initials);
-- A year of paper must not slow down the question what waits.
CREATE INDEX print_jobs_by_state ON print_jobs (state);
