using System.Globalization;
using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>What a later run must know to stop and remove a cluster whose owner was killed; kept in the state directory.</summary>
/// <param name="Owner">Owner mark.</param>
/// <param name="Folder">Its temporary folder.</param>
/// <param name="Data">Data directory.</param>
/// <param name="Programs">Folder of the server programs.</param>
/// <param name="RunAs">User it runs as; null = ours.</param>
internal sealed record ThrowawayRecord(string Owner, string Folder, string Data, string Programs, string? RunAs)
{
    private const string Suffix = ".json";

    /// <summary>Where the records are.</summary>
    public static string PlaceOf(TempSpace temp) => temp.StateFolder("throwaway");

    /// <summary>Every record.</summary>
    public static IEnumerable<ThrowawayRecord> All(TempSpace temp)
    {
        foreach (string file in Directory.EnumerateFiles(PlaceOf(temp), "*" + Suffix))
        {
            ThrowawayRecord? record;
            try
            {
                record = JsonSerializer.Deserialize<ThrowawayRecord>(File.ReadAllText(file));
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                // Written just now by another run, or removed by it.
                continue;
            }

            if (record is not null) yield return record;
        }
    }

    /// <summary>Writes it, before there is anything to remove.</summary>
    public void Write(TempSpace temp) => File.WriteAllText(FileIn(temp), JsonSerializer.Serialize(this));

    /// <summary>Forgets it.</summary>
    public void Delete(TempSpace temp) => File.Delete(FileIn(temp));

    /// <summary>Stops the server at once, when it still runs and is the one that was started here.</summary>
    public async Task StopAsync(IProcessRunner processes, CancellationToken ct)
    {
        if (!IsRunning()) return;
        var stop = new Command(Path.Combine(Programs, OperatingSystem.IsWindows() ? "pg_ctl.exe" : "pg_ctl"), "stop", "-D", Data, "-m", "immediate", "-t", "10") { RunAs = RunAs, WorkingDirectory = Folder };
        try
        {
            await processes.RunAsync(stop, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // The server notices by itself that its data directory is gone, and ends.
        }
    }

    /// <summary>Process ids are used again: the process must be a server of this very data directory.</summary>
    private bool IsRunning()
    {
        string file = Path.Combine(Data, "postmaster.pid");
        if (!File.Exists(file)) return false;
        try
        {
            string? first = File.ReadLines(file).FirstOrDefault();
            if (!int.TryParse(first, CultureInfo.InvariantCulture, out int id)) return false;
            return !OperatingSystem.IsLinux() || File.ReadAllText($"/proc/{id}/cmdline").Contains(Data, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string FileIn(TempSpace temp) => Path.Combine(PlaceOf(temp), Path.GetFileName(Folder) + Suffix);
}
