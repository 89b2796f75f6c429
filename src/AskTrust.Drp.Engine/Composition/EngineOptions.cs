namespace AskTrust.Drp.Engine.Composition;

/// <summary>What a surface hands to the engine besides the plan.</summary>
public sealed record EngineOptions
{
    /// <summary>Receives messages and progress. Default: nobody.</summary>
    public IDrpObserver Observer { get; init; } = Silent.Instance;

    /// <summary>State directory; null = <c>DRP_STATE</c>, else <c>/var/lib/asktrust-drp</c> for root, else <c>$XDG_STATE_HOME/asktrust-drp</c>.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>File that messages are written to as well, bounded in size (runs of cron); null = none.</summary>
    public string? LogFile { get; init; }

    /// <summary>Resolves <c>${secret:Name}</c>; only inside PowerShell.</summary>
    public Func<string, CancellationToken, Task<string?>>? SecretManagement { get; init; }

    /// <summary>Asks the operator a yes/no question; null = nobody is there to ask, so what needs a yes is refused.</summary>
    public Func<string, CancellationToken, Task<bool>>? Ask { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private sealed class Silent : IDrpObserver
    {
        public static readonly Silent Instance = new();

        public void On(DrpEvent happening)
        {
        }
    }
}
