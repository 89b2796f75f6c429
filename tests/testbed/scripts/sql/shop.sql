-- A small web shop. Rows scale with the variable "rows" (orders); run by psql.
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  profile jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  title text NOT NULL,
  price numeric(10, 2) NOT NULL CHECK (price >= 0),
  attributes jsonb NOT NULL);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users,
  placed_at timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('new', 'paid', 'sent', 'returned')),
  note text,
  payload jsonb NOT NULL);
CREATE TABLE order_items (
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  line int NOT NULL,
  product_id bigint NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0),
  unit_price numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line));

INSERT INTO users (email, name, profile, created_at)
SELECT 'user' || i || '@example.test', 'Utilisateur n° ' || i,
       jsonb_build_object('city', (ARRAY['Lyon', 'Paris', 'Genève', 'Québec'])[1 + i % 4], 'newsletter', i % 3 = 0, 'tags', jsonb_build_array('t' || i % 7, 'é' || i % 5)),
       timestamptz '2024-01-01 00:00+00' + i * interval '7 minutes'
FROM generate_series(1, greatest(:rows / 10, 10)) i;

INSERT INTO products (sku, title, price, attributes)
SELECT 'SKU-' || lpad(i::text, 6, '0'), 'Product ' || md5(i::text), (i % 5000) / 100.0, jsonb_build_object('weight', i % 90, 'colour', (ARRAY['red', 'green', 'blue'])[1 + i % 3])
FROM generate_series(1, greatest(:rows / 20, 10)) i;

INSERT INTO orders (user_id, placed_at, status, note, payload)
SELECT 1 + i % greatest(:rows / 10, 10), timestamptz '2024-06-01 00:00+00' + i * interval '1 minute', (ARRAY['new', 'paid', 'sent', 'returned'])[1 + i % 4],
       CASE WHEN i % 5 = 0 THEN 'Leave at the door' || E'\n' || md5(i::text) END,
       jsonb_build_object('ip', '192.0.2.' || i % 255, 'agent', 'Mozilla/5.0 (' || md5((i * 31)::text) || ')', 'basket', jsonb_build_array(md5((i * 7)::text), i, i % 9 = 0),
                          'text', repeat(md5((i * 13)::text) || ' ', 1 + i % 6))
FROM generate_series(1, :rows) i;

INSERT INTO order_items (order_id, line, product_id, quantity, unit_price)
SELECT i, l, 1 + (i * 3 + l) % greatest(:rows / 20, 10), 1 + (i + l) % 4, ((i + l) % 9000) / 100.0
FROM generate_series(1, :rows) i, generate_series(1, 2) l;

CREATE INDEX ON orders (user_id);
CREATE INDEX ON orders (placed_at);
CREATE INDEX ON orders USING gin (payload jsonb_path_ops);
CREATE VIEW revenue AS
  SELECT date_trunc('month', placed_at) AS month, sum(quantity * unit_price) AS total
  FROM orders JOIN order_items ON order_id = id WHERE status <> 'returned' GROUP BY 1;
ANALYZE;
