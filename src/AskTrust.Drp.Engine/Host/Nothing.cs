namespace AskTrust.Drp.Engine.Host;

/// <summary>Stands where something is to be disposed and there is nothing.</summary>
internal sealed class Nothing : IAsyncDisposable
{
    public static readonly Nothing Instance = new();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
