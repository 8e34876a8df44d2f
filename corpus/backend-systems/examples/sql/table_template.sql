-- A table of a tenant's things: keys, checks, history of changes, row security, and the rights of the service.
CREATE ROLE app;
CREATE TABLE projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    tenant_id bigint NOT NULL DEFAULT current_setting('app.tenant')::bigint,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
    budget_minor bigint NOT NULL DEFAULT 0 CHECK (budget_minor >= 0),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN new.updated_at := now(); new.version := old.version + 1; RETURN new; END; $$;
CREATE TRIGGER touch BEFORE UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE projects FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON projects USING (tenant_id = current_setting('app.tenant')::bigint);
GRANT SELECT, INSERT, UPDATE, DELETE ON projects TO app;

-- How it behaves, checked on PostgreSQL 18:
SET ROLE app;
SELECT set_config('app.tenant', '1', false);
INSERT INTO projects (name) VALUES ('atlas');
UPDATE projects SET budget_minor = 5000 WHERE name = 'atlas' AND version = 1 RETURNING version;
-- expect: 2
UPDATE projects SET budget_minor = 1 WHERE name = 'atlas' AND version = 1 RETURNING version;
INSERT INTO projects (name) VALUES ('atlas');
-- error: duplicate key value violates unique constraint "projects_tenant_id_name_key"
SELECT set_config('app.tenant', '2', false);
SELECT count(*) FROM projects;
-- expect: 0
