namespace AskTrust.Drp.Cli.Tests;

/// <summary>Runs drp inside the test's process; output is captured, so these tests run one after another.</summary>
internal static class Captured
{
    private static readonly SemaphoreSlim s_one = new(1);

    public static async Task<Drp.Ended> RunAsync(params string[] args)
    {
        await s_one.WaitAsync();
        var (output, errors) = (Console.Out, Console.Error);
        using var newOutput = new StringWriter();
        using var newErrors = new StringWriter();
        try
        {
            Console.SetOut(newOutput);
            Console.SetError(newErrors);
            int code = await CommandTree.RunAsync(args, CancellationToken.None);
            return new Drp.Ended(code, newOutput.ToString(), newErrors.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
            s_one.Release();
        }
    }
}
