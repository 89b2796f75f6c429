CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE products (id bigint PRIMARY KEY, name text NOT NULL, price numeric(10, 2) NOT NULL, image text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES users, product bigint NOT NULL REFERENCES products, placed timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT n, 'client' || n || '@example.org' FROM generate_series(1, 500) n;
INSERT INTO products SELECT n, 'pagne ' || n, 10 + n % 90, n || '.png' FROM generate_series(1, 100) n;
INSERT INTO orders SELECT n, 1 + n % 500, 1 + n % 100 FROM generate_series(1, 3000) n;
