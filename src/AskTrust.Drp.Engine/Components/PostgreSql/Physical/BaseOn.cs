namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>What a base backup builds on, and what it leaves for the next.</summary>
/// <param name="FileList">Where the server's list of the files of this backup is left.</param>
/// <param name="Chain">The sets before it, the full one first; none = this is a full one.</param>
/// <param name="Before">The list of the last of them; null with a full one.</param>
internal sealed record BaseOn(string FileList, IReadOnlyList<ChainLink> Chain, string? Before);
