-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_body ON notes (md5(body));
