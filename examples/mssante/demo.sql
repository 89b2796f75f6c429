CREATE TABLE users (id bigint PRIMARY KEY, rpps text NOT NULL UNIQUE);
CREATE TABLE mailboxes (id bigint PRIMARY KEY, owner bigint NOT NULL REFERENCES users, address text NOT NULL UNIQUE);
CREATE TABLE audit_log (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), what text NOT NULL);
INSERT INTO users SELECT n, lpad(n::text, 11, '0') FROM generate_series(1, 300) n;
INSERT INTO mailboxes SELECT n, n, 'bal' || n || '@mssante.example.fr' FROM generate_series(1, 300) n;
INSERT INTO audit_log SELECT n, now(), 'connexion' FROM generate_series(1, 4000) n;
