using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A volume, through a side container.</summary>
/// <param name="host">The host.</param>
/// <param name="side">The container.</param>
/// <param name="data">The data directory, in which what is not kept lies for a while.</param>
internal sealed class SideBasePlace(HostContext host, SideContainer side, string data) : IBasePlace
{
    private const string LiftScript = """
        set -e
        for f in "$1"/* "$1"/.[!.]*; do
          if [ "${f##*/}" != global ] && { [ -e "$f" ] || [ -L "$f" ]; }; then mv "$f" "$2/"; fi
        done
        mv "$1/global" "$2/"
        rmdir "$1"
        """;

    /// <inheritdoc/>
    public IBaseReceiver Files() => new VolumeFiles(host, side);

    /// <summary>What a run that was cut off left goes first.</summary>
    public async Task<IBaseWork> WorkAsync(CancellationToken ct)
    {
        string work = $"{data}/{PassingNames.Chain}";
        await side.ShellAsync("rm -rf \"$@\"", ct, work, $"{data}/{PassingNames.Combined}").ConfigureAwait(false);
        await FolderAsync(work, ct).ConfigureAwait(false);
        return new Work(host, side, work);
    }

    /// <inheritdoc/>
    public Command Program(string program, params IReadOnlyList<string> arguments) => side.Exec(true, program, arguments);

    /// <inheritdoc/>
    public Task FolderAsync(string path, CancellationToken ct) => side.MakeFolderAsync(path, ct);

    /// <inheritdoc/>
    public Task TextAsync(string path, string text, CancellationToken ct) => new SidePlace(host, side).WriteAsync(path, text, ct);

    /// <inheritdoc/>
    public Task LiftAsync(string folder, CancellationToken ct) => side.ShellAsync(LiftScript, ct, folder, data);

    private sealed class Work(HostContext host, SideContainer side, string path) : IBaseWork
    {
        private static readonly TimeSpan s_brief = TimeSpan.FromMinutes(5);

        public string Path => path;

        public async ValueTask DisposeAsync()
        {
            using var brief = new CancellationTokenSource(s_brief, host.Clock);
            try
            {
                await side.ShellAsync("rm -rf \"$1\"", brief.Token, path).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DrpException or OperationCanceledException)
            {
                host.Say(DrpEventLevel.Warning, Text.Of(PhysicalTexts.WorkStays, path, e.Message));
            }
        }
    }
}
