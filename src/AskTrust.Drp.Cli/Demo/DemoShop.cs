namespace AskTrust.Drp.Cli.Demo;

/// <summary>The small shop of the demonstration.</summary>
internal static class DemoShop
{
    /// <summary>Name of the database.</summary>
    public const string Database = "shop";

    /// <summary>Folders of the two repositories.</summary>
    public static readonly string[] Repositories = ["repository-here", "repository-elsewhere"];

    /// <summary>What the disaster does, and what people do by mistake.</summary>
    public const string Disaster = "DROP TABLE order_line CASCADE";

    /// <summary>Counts what the disaster takes.</summary>
    public const string CountLines = "SELECT count(*) FROM order_line";

    /// <summary>The day goes on after the last backup.</summary>
    public const string Morning = """
        INSERT INTO customer_order (customer_id, placed) SELECT i % 2000 + 1, timestamptz '2026-11-01' + i * interval '1 minute' FROM generate_series(1, 500) i;
        INSERT INTO order_line (order_id, line, product_id, quantity) SELECT id, 1, id % 300 + 1, 1 FROM customer_order WHERE placed >= '2026-11-01'
        """;

    /// <summary>And after the accident, for nobody has noticed yet.</summary>
    public const string Afternoon = "INSERT INTO customer (name, email, since) VALUES ('Late customer', 'late@example.org', '2026-11-01')";

    /// <summary>What the demonstration says about the shop: customers, orders, order lines.</summary>
    public const string Counts = "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM customer_order), (SELECT count(*) FROM order_line)";

    /// <summary>Tables, foreign keys, a view, JSON, identity columns: enough for a restore to have something to get wrong.</summary>
    public const string Schema = """
        CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE, since date NOT NULL, preferences jsonb NOT NULL DEFAULT '{}');
        CREATE TABLE product (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price numeric(10,2) NOT NULL CHECK (price > 0), tags text[] NOT NULL);
        CREATE TABLE customer_order (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, placed timestamptz NOT NULL);
        CREATE TABLE order_line (order_id bigint NOT NULL REFERENCES customer_order, line int NOT NULL, product_id int NOT NULL REFERENCES product, quantity int NOT NULL, note text, PRIMARY KEY (order_id, line));
        CREATE VIEW order_total AS SELECT order_id, sum(quantity * price) AS total FROM order_line JOIN product ON product.id = product_id GROUP BY order_id;
        INSERT INTO customer (name, email, since, preferences)
          SELECT 'Customer ' || i, 'customer' || i || '@example.org', date '2020-01-01' + i % 2000, jsonb_build_object('language', CASE WHEN i % 3 = 0 THEN 'en' ELSE 'fr' END, 'newsletter', i % 2 = 0) FROM generate_series(1, 2000) i;
        INSERT INTO product (name, price, tags) SELECT 'Product ' || i, (i % 90) + 0.99, ARRAY['tag' || i % 7, 'tag' || i % 11] FROM generate_series(1, 300) i;
        INSERT INTO customer_order (customer_id, placed) SELECT i % 2000 + 1, timestamptz '2026-01-01' + i * interval '7 minutes' FROM generate_series(1, 40000) i;
        INSERT INTO order_line (order_id, line, product_id, quantity, note)
          SELECT o, l, (o * 7 + l * 13) % 300 + 1, o % 5 + 1, CASE WHEN o % 10 = 0 THEN 'gift — ' || md5(o::text) END FROM generate_series(1, 40000) o, generate_series(1, 3) l;
        ANALYZE;
        """;

    /// <summary>The plan.</summary>
    public static string Plan(string url, string fingerprint) => $$"""
        version: 1
        name: shop
        objectives:
          critical: { rto: 15m, rpo: 1h }
        components:
          db:
            type: postgresql
            class: critical
            production: true
            url: {{url}}
            password: ${file:database.password}
            canary: true
            pointInTime: { window: 7d }
            restoreTest:
              assertions:
                - { name: every order has its lines, sql: "SELECT count(*) FROM customer_order o WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id)", equal: "0" }
                - { name: the totals can be computed, sql: "SELECT count(*) FROM order_total", atLeast: 40000, within: 5s }
        repositories:
          here: { type: directory, path: repository-here }
          elsewhere: { type: directory, path: repository-elsewhere }
        encryption:
          recipients: [{{fingerprint}}]
          publicKeys: [keys/backup.asc]
          privateKey: keys/private.asc
        jobs:
          hourly: { schedule: "0 * * * *", keep: { hourly: 24, daily: 7, monthly: 12 } }

        """;
}
