using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql.Restore;

public sealed class RestoreUnitTests
{
    private readonly List<string> _steps = [];
    private int _stops;

    [Theory]
    [InlineData("shop")]
    [InlineData("é🦁\"\n é🦁\"\n é🦁\"\n é🦁\"\n é🦁\"\n é🦁\"\n é🦁\"\n")]
    [InlineData("a_name_of_exactly_sixty_three_bytes_which_is_the_longest_there_is")]
    public void A_name_beside_fits_and_keeps_whole_characters(string name)
    {
        string beside = DatabaseNames.Beside(name, "0123456789");
        Assert.InRange(Encoding.UTF8.GetByteCount(beside), 1, 63);
        Assert.EndsWith("_drp_0123456789", beside, StringComparison.Ordinal);
        Assert.DoesNotContain('\ufffd', beside);
        Assert.StartsWith(beside[..^15], name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PGDMP\u0001", DumpFormat.Archive)]
    [InlineData("--\n-- PostgreSQL database dump\n", DumpFormat.Script)]
    [InlineData("SELECT 1;", DumpFormat.Script)]
    public void The_format_is_told_by_the_first_bytes(string head, object expected) =>
        Assert.Equal(expected, DumpFormats.Recognise(Encoding.Latin1.GetBytes(head), "x"));

    [Theory]
    [InlineData("")]
    [InlineData("\u001f\u008b\u0008")]
    [InlineData("-----BEGIN PGP MESSAGE-----")]
    [InlineData("--\n-- PostgreSQL database cluster dump\n--\n")]
    [InlineData("\u00ff\u00feS\0E\0")]
    [InlineData("\u007fELF\0\0")]
    public void What_cannot_be_restored_is_refused_before_anything_is_done(string head) =>
        Assert.Throws<DrpException>(() => DumpFormats.Recognise(Encoding.Latin1.GetBytes(head), "x"));

    [Fact]
    public void Tolerated_errors_are_named_and_counted_against_what_pg_restore_ignored()
    {
        RestoreLog log = Log();
        foreach (string line in new[]
        {
            "pg_restore: creating SCHEMA \"public\"", "pg_restore: while PROCESSING TOC:", "pg_restore: from TOC entry 5; 2615 2200 SCHEMA public postgres",
            "pg_restore: error: could not execute query: ERREUR:  le schéma « public » existe déjà", "Command was: CREATE SCHEMA public;", "", "",
            "pg_restore: error: could not execute query: ERROR:  role \"gone\" does not exist", "Command was: ALTER TABLE public.t OWNER TO gone;", "",
            "pg_restore: warning: errors ignored on restore: 2",
        }) log.Take(line);
        log.End();
        Assert.Null(log.Failure);
        Assert.True(log.AreAllErrorsTolerated(parallel: false));
        Assert.Equal(2, log.Warnings.Count);
        Assert.Contains("gone", log.Warnings[1], StringComparison.Ordinal);
        Assert.Equal(0, _stops);
        Assert.Equal(["creating SCHEMA \"public\""], _steps);
    }

    [Fact]
    public void Any_other_error_is_the_failure_and_stops_the_run()
    {
        RestoreLog log = Log();
        log.Take("pg_restore: error: could not execute query: ERROR:  relation \"t\" already exists");
        log.Take("Command was: CREATE TABLE public.t (");
        log.Take("    owner to gone integer");
        log.Take(");");
        log.Take("pg_restore: creating TABLE \"u\"");
        Assert.Equal("ERROR:  relation \"t\" already exists", log.Failure);
        Assert.Equal(1, _stops);
    }

    [Fact]
    public void More_ignored_errors_than_tolerated_ones_is_no_success()
    {
        RestoreLog log = Log();
        log.Take("pg_restore: error: could not execute query: ERROR:  schema \"public\" already exists");
        log.Take("Command was: CREATE SCHEMA public;");
        log.Take("pg_restore: warning: errors ignored on restore: 2");
        log.End();
        Assert.False(log.AreAllErrorsTolerated(parallel: false));
    }

    [Theory]
    [InlineData("psql:<stdin>:12: ERROR:  42710: role \"x\" already exists", "42710", "role \"x\" already exists")]
    [InlineData("psql:<stdin>:12: ERREUR:  42P01: la relation « t » n'existe pas", "42P01", "la relation « t » n'existe pas")]
    [InlineData("ERREUR :  42P01: x", "42P01", "x")]
    public void Errors_of_psql_are_known_by_their_state_in_any_language(string line, string state, string text)
    {
        var log = new ScriptLog();
        log.Take(line);
        log.Take("psql:<stdin>:3: NOTICE:  00000: hello");
        log.Take("LINE 1: ALTER ROLE x PASSWORD 'secret'");
        Assert.Equal([new ScriptMessage(state, text)], log.Errors);
        Assert.Null(log.Complaint);
    }

    [Theory]
    [InlineData("t", null, null, null, true)]
    [InlineData("f", null, null, null, false)]
    [InlineData("5", "5", null, null, true)]
    [InlineData("5.0", "5", null, null, false)]
    [InlineData("5.0", null, 5, 5, true)]
    [InlineData("4.9", null, 5, null, false)]
    [InlineData("6", null, null, 5, false)]
    [InlineData(null, null, 0, null, false)]
    [InlineData("many", null, 0, null, false)]
    [InlineData(null, null, null, null, false)]
    public void An_sql_assertion_compares_text_or_numbers(string? actual, string? equal, int? atLeast, int? atMost, bool ok) =>
        Assert.Equal(ok, RestoreAssertions.Judge(new SqlAssertion { Name = "x", Sql = "x", Equal = equal, AtLeast = atLeast, AtMost = atMost }, actual).Ok);

    [Theory]
    [InlineData("postgres:15", "postgres")]
    [InlineData("registry:5000/a/postgres", "registry:5000/a/postgres")]
    [InlineData("registry:5000/a/postgres:15@sha256:12", "registry:5000/a/postgres")]
    public void The_repository_of_an_image_is_its_name_without_tag_and_digest(string image, string repository) =>
        Assert.Equal(repository, ThrowawayImage.Repository(image));

    private RestoreLog Log() => new(new ToleratedError(new HashSet<string>(["app"], StringComparer.Ordinal)), _steps.Add, () => _stops++);
}
