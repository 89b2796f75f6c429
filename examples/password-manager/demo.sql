CREATE TABLE auth_user (id bigint PRIMARY KEY, username text NOT NULL UNIQUE);
CREATE TABLE vault_entry (id bigint PRIMARY KEY, owner bigint NOT NULL REFERENCES auth_user, ciphertext bytea NOT NULL);
INSERT INTO auth_user SELECT n, 'user' || n FROM generate_series(1, 20) n;
INSERT INTO vault_entry SELECT n, 1 + n % 20, sha256(n::text::bytea) FROM generate_series(1, 2000) n;
