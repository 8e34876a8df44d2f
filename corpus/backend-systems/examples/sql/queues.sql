-- Queues, outbox, inbox and sagas as tables in PostgreSQL 18. Each statement is followed by what it has to give.

-- region: queue-table
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    dead_at timestamptz,
    last_error text
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE dead_at IS NULL;
-- endregion: queue-table

-- region: outbox-table
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id uuid NOT NULL DEFAULT uuidv7(),
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- endregion: outbox-table

-- region: inbox-table
CREATE TABLE inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);
-- endregion: inbox-table

-- region: saga-table
CREATE TABLE sagas (
    id uuid PRIMARY KEY,
    state text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sagas_open ON sagas (changed_at) WHERE state NOT IN ('confirmed', 'cancelled');
-- endregion: saga-table

CREATE TABLE accounts (id text PRIMARY KEY, cents bigint NOT NULL);
CREATE TABLE orders (id text PRIMARY KEY, status text NOT NULL, version bigint NOT NULL);
INSERT INTO accounts VALUES ('ada', 0);
INSERT INTO orders VALUES ('o-1', 'new', 1);

-- An inbox row and the effect commit together; the second delivery inserts nothing and so changes nothing.
-- region: inbox-in-one-statement
WITH first_time AS (
    INSERT INTO inbox (consumer, message_id)
    VALUES ('billing', '0199b5a0-0000-7000-8000-000000000001')
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
UPDATE accounts SET cents = cents + 500
WHERE id = 'ada' AND EXISTS (SELECT 1 FROM first_time)
RETURNING cents;
-- endregion: inbox-in-one-statement
-- expect: 500
WITH first_time AS (
    INSERT INTO inbox (consumer, message_id)
    VALUES ('billing', '0199b5a0-0000-7000-8000-000000000001')
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
UPDATE accounts SET cents = cents + 500
WHERE id = 'ada' AND EXISTS (SELECT 1 FROM first_time)
RETURNING cents;
SELECT cents FROM accounts WHERE id = 'ada';
-- expect: 500

-- Version 3 arrives before version 2: the late one finds no row to change.
-- region: newer-version-wins
UPDATE orders SET status = 'shipped', version = 3
WHERE id = 'o-1' AND version < 3;
-- endregion: newer-version-wins
UPDATE orders SET status = 'paid', version = 2
WHERE id = 'o-1' AND version < 2;
SELECT status, version FROM orders WHERE id = 'o-1';
-- expect: shipped | 3

INSERT INTO jobs (kind, payload) SELECT 'mail', jsonb_build_object('n', n) FROM generate_series(1, 3) AS n;
INSERT INTO jobs (kind, payload, run_at) VALUES ('mail', '{"n": 4}', now() + interval '1 hour');

-- Claiming hides the rows for 30 seconds: run_at is the end of the lease.
-- region: claim
WITH due AS MATERIALIZED (
    SELECT id FROM jobs
    WHERE dead_at IS NULL AND run_at <= now()
    ORDER BY run_at, id
    LIMIT 2
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET attempts = attempts + 1, run_at = now() + interval '30 seconds'
FROM due WHERE jobs.id = due.id
RETURNING jobs.id, jobs.payload, jobs.attempts;
-- endregion: claim
SELECT count(*) FROM jobs WHERE dead_at IS NULL AND run_at <= now();
-- expect: 1

-- The worker that still holds the lease may finish the job; one whose lease ran out, and whose job was claimed again, may not.
DELETE FROM jobs WHERE id = 1 AND attempts = 0 RETURNING id;
DELETE FROM jobs WHERE id = 1 AND attempts = 1 RETURNING id;
-- expect: 1

-- region: queue-lag
SELECT count(*) FILTER (WHERE run_at <= now()) AS waiting,
       count(*) FILTER (WHERE run_at > now()) AS leased_or_delayed,
       coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE run_at <= now())), 0)::int AS oldest_seconds
FROM jobs WHERE dead_at IS NULL;
-- endregion: queue-lag
-- expect: 1 | 2 | 0

-- region: redrive
UPDATE jobs SET dead_at = NULL, attempts = 0, run_at = now()
WHERE dead_at IS NOT NULL AND last_error LIKE '%connection refused%'
RETURNING id;
-- endregion: redrive

-- The payload of a notification is limited; it carries an id or nothing.
SELECT pg_notify('jobs', repeat('x', 7999));
SELECT pg_notify('jobs', repeat('x', 8000));
-- error: payload string too long

-- LISTEN belongs to a session; a channel of a pooled transaction is gone with it.
LISTEN jobs;
SELECT pg_listening_channels();
-- expect: jobs
UNLISTEN *;

-- The claim is served by the partial index, however many dead jobs are kept.
INSERT INTO jobs (kind, payload, dead_at) SELECT 'old', '{}', now() FROM generate_series(1, 20000);
ANALYZE jobs;
EXPLAIN SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= now() ORDER BY run_at, id LIMIT 2 FOR UPDATE SKIP LOCKED;
-- plan has: jobs_due
-- plan lacks: Sort
