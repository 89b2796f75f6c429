using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Components.Volumes;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Volumes;

/// <summary>A volume that is restored into, with a helper container that has it; what runs with it is stopped for the exchange.</summary>
internal sealed class VolumePlace : IAsyncDisposable
{
    /// <summary>Note of an entry: containers that are stopped, and have to be started again.</summary>
    public const string StoppedNote = "stopped";

    private const string ImageNote = "image";
    private const string MadeNote = "made";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private readonly HostContext _host;
    private readonly ContainerEngine _engine;
    private readonly HelperContainer _helper;
    private readonly string _image;
    private readonly IReadOnlyList<string> _stopped;

    private VolumePlace(HostContext host, DockerVolume volume, string image, HelperContainer helper, IReadOnlyList<string> stopped)
    {
        (_host, Volume, _image, _helper, _stopped) = (host, volume, image, helper, stopped);
        _engine = new ContainerEngine(host);
        Shell = new PlaceShell(host, helper.Target);
        Shelf = new Shelf(Shell, DockerVolume.Folder, redis: false);
    }

    /// <summary>The volume.</summary>
    public DockerVolume Volume { get; }

    /// <summary>Works in it.</summary>
    public PlaceShell Shell { get; }

    /// <summary>Exchanges its content.</summary>
    public Shelf Shelf { get; }

    /// <summary>Its tar.</summary>
    public (string Version, bool IsGnu) Tar { get; private set; }

    /// <summary>Names of the containers that run with it.</summary>
    public string Running => string.Join(", ", Volume.Users.Where(u => u.IsRunning).Select(u => u.Name));

    /// <summary>Begins to work on a volume.</summary>
    /// <param name="host">The host.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="image">Image with a tar.</param>
    /// <param name="stopped">Containers that a killed run has stopped.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<VolumePlace> OpenAsync(HostContext host, DockerVolume volume, string image, IReadOnlyList<string> stopped, CancellationToken ct)
    {
        HelperContainer helper = await HelperContainer.WithVolumeAsync(host, image, volume.Name, DockerVolume.Folder, readOnly: false, ct).ConfigureAwait(false);
        var place = new VolumePlace(host, volume, image, helper, stopped);
        try
        {
            place.Tar = await DockerVolume.TarAsync(place.Shell, image, ct).ConfigureAwait(false);
            return place;
        }
        catch
        {
            await place.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The place of a restore that is remembered.</summary>
    public static async Task<VolumePlace> OfAsync(OperationContext context, RestoreEntry entry, CancellationToken ct)
    {
        DockerVolume volume = await DockerVolume.RequireAsync(context.Host, entry.DataDirectory!, ct).ConfigureAwait(false);
        string[] stopped = (entry.Notes?.GetValueOrDefault(StoppedNote) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return await OpenAsync(context.Host, volume, volume.Image(null, entry.Notes?.GetValueOrDefault(ImageNote)), stopped, ct).ConfigureAwait(false);
    }

    /// <summary>What an entry has to say so that the place is found again.</summary>
    public RestoreEntry Describe(RestoreEntry entry) => entry with
    {
        DataDirectory = Volume.Name,
        Notes = new Dictionary<string, string>(StringComparer.Ordinal) { [StoppedNote] = string.Join(' ', Volume.Users.Where(u => u.IsRunning).Select(u => u.Id)), [ImageNote] = _image },
    };

    /// <summary>The same of a volume that the restore makes first.</summary>
    public static RestoreEntry DescribeMade(RestoreEntry entry, string volume, string image) => entry with
    {
        DataDirectory = volume, Notes = new Dictionary<string, string>(StringComparer.Ordinal) { [MadeNote] = "yes", [ImageNote] = image },
    };

    /// <summary>True when the restore made the volume.</summary>
    public static bool WasMade(RestoreEntry entry) => entry.Notes?.ContainsKey(MadeNote) == true;

    /// <summary>Stops what runs with it; what does not end within its own grace its engine kills.</summary>
    public Task StopAsync(CancellationToken ct) => new ServiceControl(_host).StopAsync(Volume.Users.Where(u => u.IsRunning), null, ct);

    /// <summary>Starts what was stopped; what does not start is told, and does not keep the others waiting.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        foreach (string id in Volume.Users.Where(u => u.IsRunning).Select(u => u.Id).Union(_stopped, StringComparer.Ordinal))
        {
            ProcessResult started = await _engine.TryAsync(s_patience, ct, "start", id).ConfigureAwait(false);
            if (!started.Ok) _host.Say(DrpEventLevel.Warning, Text.Of(VolumeRunTexts.NotStarted, Volume.Users.FirstOrDefault(u => u.Id == id)?.Name ?? id, _host.Redactor.Clean(started.Errors.Trim())));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _helper.DisposeAsync();
}
