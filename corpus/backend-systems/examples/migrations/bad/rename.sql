-- squawk: renaming-column
ALTER TABLE users RENAME COLUMN mail TO email;
