-- One of everything that a dump has to carry. Run by psql as superuser in an empty UTF-8 database.
SET check_function_bodies = on;
SELECT current_database() AS zoo \gset

-- Roles of the zoo (cluster-wide, so made only once).
SELECT 'CREATE ROLE zoo_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zoo_owner') \gexec
SELECT 'CREATE ROLE "Zoo Reader"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'Zoo Reader') \gexec
ALTER DATABASE :"zoo" SET search_path = "$user", public, "odd schema";
ALTER DATABASE :"zoo" SET work_mem = '5MB';
ALTER DATABASE :"zoo" SET zoo.keeper = 'O''Brien \ é';
ALTER ROLE "Zoo Reader" IN DATABASE :"zoo" SET statement_timeout = '30s';
ALTER DATABASE :"zoo" CONNECTION LIMIT 50;
COMMENT ON DATABASE :"zoo" IS 'The zoo: it''s a "test" \ of 100% everything 🦓';
REVOKE TEMPORARY ON DATABASE :"zoo" FROM PUBLIC;
GRANT CREATE ON DATABASE :"zoo" TO zoo_owner WITH GRANT OPTION;
GRANT CONNECT ON DATABASE :"zoo" TO "Zoo Reader";

-- Extensions.
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION "uuid-ossp" SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION btree_gist SCHEMA ext;
CREATE EXTENSION unaccent SCHEMA ext;
CREATE EXTENSION pgcrypto SCHEMA ext;

-- Schemas and odd names.
CREATE SCHEMA "odd schema";
CREATE SCHEMA "Schéma.à.points" AUTHORIZATION zoo_owner;
CREATE SCHEMA "select";
CREATE TABLE "odd schema"."quote""inside" (id int PRIMARY KEY, "col""umn" text);
INSERT INTO "odd schema"."quote""inside" SELECT i, 'a"b''c\d' || i FROM generate_series(1, 5) i;
CREATE TABLE "odd schema"."new
line" ("line
break" int, "tab	" text);
INSERT INTO "odd schema"."new
line" VALUES (1, E'tab\there'), (2, E'two\nlines'), (3, E'cr\rhere'), (4, '\.'), (5, E'\\.\n'), (6, '\N'), (7, NULL), (8, '');
CREATE TABLE "odd schema"."emoji 🦁🇫🇷" (id int, "🐘" text);
INSERT INTO "odd schema"."emoji 🦁🇫🇷" SELECT i, repeat('🦒', i) FROM generate_series(1, 7) i;
CREATE TABLE "odd schema"."  spaces  " (id int);
INSERT INTO "odd schema"."  spaces  " VALUES (1);
CREATE TABLE "select"."table" ("from" int, "where" text);
INSERT INTO "select"."table" SELECT i, 'w' FROM generate_series(1, 3) i;
CREATE TABLE "odd schema"."100%s %d %%" ("%n" int);
INSERT INTO "odd schema"."100%s %d %%" VALUES (1), (2);
CREATE TABLE "odd schema"."back\slash\\n" ("a\b" text);
INSERT INTO "odd schema"."back\slash\\n" VALUES ('\'), ('\\'), (E'\b\f\v');
CREATE TABLE "odd schema"."star*quest?|(a)[b]{c}+^$." (id int);
INSERT INTO "odd schema"."star*quest?|(a)[b]{c}+^$." SELECT generate_series(1, 11);
CREATE TABLE "odd schema"."--comment;drop" (id int);
INSERT INTO "odd schema"."--comment;drop" VALUES (1);
CREATE TABLE "odd schema"."$(touch /tmp/x) `id`" (id int);
INSERT INTO "odd schema"."$(touch /tmp/x) `id`" VALUES (1);
CREATE TABLE "odd schema"."UPPER" (id int);
CREATE TABLE "odd schema".upper (id int);
INSERT INTO "odd schema"."UPPER" VALUES (1);
INSERT INTO "odd schema".upper VALUES (1), (2);
CREATE TABLE "Schéma.à.points"."nom.avec.point" (id int);
INSERT INTO "Schéma.à.points"."nom.avec.point" VALUES (42);
CREATE TABLE "a table name of exactly sixty-three bytes, as long as it can b" (id int);
INSERT INTO "a table name of exactly sixty-three bytes, as long as it can b" VALUES (63);

-- Types.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'très heureux', 'it''s "fine"');
CREATE TYPE point3 AS (x float8, y float8, z float8);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN email AS ext.citext CHECK (VALUE ~ '@');
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION french_ci (provider = icu, locale = 'fr-u-ks-level2', deterministic = false);
CREATE TABLE every_type (
  id int PRIMARY KEY, b bool, i2 int2, i8 int8, r float4, d float8, n numeric, n2 numeric(30, 10), m money,
  t text, v varchar(20), c char(5), bin bytea, ts timestamp, tstz timestamptz, dt date, tm time, tmtz timetz, iv interval,
  u uuid, j json, jb jsonb, x xml, ip inet, net cidr, mac macaddr, mac8 macaddr8, bits bit(5), vbits bit varying,
  pt point, ln line, sg lseg, bx box, pa path, po polygon, ci circle, tv tsvector, tq tsquery,
  ir int4range, nr numrange, tr tstzrange, fr float_range, im int4multirange, ia int[], ta text[][], mo mood, ma mood[], p3 point3, po2 positive, e email,
  h ext.hstore, lt ext.ltree, o oid, rc regclass, ja jsonpath, lsn pg_lsn, fc text COLLATE french_ci);
