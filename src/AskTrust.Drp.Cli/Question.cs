namespace AskTrust.Drp.Cli;

/// <summary>A yes/no question on the terminal.</summary>
internal static class Question
{
    /// <summary>Asks on standard error and reads one line; anything but a yes is a no.</summary>
    public static async Task<bool> AskAsync(string question, CancellationToken ct)
    {
        Console.Error.Write($"{question} [{CliTexts.YesLetter}/{CliTexts.NoLetterDefault}] ");
        // The read itself cannot be interrupted; the wait for it can.
        string? answer = await Task.Run(Console.In.ReadLine, ct).WaitAsync(ct);
        return IsYes(answer);
    }

    /// <summary>Asks before something is done; goes on only after a yes.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: nobody is there to ask. <see cref="DrpError.Cancelled"/>: the answer was no.</exception>
    public static async Task ConfirmAsync(Run run, string question, CancellationToken ct)
    {
        if (run.Engine.Ask is not { } ask) throw new DrpException(DrpError.UnsafeTarget, CliTexts.NobodyToAsk) { Hint = CliTexts.NobodyToAskHint };
        if (!await ask(question, ct)) throw new DrpException(DrpError.Cancelled, CliTexts.AnsweredNo);
    }

    /// <summary>True for yes in either language.</summary>
    internal static bool IsYes(string? answer) => answer?.Trim().ToLowerInvariant() is "y" or "yes" or "o" or "oui";
}
