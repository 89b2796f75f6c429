using System.Text.Json;

namespace AskTrust.Drp.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("lisst")]
    [InlineData("backup", "--nonsense")]
    [InlineData("restore")]
    [InlineData("restore", "latest", "--file", "x.dump")]
    [InlineData("restore", "latest", "--no-safety", " ")]
    [InlineData("restore", "latest", "--target-password", "hunter2")]
    [InlineData("restore", "latest", "--jobs", "65")]
    [InlineData("list", "--before", "yesterday")]
    [InlineData("list", "--proven", "--unproven")]
    [InlineData("list", "--kind", "partial")]
    [InlineData("list", "--lang", "de")]
    [InlineData("verify", "--depth", "deep")]
    [InlineData("verify", "--id", "20260101T000000Z-full")]
    [InlineData("prune", "--keep-last", "-1")]
    [InlineData("prune", "--keep-within", "soon")]
    [InlineData("plan", "init")]
    [InlineData("plan", "init", "--compose", "a", "--connection", "b")]
    [InlineData("remove")]
    [InlineData("test-restore", "latest", "--random")]
    [InlineData("completion", "tcsh")]
    public async Task Wrong_usage_ends_with_2(params string[] args)
    {
        var ended = await Captured.RunAsync(args);
        Assert.Equal(2, ended.Code);
        Assert.Equal("", ended.Output);
        Assert.Contains("--help", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_is_one_json_object_when_json_is_asked_for()
    {
        var ended = await Drp.RunAsync("backup", "--nonsense", "--json");
        Assert.Equal(2, ended.Code);
        using var error = JsonDocument.Parse(ended.Output.Trim());
        Assert.Equal("error", error.RootElement.GetProperty("type").GetString());
        Assert.Equal("PlanInvalid", error.RootElement.GetProperty("code").GetString());
        Assert.Equal(2, error.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains("--nonsense", error.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("drp backup --help", error.RootElement.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("restore", "latest", "--target-password", "hunter2")]
    [InlineData("test-restore", "--url", "postgresql://app:hunter2@db/shop")]
    [InlineData("list", "postgresql://app:hunter2@db/shop", "--before", "postgresql://app:hunter2@db/shop")]
    public async Task A_password_typed_by_mistake_is_not_printed_back(params string[] args)
    {
        var ended = await Captured.RunAsync(args);
        Assert.Equal(2, ended.Code);
        Assert.DoesNotContain("hunter2", ended.Output + ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_shows_the_help_and_ends_with_2()
    {
        var ended = await Drp.RunAsync();
        Assert.Equal(2, ended.Code);
        Assert.Contains("test-restore", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_has_its_help()
    {
        foreach (var command in All(CommandTree.Build()).Where(c => !c.Hidden))
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), command.Name);
            Assert.All(command.Options, o => Assert.False(string.IsNullOrWhiteSpace(o.Description), command.Name + " " + o.Name));
            Assert.All(command.Arguments, a => Assert.False(string.IsNullOrWhiteSpace(a.Description), command.Name + " " + a.Name));
        }

        var ended = await Drp.RunAsync("restore", "--help");
        Assert.Equal(0, ended.Code);
        Assert.Contains("--keep-previous", ended.Output, StringComparison.Ordinal);

        static IEnumerable<System.CommandLine.Command> All(System.CommandLine.Command command) => command.Subcommands.SelectMany(All).Prepend(command);
    }

    [Fact]
    public async Task The_version_is_that_of_the_module()
    {
        var ended = await Drp.RunAsync("--version");
        Assert.Equal(0, ended.Code);
        Assert.Equal($"drp {typeof(CommandTree).Assembly.GetName().Version!.ToString(3)}\n", ended.Output);
        Assert.Equal("", ended.Errors);
    }

    [Fact]
    public async Task The_version_loads_nothing_but_drp_itself()
    {
        // A folder with drp alone: any other assembly of ours or of others would be missing.
        string folder = Directory.CreateTempSubdirectory("drp-version-").FullName;
        try
        {
            foreach (string name in (string[])["drp.dll", "drp.runtimeconfig.json"]) File.Copy(Path.Combine(AppContext.BaseDirectory, name), Path.Combine(folder, name));
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", ["exec", Path.Combine(folder, "drp.dll"), "--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            Assert.StartsWith("drp ", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
