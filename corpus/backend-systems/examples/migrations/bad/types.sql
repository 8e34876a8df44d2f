-- squawk: prefer-identity, prefer-bigint-over-int, prefer-timestamp-tz, prefer-text-field, ban-char-field
CREATE TABLE payments (
    id serial PRIMARY KEY,
    paid_at timestamp,
    method varchar(20),
    country char(2),
    amount double precision -- no linter says it: amounts drift
);
