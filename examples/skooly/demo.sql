CREATE TABLE schools (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (id bigint PRIMARY KEY, school bigint NOT NULL REFERENCES schools, login text NOT NULL UNIQUE);
CREATE TABLE grades (id bigint PRIMARY KEY, pupil bigint NOT NULL, mark numeric(4, 2) NOT NULL, given timestamptz NOT NULL DEFAULT now());
INSERT INTO schools SELECT n, 'Lycée ' || n FROM generate_series(1, 20) n;
INSERT INTO users SELECT n, 1 + n % 20, 'eleve' || n FROM generate_series(1, 2000) n;
INSERT INTO grades SELECT n, 1 + n % 2000, n % 20 FROM generate_series(1, 8000) n;
