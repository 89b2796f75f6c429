using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql.Restore;

public sealed class ScriptGuardTests
{
    [Theory]
    [InlineData("CREATE TABLE t ();", "Pass")]
    [InlineData("CREATE DATABASE x;", "Drop")]
    [InlineData("ALTER DATABASE x OWNER TO y;", "Drop")]
    [InlineData("COMMENT ON DATABASE x IS 'secret';", "Drop")]
    [InlineData("GRANT CONNECT ON DATABASE x TO y;", "Drop")]
    [InlineData("CREATE TABLE database (id int);", "Pass")]
    [InlineData("GRANT SELECT ON \"database\" TO app;", "Pass")]
    [InlineData("CREATE SCHEMA public;", "Tolerate")]
    [InlineData("CREATE SCHEMA other;", "Pass")]
    [InlineData("COMMENT ON EXTENSION hstore IS 'x';", "Tolerate")]
    [InlineData("DROP TABLE public.x;", "Tolerate")]
    [InlineData("ALTER TABLE ONLY public.x DROP CONSTRAINT y;", "Tolerate")]
    [InlineData("ALTER TABLE public.x OWNER TO app;", "Pass")]
    [InlineData("ALTER TABLE public.x OWNER TO missing;", "Tolerate")]
    [InlineData("ALTER TABLE public.x OWNER TO \"Missing\";", "Tolerate")]
    [InlineData("GRANT SELECT ON TABLE x TO app, missing;", "Tolerate")]
    [InlineData("GRANT SELECT ON TABLE x TO PUBLIC;", "Pass")]
    [InlineData("REVOKE ALL ON TABLE x FROM missing;", "Tolerate")]
    [InlineData("ALTER DEFAULT PRIVILEGES FOR ROLE missing IN SCHEMA public GRANT SELECT ON TABLES TO app;", "Tolerate")]
    [InlineData("CREATE POLICY p ON t TO missing;", "Pass")]
    [InlineData("INSERT INTO t VALUES ('ALTER TABLE x OWNER TO missing');", "Pass")]
    [InlineData("CREATE USER MAPPING FOR app SERVER s;", "Pass")]
    public void Each_statement_gets_its_verdict(string statement, string expected) =>
        Assert.Equal(expected, Guard().Judge(ScriptPiece.Statement, Encoding.UTF8.GetBytes(statement)).ToString());

    [Theory]
    [InlineData(ScriptPiece.MetaCommand, "\\! rm -rf /\n")]
    [InlineData(ScriptPiece.MetaCommand, "\\i /etc/passwd\n")]
    [InlineData(ScriptPiece.MetaCommand, "\\copy t from program 'x'\n")]
    [InlineData(ScriptPiece.MetaCommand, "\\gexec\n")]
    [InlineData(ScriptPiece.Statement, "CREATE ROLE x;")]
    [InlineData(ScriptPiece.Statement, "ALTER USER x PASSWORD 'y';")]
    [InlineData(ScriptPiece.Statement, "CREATE TABLESPACE x LOCATION '/y';")]
    public void What_reaches_beyond_the_database_is_refused(object piece, string text)
    {
        var e = Assert.Throws<DrpException>(() => Guard().Judge((ScriptPiece)piece, Encoding.UTF8.GetBytes(text)));
        Assert.Equal(DrpError.UnsafeTarget, e.Code);
        Assert.DoesNotContain("'y'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_connect_at_the_beginning_is_left_out_and_a_second_is_refused()
    {
        var guard = Guard();
        Assert.Equal(ScriptVerdict.Drop, guard.Judge(ScriptPiece.MetaCommand, "\\connect shop\n"u8));
        Assert.Contains(guard.Warnings, w => w.Contains("\\connect shop", StringComparison.Ordinal));
        Assert.Throws<DrpException>(() => guard.Judge(ScriptPiece.MetaCommand, "\\connect other\n"u8));
    }

    [Fact]
    public void A_drop_after_the_first_create_is_the_scripts_own_affair()
    {
        var guard = Guard();
        guard.Judge(ScriptPiece.Statement, "CREATE TABLE t ();"u8);
        Assert.Equal(ScriptVerdict.Pass, guard.Judge(ScriptPiece.Statement, "DROP TABLE u;"u8));
    }

    [Fact]
    public void In_a_single_transaction_nothing_is_tolerated_and_its_own_transactions_are_left_out()
    {
        var guard = Guard(single: true);
        Assert.Equal(ScriptVerdict.Pass, guard.Judge(ScriptPiece.Statement, "CREATE SCHEMA public;"u8));
        Assert.Equal(ScriptVerdict.Drop, guard.Judge(ScriptPiece.Statement, "BEGIN;"u8));
        Assert.Equal(ScriptVerdict.Drop, guard.Judge(ScriptPiece.Statement, " COMMIT;"u8));
        Assert.Throws<DrpException>(() => guard.Judge(ScriptPiece.Statement, "ROLLBACK;"u8));
    }

    [Fact]
    public void A_script_of_pg_dump_without_its_last_line_is_cut()
    {
        var guard = Guard();
        guard.Judge(ScriptPiece.Statement, "--\n-- PostgreSQL database dump\n--\n\nSET x = 1;"u8);
        Assert.True(guard.IsCut);
        guard.Judge(ScriptPiece.Trailer, "\n--\n-- PostgreSQL database dump complete\n--\n"u8);
        Assert.False(guard.IsCut);
    }

    private static ScriptGuard Guard(bool single = false) =>
        new("dump.sql", new ToleratedError(new HashSet<string>(["app", "postgres"], StringComparer.Ordinal)), single);
}
