-- +goose Up
CREATE TABLE notes (
    id uuid PRIMARY KEY,
    tenant_id bigint NOT NULL DEFAULT current_setting('app.tenant')::bigint,
    body text NOT NULL,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX notes_tenant ON notes (tenant_id);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON notes USING (tenant_id = current_setting('app.tenant')::bigint);
CREATE TABLE payments (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount_minor bigint NOT NULL, currency text NOT NULL, rate numeric(12, 6), paid_at timestamptz);

-- +goose Down
DROP TABLE payments, notes;
