using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Services;

/// <summary>What the user of a service may not use: the service would end as soon as it starts, again and again.</summary>
internal static class UserAccess
{
    /// <summary>Asks the kernel, as that user.</summary>
    /// <param name="host">Starts programs.</param>
    /// <param name="user">The user; one that this machine does not know is not judged.</param>
    /// <param name="reads">Files to read.</param>
    /// <param name="writes">Folders to write to, or to make.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What is refused, each as <c>read</c> or <c>write</c> with its path; empty also where we are not root, and cannot ask.</returns>
    public static async Task<IReadOnlyList<string>> RefusedAsync(HostContext host, string user, IEnumerable<string> reads, IEnumerable<string> writes, CancellationToken ct)
    {
        List<string> refused = [];
        if (!Posix.IsRoot || Posix.FindUser(user) is null) return refused;
        foreach (var (path, test, word) in reads.Select(r => (r, "-r", ServiceTexts.MayNotRead)).Concat(writes.Select(w => (w, "-w", ServiceTexts.MayNotWrite))))
        {
            // What is yet to be made is made by the service itself.
            string there = path;
            while (!File.Exists(there) && !Directory.Exists(there) && Path.GetDirectoryName(there) is { } above) there = above;
            ProcessResult result = await host.Processes.RunAsync(new Command("test", test, there) { RunAs = user }, ct).ConfigureAwait(false);
            if (!result.Ok) refused.Add(Text.Of(word, path));
        }

        return refused;
    }
}
