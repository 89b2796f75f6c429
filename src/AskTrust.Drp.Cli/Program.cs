namespace AskTrust.Drp.Cli;

/// <summary>The entry of <c>drp</c>, and the only place that ends the process.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        // Asked for by scripts before each run: nothing else is loaded for it.
        if (args is ["--version"])
        {
            Console.Out.WriteLine("drp " + typeof(Program).Assembly.GetName().Version!.ToString(3));
            return 0;
        }

        Language.Choose(args);
#pragma warning disable RS0030 // This is the place the rule points to.
        using var stop = new Interruption(leave: Environment.Exit);
#pragma warning restore RS0030
        return WalExit.Of(args, CommandTree.RunAsync(args, stop.Token).GetAwaiter().GetResult());
    }
}
