using AskTrust.Drp.Engine.Components.PostgreSql;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

public sealed class ConnectionTests
{
    [Fact]
    public void A_url_with_everything_means_the_same_to_npgsql_and_to_programs()
    {
        ConnectionSettings settings = ConnectionSettings.Parse("postgresql://b%C3%A9@[::1]:5433/my%20db?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=7&application_name=x");
        Dictionary<string, string?> environment = settings.ToEnvironment();
        Assert.Equal(("::1", "5433", "bé", "my db"), (environment["PGHOST"], environment["PGPORT"], environment["PGUSER"], environment["PGDATABASE"]));
        Assert.Equal(("verify-full", "/etc/ca.pem", "7"), (environment["PGSSLMODE"], environment["PGSSLROOTCERT"], environment["PGCONNECT_TIMEOUT"]));
        var npgsql = settings.ToNpgsql();
        Assert.Equal(("::1", 5433, "bé", "my db"), (npgsql.Host, npgsql.Port, npgsql.Username, npgsql.Database));
        Assert.Equal((Npgsql.SslMode.VerifyFull, "/etc/ca.pem", 7, false), (npgsql.SslMode, npgsql.RootCertificate, npgsql.Timeout, npgsql.Pooling));
    }

    [Fact]
    public void A_socket_and_several_hosts_are_understood()
    {
        Assert.Equal("/run/postgresql", ConnectionSettings.Parse("postgresql://u@/db?host=/run/postgresql").ToNpgsql().Host);
        Assert.Equal("a:5432,b:6000", ConnectionSettings.Parse("postgres://u@a,b:6000/db?target_session_attrs=read-write").ToNpgsql().Host);
    }

    [Theory]
    [InlineData("postgresql://u:geheim@h/db")]
    [InlineData("postgresql://u@h/db?password=geheim")]
    [InlineData("postgresql://u@h/db?sslpassword=geheim")]
    [InlineData("mysql://u:geheim@h/db")]
    [InlineData("postgresql://u@h/db?frobnicate=geheim")]
    [InlineData("postgresql://u@h:port/db")]
    public void What_cannot_be_meant_is_refused_without_repeating_a_password(string url)
    {
        DrpException e = Assert.Throws<DrpException>(() => ConnectionSettings.Parse(url));
        Assert.Equal(DrpError.PlanInvalid, e.Code);
        Assert.NotNull(e.Hint);
        Assert.DoesNotContain("geheim", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_sslmode_is_an_error_of_the_plan()
    {
        DrpException e = Assert.Throws<DrpException>(() => ConnectionSettings.Parse("postgresql://u@h/db?sslmode=perhaps").ToNpgsql());
        Assert.Equal(DrpError.PlanInvalid, e.Code);
    }

    [Fact]
    public void The_programs_of_the_same_major_version_are_preferred_then_the_next_newer()
    {
        ClientPrograms[] installed = [new("/13", 13), new("/15", 15), new("/17", 17)];
        Assert.Equal("/15", ClientPrograms.Choose(installed, 15)!.Folder);
        Assert.Equal("/17", ClientPrograms.Choose(installed, 16)!.Folder);
        Assert.Null(ClientPrograms.Choose(installed, 18));
        Assert.Equal(15, ClientPrograms.MajorOf("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"));
        Assert.Equal(18, ClientPrograms.MajorOf("pg_dump (PostgreSQL) 18beta1"));
    }

    [Theory]
    [InlineData("psql: error: connection to server at \"x\" failed: Connection refused", DrpError.Unreachable)]
    [InlineData("FATAL:  password authentication failed for user \"x\"", DrpError.KeyOrPassphrase)]
    [InlineData("FATAL:  authentification par mot de passe échouée pour l'utilisateur « x »", DrpError.KeyOrPassphrase)]
    [InlineData("FATAL:  role \"x\" does not exist", DrpError.KeyOrPassphrase)]
    [InlineData("ERROR:  role \"x\" does not exist", DrpError.Failed)]
    [InlineData("FATAL:  database \"x\" does not exist", DrpError.Failed)]
    [InlineData("pg_dump: error: query failed: server closed the connection unexpectedly", DrpError.Unreachable)]
    [InlineData("pg_dump: error: query failed: ERROR:  permission denied for table t", DrpError.Failed)]
    public void What_programs_say_becomes_a_numbered_error(string said, DrpError expected) => Assert.Equal(expected, PostgreSqlErrors.Classify(said));

    [Fact]
    public void Statements_are_split_where_they_end()
    {
        string[] statements =
        [
            "SELECT ';', \";\", E'\\';', $$;$$, $a$ ; $$ ; $a$", "/* ; /* ; */ ; */ SELECT 1 -- ;\n + 1", "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT '\\'", "SELECT x$1$y",
        ];
        Assert.Equal(statements, Sql.Split(string.Join(";\n", statements) + "; ;\n"));
    }

    [Fact]
    public void Csv_of_psql_keeps_null_apart_from_nothing()
    {
        IReadOnlyList<string?[]> rows = Csv.Parse("1,NULLX,\n\"a\"\"b,\nc\",,\"\"\nNULLX\n\n", "NULLX");
        Assert.Equal([["1", null, ""], ["a\"b,\nc", "", ""], [null], [""]], rows);
    }

    [Fact]
    public void Keys_of_tables_are_quoted_where_needed()
    {
        Assert.Equal("public.orders_2", Sql.TableKey("public", "orders_2"));
        Assert.Equal("\"Öl\".\"a\"\"b.c\"", Sql.TableKey("Öl", "a\"b.c"));
    }
}