INSERT INTO every_type SELECT i, i % 2 = 0, i, i * 10000000000, 'NaN', i % 3 / 0.7, 'NaN', i / 3.0, i, E'tab\t nl\n cr\r bs\\ ' || i, 'v' || i, 'c' || i,
  decode(md5(i::text), 'hex'), timestamp '2024-02-29 23:59:59.999999', timestamptz '2024-03-31 02:30:00+01', 'infinity', '24:00:00', '12:00+05:30', '1 year -2 mons 3 days -04:05:06.7',
  ext.uuid_generate_v5(ext.uuid_ns_url(), i::text), '{"b":1, "a":  [1,2.50],"a":2}', '{"é": "\u0041\n", "n": 1e10}', '<a b="c">é &amp; </a>', '10.0.0.1/8', '2001:db8::/32',
  '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'10101', B'1', '(1,2)', '{1,2,3}', '[(0,0),(1,1)]', '((0,0),(1,1))', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', '<(0,0),1>',
  to_tsvector('french', 'les girafes mangent'), to_tsquery('french', 'girafe & mange'), '[1,5)', '(,3.5]', '[2024-01-01 00:00+00,)', '[0.1,0.2]', '{[1,3),[5,7)}',
  '{1,NULL,3}', '{{a,"b c"},{"d\"e",NULL}}', 'très heureux', '{sad,"it''s \"fine\""}', '(1,2,3)', 1 + i, 'A@b.c', 'a=>1, "b c"=>NULL', 'top.middle.leaf', i, 'pg_class', '$.a[*] ? (@ > 1)', '16/B374D848', 'Été'
FROM generate_series(1, 20) i;
INSERT INTO every_type (id) VALUES (0);

-- Tables of every kind.
CREATE TABLE no_columns ();
INSERT INTO no_columns SELECT FROM generate_series(1, 9);
CREATE TABLE empty_table (id int, t text);
CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text DEFAULT 'x');
INSERT INTO generated (a) SELECT generate_series(1, 4);
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO only_generated DEFAULT VALUES;
CREATE UNLOGGED TABLE unlogged (id int);
INSERT INTO unlogged SELECT generate_series(1, 6);
CREATE TABLE parent (id int, name text);
CREATE TABLE child (extra int CHECK (extra < 1000)) INHERITS (parent);
INSERT INTO parent VALUES (1, 'p');
INSERT INTO child VALUES (2, 'c', 3), (3, 'c', 4);
CREATE TABLE dropped_column (a int, b text, c int);
INSERT INTO dropped_column SELECT i, 'b', i FROM generate_series(1, 3) i;
ALTER TABLE dropped_column DROP COLUMN b;
ALTER TABLE dropped_column ALTER c SET STATISTICS 500;

