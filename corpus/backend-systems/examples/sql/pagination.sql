-- OFFSET against keyset on 300,000 events.
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created_at timestamptz NOT NULL, note text NOT NULL);
INSERT INTO events (created_at, note) SELECT timestamptz '2026-01-01' + n * interval '1 second', 'event ' || n FROM generate_series(1, 300000) AS n;
CREATE INDEX events_created_id ON events (created_at DESC, id DESC);
VACUUM (ANALYZE) events;

EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id, created_at FROM events ORDER BY created_at DESC, id DESC LIMIT 20 OFFSET 200000;
-- plan has: actual rows=200020.00

-- region: keyset
SELECT id, note FROM events
WHERE (created_at, id) < ('2026-01-02 03:46:40+00', 100000)
ORDER BY created_at DESC, id DESC
LIMIT 3;
-- endregion: keyset
-- expect: 99999 | event 99999
-- expect: 99998 | event 99998
-- expect: 99997 | event 99997
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id, note FROM events WHERE (created_at, id) < ('2026-01-02 03:46:40+00', 100000) ORDER BY created_at DESC, id DESC LIMIT 20;
-- plan has: Index Scan using events_created_id
-- plan has: actual rows=20.00
-- plan lacks: Sort

-- region: batched-update
UPDATE events SET note = upper(note)
WHERE id IN (SELECT id FROM events WHERE id > 5000 ORDER BY id LIMIT 1000)
RETURNING id;
-- endregion: batched-update

-- region: estimate
SELECT reltuples::bigint FROM pg_class WHERE oid = 'events'::regclass;
-- endregion: estimate
-- expect: 300000
