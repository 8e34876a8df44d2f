-- squawk: ban-drop-column
ALTER TABLE users DROP COLUMN mail;