CREATE TABLE measurements (at date NOT NULL, sensor int NOT NULL, value numeric) PARTITION BY RANGE (at);
CREATE TABLE measurements_2023 PARTITION OF measurements FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE measurements_2024 PARTITION OF measurements FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (sensor);
CREATE TABLE "measurements 2024 s1" PARTITION OF measurements_2024 FOR VALUES IN (1);
CREATE TABLE measurements_2024_rest PARTITION OF measurements_2024 DEFAULT;
CREATE TABLE measurements_other PARTITION OF measurements DEFAULT;
CREATE INDEX measurements_sensor ON measurements (sensor, at);
INSERT INTO measurements SELECT date '2023-06-01' + i, i % 3, i / 7.0 FROM generate_series(0, 899) i;
CREATE TABLE hashed (id int PRIMARY KEY, t text) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT i, md5(i::text) FROM generate_series(1, 100) i;

-- A cycle of foreign keys, exclusion and deferrable constraints.
CREATE TABLE hen (id int PRIMARY KEY, first_egg int);
CREATE TABLE egg (id int PRIMARY KEY, laid_by int NOT NULL REFERENCES hen DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE hen ADD FOREIGN KEY (first_egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO hen SELECT i, i + 100 FROM generate_series(1, 10) i;
INSERT INTO egg SELECT i + 100, i FROM generate_series(1, 10) i;
COMMIT;
CREATE TABLE booking (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO booking VALUES (1, '[2024-01-01 00:00+00,2024-01-02 00:00+00)'), (1, '[2024-01-02 00:00+00,2024-01-03 00:00+00)');
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree, label text NOT NULL UNIQUE NULLS NOT DISTINCT);
INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'a'), (3, 2, 'b');

-- Sequences and identities, not at their start.
CREATE SEQUENCE odd_sequence AS smallint INCREMENT BY -3 MINVALUE -300 MAXVALUE 300 START 30 CACHE 2 CYCLE;
SELECT nextval('odd_sequence'), nextval('odd_sequence');
CREATE SEQUENCE "Séquence ""x""" START 1000;
SELECT setval('"Séquence ""x"""', 12345, false);
CREATE TABLE identities (a int GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT 5), b serial, c text);
INSERT INTO identities (c) SELECT 'c' FROM generate_series(1, 5);

