CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE surveys (id bigint PRIMARY KEY, owner bigint NOT NULL REFERENCES users, title text NOT NULL);
CREATE TABLE answers (id bigint PRIMARY KEY, survey bigint NOT NULL REFERENCES surveys, answer text, given timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 'user' || n || '@example.org' FROM generate_series(1, 1000) n;
INSERT INTO surveys SELECT n, 1 + n % 1000, 'sondage ' || n FROM generate_series(1, 200) n;
INSERT INTO answers SELECT n, 1 + n % 200, md5(n::text) FROM generate_series(1, 5000) n;
