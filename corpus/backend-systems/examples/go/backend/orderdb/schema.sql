CREATE TABLE orders (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text   NOT NULL,
    cents    bigint NOT NULL CHECK (cents >= 0)
);
