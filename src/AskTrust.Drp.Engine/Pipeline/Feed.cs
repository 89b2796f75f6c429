namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Looks at a piece as it passes.</summary>
internal delegate void Feed(ReadOnlySpan<byte> piece);
