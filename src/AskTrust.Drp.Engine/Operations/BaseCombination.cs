using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Puts a cluster together from the sets of a chain: each is unpacked by itself, and PostgreSQL's own <c>pg_combinebackup</c> makes of them what a full base of the newest
/// moment would have been, with a file list of its own. What was unpacked is removed, whatever happens.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="choice">The base.</param>
/// <param name="place">Where.</param>
/// <param name="unpack">Unpacks one set into a data directory, with a folder for each of its tablespaces.</param>
internal sealed class BaseCombination(HostContext host, RecoveryChoice choice, IBasePlace place, Func<BaseSet, string, IReadOnlyDictionary<uint, string>, CancellationToken, Task> unpack)
{
    private const string Program = "pg_combinebackup";

    /// <summary>Runs.</summary>
    /// <param name="data">Data directory: there, and empty but for what is put aside.</param>
    /// <param name="spaces">Folder of each tablespace, there and empty.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: the sets do not fit together; <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public async Task RunAsync(string data, IReadOnlyDictionary<uint, string> spaces, CancellationToken ct)
    {
        IBaseWork work = await place.WorkAsync(ct).ConfigureAwait(false);
        await using var _ = work.ConfigureAwait(false);
        List<string> folders = [];
        Dictionary<uint, string> last = [];
        foreach (BaseSet set in choice.Sets)
        {
            folders.Add(string.Create(CultureInfo.InvariantCulture, $"{work.Path}/{folders.Count}"));
            last = set.Base.Tablespaces.ToDictionary(t => t.Oid, t => string.Create(CultureInfo.InvariantCulture, $"{folders[^1]}.ts{t.Oid}"));
            foreach (string folder in last.Values.Prepend(folders[^1])) await place.FolderAsync(folder, ct).ConfigureAwait(false);
            await unpack(set, folders[^1], last, ct).ConfigureAwait(false);
        }

        host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.Combining, choice.Id, folders.Count));
        string result = $"{data}/{PassingNames.Combined}";
        IEnumerable<string> maps = last.Select(s => $"--tablespace-mapping={Escaped(s.Value)}={Escaped(spaces[s.Key])}");
        ProcessResult run = await host.Processes.RunAsync(place.Program(Program, ["--no-sync", .. maps, $"--output={result}", .. folders]), ct).ConfigureAwait(false);
        if (!run.Ok) throw Failed(run.Errors, data);
        await place.TextAsync($"{result}/{BaseRestore.Signal}", "", ct).ConfigureAwait(false);
        await place.LiftAsync(result, ct).ConfigureAwait(false);
    }

    private DrpException Failed(string errors, string data)
    {
        string said = host.Redactor.Clean(errors.Trim());
        DrpError code = errors.Contains("No space left", StringComparison.Ordinal) ? DrpError.NotEnoughSpace : DrpError.VerificationFailed;
        return new DrpException(code, Text.Of(OperationsTexts.CombineFailed, choice.Id, said)) { Subject = data };
    }

    private static string Escaped(string path) => path.Replace("=", "\\=", StringComparison.Ordinal);
}
