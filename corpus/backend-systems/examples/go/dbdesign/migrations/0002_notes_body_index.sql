-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_body ON notes (md5(body));

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS notes_body;
