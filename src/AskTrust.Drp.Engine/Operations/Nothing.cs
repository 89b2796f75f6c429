namespace AskTrust.Drp.Engine.Operations;

/// <summary>Stands where something is to be disposed and there is nothing.</summary>
internal sealed class Nothing : IAsyncDisposable
{
    public static readonly Nothing Instance = new();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
