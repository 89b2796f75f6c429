namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>One archive of a chain that is extracted.</summary>
/// <param name="Facts">What its manifest says of it.</param>
/// <param name="Wanted">File with the paths that are meant of it, in their order.</param>
/// <param name="OpenAsync">Opens its plain bytes.</param>
/// <param name="Progress">Told the bytes read so far.</param>
internal sealed record ChainPart(FolderFacts Facts, string Wanted, Func<CancellationToken, Task<Stream>> OpenAsync, Action<long> Progress);
