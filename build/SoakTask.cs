namespace AskTrust.Drp.Build;

/// <summary>The fault tests in their long form (DRP_SOAK=1; <c>./build.sh soak 500</c> asks for 500 rounds).</summary>
internal static class SoakTask
{
    public static async Task<int> RunAsync(Checkout checkout, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        await DebianPackages.NeedAsync(DebianPackages.Test, checkout, ct);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["DRP_SOAK"] = "1",
            ["DRP_SOAK_ROUNDS"] = arguments.Count > 0 ? arguments[0] : "100",
        };
        return await TestTask.XunitAsync(checkout, "AskTrust.Drp.Integration.Tests", "Category=Soak", environment, ct);
    }
}