-- Functions, aggregates, operators, casts, triggers.
CREATE FUNCTION add_zoo(a int, b int DEFAULT 2, VARIADIC c int[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT a + b + coalesce(array_length(c, 1), 0) $$;
CREATE FUNCTION modern(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1; END;
CREATE FUNCTION "odd schema"."fn ""quoted"" $body$"(x text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN $q$it's $$$q$ || x; END $f$;
CREATE PROCEDURE tidy(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$;
CREATE AGGREGATE product(float8) (SFUNC = float8mul, STYPE = float8, INITCOND = '1');
CREATE FUNCTION close_enough(float8, float8) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT abs($1 - $2) < 1e-6 $$;
CREATE OPERATOR ~~~ (LEFTARG = float8, RIGHTARG = float8, FUNCTION = close_enough, COMMUTATOR = ~~~);
CREATE FUNCTION mood_to_int(mood) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT array_position(enum_range(NULL::mood), $1) $$;
CREATE CAST (mood AS int) WITH FUNCTION mood_to_int(mood);
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.c := NEW.c || '!'; RETURN NEW; END $$;
CREATE TRIGGER "trigger é" BEFORE INSERT OR UPDATE OF c ON identities FOR EACH ROW WHEN (NEW.c <> 'quiet') EXECUTE FUNCTION touched();
CREATE TRIGGER sleeping BEFORE UPDATE ON generated FOR EACH ROW EXECUTE FUNCTION touched();
ALTER TABLE generated DISABLE TRIGGER sleeping;
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER zoo_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER zoo_ddl DISABLE;

-- Views, rules, materialized views, statistics, text search.
CREATE VIEW moods AS SELECT id, mo, mo::int AS rank FROM every_type WHERE mo IS NOT NULL WITH CHECK OPTION;
CREATE RECURSIVE VIEW walk (id, depth) AS SELECT id, 0 FROM tree WHERE parent IS NULL UNION ALL SELECT t.id, depth + 1 FROM tree t JOIN walk w ON t.parent = w.id;
CREATE VIEW "view with ""quotes""" WITH (security_barrier) AS SELECT "col""umn" FROM "odd schema"."quote""inside";
CREATE MATERIALIZED VIEW monthly AS SELECT date_trunc('month', at) AS month, count(*) AS n FROM measurements GROUP BY 1;
CREATE UNIQUE INDEX ON monthly (month);
CREATE MATERIALIZED VIEW not_yet AS SELECT * FROM monthly WITH NO DATA;
CREATE RULE no_delete AS ON DELETE TO tree DO INSTEAD NOTHING;
CREATE STATISTICS zoo_stats (dependencies, ndistinct) ON sensor, at FROM measurements;
CREATE TEXT SEARCH CONFIGURATION zoo_fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION zoo_fr ALTER MAPPING FOR hword, word WITH ext.unaccent, french_stem;
CREATE INDEX ON every_type USING gin (t ext.gin_trgm_ops);
CREATE INDEX "partial é" ON every_type (lower(v) DESC NULLS LAST) INCLUDE (b) WHERE id > 5;
CREATE INDEX ON every_type ((jb ->> 'é'));

-- Row security, privileges, ownership, comments.
CREATE TABLE secrets (id int, keeper text DEFAULT current_user, note text);
INSERT INTO secrets SELECT i, CASE WHEN i % 2 = 0 THEN 'postgres' ELSE 'zoo_owner' END, 'n' || i FROM generate_series(1, 8) i;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON secrets FOR SELECT TO "Zoo Reader", zoo_owner USING (keeper = current_user);
CREATE POLICY adults ON secrets AS RESTRICTIVE FOR ALL USING (id > 0) WITH CHECK (id < 100);
GRANT SELECT (id, note), UPDATE (note) ON secrets TO "Zoo Reader";
GRANT USAGE ON SCHEMA "odd schema" TO "Zoo Reader" WITH GRANT OPTION;
ALTER TABLE parent OWNER TO zoo_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner IN SCHEMA public GRANT SELECT ON TABLES TO "Zoo Reader";
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
COMMENT ON TABLE every_type IS E'Comment with ''quotes'', "double", \\backslash, \nnewline and 🦛';
COMMENT ON COLUMN every_type.mo IS 'How it feels';
COMMENT ON CONSTRAINT every_type_pkey ON every_type IS 'the key';
COMMENT ON FUNCTION modern IS $$dollar $1 'quoted'$$;
COMMENT ON TRIGGER "trigger é" ON identities IS 't';

-- Foreign data, publications, subscriptions (not connected).
CREATE FOREIGN DATA WRAPPER zoo_fdw OPTIONS (debug 'true');
CREATE SERVER zoo_server TYPE 't' VERSION '1' FOREIGN DATA WRAPPER zoo_fdw OPTIONS (host 'elsewhere');
CREATE USER MAPPING FOR zoo_owner SERVER zoo_server OPTIONS ("user" 'u');
CREATE FOREIGN TABLE far_away (id int OPTIONS (column_name 'ID'), t text) SERVER zoo_server OPTIONS (t 'x');
CREATE PUBLICATION zoo_all FOR ALL TABLES;
CREATE PUBLICATION "zoo some" FOR TABLE every_type (id, t), hen WHERE (id > 3);
CREATE SUBSCRIPTION zoo_sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE);

-- Large objects, empty and larger than a page.
SELECT lo_from_bytea(900001, decode(repeat('00ff10', 5000), 'hex')), lo_from_bytea(900002, ''), lo_from_bytea(900003, 'three');
COMMENT ON LARGE OBJECT 900003 IS 'third';
GRANT SELECT ON LARGE OBJECT 900001 TO "Zoo Reader";
ALTER LARGE OBJECT 900002 OWNER TO zoo_owner;

REFRESH MATERIALIZED VIEW monthly;
