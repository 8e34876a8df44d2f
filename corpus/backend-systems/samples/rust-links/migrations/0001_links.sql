CREATE TABLE links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    target text NOT NULL
);

CREATE TABLE clicks (
    link_id bigint NOT NULL REFERENCES links (id),
    clicked_at timestamptz NOT NULL DEFAULT now()
);
