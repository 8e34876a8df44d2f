-- A column gets a new name while two versions of the service are running: expand, move, contract.
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL);
INSERT INTO users (mail) VALUES ('ann@example.com'), ('bob@example.com');

-- Step 1, before the deployment: the new column, kept equal by a trigger in both directions.
ALTER TABLE users ADD COLUMN email text;
CREATE FUNCTION sync_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND new.email IS DISTINCT FROM old.email THEN
        new.mail := new.email;
    ELSIF new.mail IS NOT NULL AND (TG_OP = 'INSERT' OR new.mail IS DISTINCT FROM old.mail) THEN
        new.email := new.mail;
    ELSE
        new.email := coalesce(new.email, new.mail);
        new.mail := coalesce(new.mail, new.email);
    END IF;
    RETURN new;
END;
$$;
CREATE TRIGGER sync_email BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_email();

-- Step 2: the old rows, in batches on a large table; then the rule for all rows.
UPDATE users SET email = mail WHERE email IS NULL;
ALTER TABLE users ADD CONSTRAINT users_email_set NOT NULL email NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT users_email_set;

-- Step 3, the deployment: old and new version write side by side.
INSERT INTO users (mail) VALUES ('old@example.com');
INSERT INTO users (email) VALUES ('new@example.com');
UPDATE users SET mail = 'ann@old.example.com' WHERE id = 1;
UPDATE users SET email = 'bob@new.example.com' WHERE id = 2;
SELECT mail, email FROM users ORDER BY id;
-- expect: ann@old.example.com | ann@old.example.com
-- expect: bob@new.example.com | bob@new.example.com
-- expect: old@example.com | old@example.com
-- expect: new@example.com | new@example.com

-- Step 4, a release later, when nothing reads `mail` any more.
DROP TRIGGER sync_email ON users;
DROP FUNCTION sync_email();
ALTER TABLE users DROP COLUMN mail;
SELECT email FROM users ORDER BY id;
-- expect: ann@old.example.com
-- expect: bob@new.example.com
-- expect: old@example.com
-- expect: new@example.com
