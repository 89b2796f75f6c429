using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Containers;

/// <summary>
/// Containers that stand still for a while: stopped, or frozen. What is about to be held is written down first, so that a later run brings back what a killed one left standing.
/// </summary>
internal sealed class ContainerHold
{
    private const string StateFolder = "holds";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly HostContext _host;
    private readonly ContainerEngine _engine;
    private readonly List<HeldContainer> _held = [];
    private readonly string _file;
    private readonly string _purpose;

    /// <summary>Holds nothing yet.</summary>
    /// <param name="host">The host.</param>
    /// <param name="purpose">Why, for people: the component.</param>
    public ContainerHold(HostContext host, string purpose)
    {
        (_host, _purpose, _engine) = (host, purpose, new ContainerEngine(host));
        _file = Path.Combine(host.Temp.StateFolder(StateFolder), $"{Guid.NewGuid():N}.json");
    }

    /// <summary>Holds one more, if it runs.</summary>
    /// <param name="container">The container.</param>
    /// <param name="pause">Freezes it; else it is stopped in order.</param>
    /// <param name="restart">False: it stays stopped.</param>
    /// <param name="limit">Longest time that may take.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it does not stop in that time.</exception>
    public async Task AddAsync(ContainerFacts container, bool pause, bool restart, TimeSpan limit, CancellationToken ct)
    {
        if (container.State != ContainerState.Running || _held.Exists(h => h.Id == container.Id)) return;
        if (restart)
        {
            _held.Add(new HeldContainer(container.Id, container.Name, pause));
            await WriteAsync(ct).ConfigureAwait(false);
        }

        _host.Say(DrpEventLevel.Information, Text.Of(pause ? HelperTexts.Pausing : HelperTexts.Stopping, container.Name, _purpose));
        try
        {
            if (pause) await _engine.RunAsync(limit, ct, "pause", container.Id).ConfigureAwait(false);
            else await _engine.StopAsync([container.Id], null, limit, ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            // The engine goes on: it kills what does not end within its own grace, and only then it can be started again.
            int last = _held.FindIndex(h => h.Id == container.Id);
            if (last >= 0) _held[last] = _held[last] with { Ends = !pause };
            throw new DrpException(DrpError.Failed, Text.Of(HelperTexts.DoesNotStop, container.Name, limit, e.Message), e) { Subject = container.Name, Hint = HelperTexts.DoesNotStopHint };
        }
    }

    /// <summary>Lets all of them run again, the last that was held first. Nothing stops this: neither a cancelled run nor one of them that fails.</summary>
    /// <returns>What failed, for people; empty when everything runs again.</returns>
    public async Task<IReadOnlyList<string>> EndAsync() => _held.Count == 0 ? [] : await ReleaseAsync(_host, new HoldRecord("", _purpose, _held), _file).ConfigureAwait(false);

    /// <summary>Lets run again what killed runs left standing.</summary>
    public static async Task SettleAsync(HostContext host)
    {
        string folder = Path.Combine(host.Temp.StateDirectory, StateFolder);
        if (!Directory.Exists(folder)) return;
        foreach (string file in Directory.EnumerateFiles(folder, "*.json"))
        {
            try
            {
                HoldRecord? record = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file).ConfigureAwait(false), HoldJson.Default.HoldRecord);
                if (record is null || OwnerMark.Parse(record.Owner)?.Look() != OwnerState.Gone) continue;
                host.Say(DrpEventLevel.Warning, Text.Of(HelperTexts.LeftStanding, record.Purpose, string.Join(", ", record.Containers.Select(c => c.Name))));
                foreach (string failure in await ReleaseAsync(host, record, file).ConfigureAwait(false)) host.Say(DrpEventLevel.Warning, failure);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                host.Say(DrpEventLevel.Warning, Text.Of(HelperTexts.CannotSettle, file, e.Message));
            }
        }
    }

    private static async Task<IReadOnlyList<string>> ReleaseAsync(HostContext host, HoldRecord record, string file)
    {
        List<string> failures = [];
        var engine = new ContainerEngine(host);
        foreach (HeldContainer held in record.Containers.Reverse())
        {
            try
            {
                // Asked to stop again, the engine answers when it has.
                if (held.Ends) await engine.RunAsync(s_patience, CancellationToken.None, "stop", held.Id).ConfigureAwait(false);
                ContainerFacts? now = (await engine.InspectAsync([held.Id], CancellationToken.None).ConfigureAwait(false)) is [var found, ..] ? found : null;
                // Somebody else may have started or removed it meanwhile.
                if (now is null) failures.Add(Text.Of(HelperTexts.HeldIsGone, held.Name));
                else if (now.State == ContainerState.Paused) await engine.RunAsync(s_patience, CancellationToken.None, "unpause", held.Id).ConfigureAwait(false);
                else if (!now.IsRunning) await engine.RunAsync(s_patience, CancellationToken.None, "start", held.Id).ConfigureAwait(false);
            }
            catch (DrpException e)
            {
                failures.Add(Text.Of(HelperTexts.DoesNotStartAgain, held.Name, e.Message));
            }
        }

        // Where the engine itself did not answer, the record stays for the next run.
        if (failures.Count == 0 || await AnswersAsync(engine).ConfigureAwait(false)) File.Delete(file);
        return failures;
    }

    private static async Task<bool> AnswersAsync(ContainerEngine engine)
    {
        try
        {
            return (await engine.TryAsync(null, CancellationToken.None, "version").ConfigureAwait(false)).Ok;
        }
        catch (DrpException)
        {
            return false;
        }
    }

    private async Task WriteAsync(CancellationToken ct)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(new HoldRecord(OwnerMark.Current.ToString(), _purpose, _held), HoldJson.Default.HoldRecord);
        await File.WriteAllBytesAsync(_file + ".new", bytes, ct).ConfigureAwait(false);
        File.Move(_file + ".new", _file, overwrite: true);
    }
}

/// <summary>One container that is held.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="Paused">It was frozen; else stopped.</param>
/// <param name="Ends">It was told to stop, and had not when we gave up.</param>
internal sealed record HeldContainer(string Id, string Name, bool Paused, bool Ends = false);

/// <summary>What a run holds, as it is written down.</summary>
internal sealed record HoldRecord(string Owner, string Purpose, IReadOnlyList<HeldContainer> Containers);

[JsonSerializable(typeof(HoldRecord))]
internal sealed partial class HoldJson : JsonSerializerContext;
