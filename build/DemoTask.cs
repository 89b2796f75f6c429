namespace AskTrust.Drp.Build;

/// <summary>Builds <c>drp</c> and runs its demo; further arguments go to it.</summary>
internal static class DemoTask
{
    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await DebianPackages.NeedAsync(DebianPackages.Demo, checkout, ct);
        await BuildTask.CliAsync(checkout, ct);
        return await Shell.RunAsync(Path.Join(checkout.Cli, "drp"), ["demo", .. arguments], ct);
    }
}
