using System.Diagnostics;
using System.Text.Json;
using AskTrust.Drp.Cli.Completion;

namespace AskTrust.Drp.Cli.Tests;

/// <summary>drp with a real plan and the real engine, as far as that needs no server.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drp-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_plan_is_shown_without_its_secrets()
    {
        string plan = Plan();
        var ended = await RunAsync(new() { ["DB_PASSWORD"] = "hunter2hunter2" }, "plan", "show", "--plan", plan);
        Assert.Equal(0, ended.Code);
        Assert.Contains("${env:DB_PASSWORD}", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", ended.Output + ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_is_one_json_object()
    {
        var ended = await RunAsync([], "plan", "show", "--json", "-p", Plan());
        using var plan = JsonDocument.Parse(ended.Output);
        Assert.Equal("plan", plan.RootElement.GetProperty("type").GetString());
        Assert.Equal("shop", plan.RootElement.GetProperty("name").GetString());
        Assert.Equal(["here", "there"], plan.RootElement.GetProperty("repositories").EnumerateArray().Select(r => r.GetString()));
    }

    [Fact]
    public async Task DRP_PLAN_names_the_plan()
    {
        var ended = await RunAsync(new() { ["DRP_PLAN"] = Plan() }, "plan", "show");
        Assert.Equal(0, ended.Code);
    }

    [Fact]
    public async Task Every_error_of_a_plan_is_told_with_its_place_and_the_code_is_2()
    {
        string plan = Plan("componentz: {}\nfoo: 1\n");
        var ended = await RunAsync([], "backup", "--plan", plan);
        Assert.Equal(2, ended.Code);
        Assert.Equal(2, ended.Errors.Split('\n').Count(l => l.StartsWith(plan + ":", StringComparison.Ordinal)));

        var json = await RunAsync([], "backup", "--plan", plan, "--json");
        using var error = JsonDocument.Parse(json.Output);
        Assert.Equal(2, error.RootElement.GetProperty("problems").GetArrayLength());
        Assert.Equal("PlanInvalid", error.RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_missing_plan_is_an_error_with_what_to_do()
    {
        var ended = await RunAsync([], "list", "--plan", Path.Combine(_folder, "none.yaml"));
        Assert.Equal(2, ended.Code);
        Assert.Contains("→", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_is_json()
    {
        var ended = await RunAsync([], "plan", "schema");
        using var schema = JsonDocument.Parse(ended.Output);
        Assert.True(schema.RootElement.TryGetProperty("properties", out _));
    }

    [Fact]
    public async Task An_empty_repository_lists_nothing_and_proves_nothing()
    {
        string plan = Plan();
        Assert.Equal(0, (await RunAsync([], "list", "--plan", plan)).Code);
        Assert.Equal(10, (await RunAsync([], "list", "20260101T000000Z-full", "--plan", plan)).Code);
        Assert.Equal(10, (await RunAsync([], "verify", "--plan", plan)).Code);
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_10()
    {
        string plan = Plan();
        foreach (string repository in (string[])["here", "there"]) Directory.Delete(Path.Combine(_folder, repository));
        Assert.Equal(10, (await RunAsync([], "list", "--plan", plan)).Code);
    }

    [Fact]
    public async Task Deleting_is_refused_with_15_when_nobody_can_be_asked()
    {
        var ended = await RunAsync([], "remove", "20260101T000000Z-full", "--plan", Plan());
        Assert.Equal(15, ended.Code);
        Assert.Contains("--yes", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_without_a_test_is_an_error()
    {
        var ended = await RunAsync([], "report", "--plan", Plan(), "--out", _folder);
        Assert.Equal(10, ended.Code);
    }

    [Theory]
    [InlineData("db", "backup", "--component", "")]
    [InlineData("here,there", "verify", "-r", "")]
    [InlineData("there", "sync", "--from", "t")]
    [InlineData("nightly", "backup", "--job=n")]
    [InlineData("latest", "restore", "l")]
    public void Names_of_the_plan_are_completed(string expected, params string[] words)
    {
        string[] line = [words[0], "--plan", Plan(), .. words[1..]];
        Environment.SetEnvironmentVariable("DRP_STATE", Path.Combine(_folder, "state"));
        string completed = string.Join(',', Completer.Complete(CommandTree.Build(), line));
        Assert.Equal(expected, completed.Replace("--job=", "", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task A_signal_cancels_and_the_code_is_130(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals of Linux");
        string marker = Path.Combine(_folder, "started");
        string script = Path.Combine(_folder, "slow");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\ntouch {marker}\nsleep 60\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string plan = Plan();
        await File.WriteAllTextAsync(plan, (await File.ReadAllTextAsync(plan)).Replace("${env:DB_PASSWORD}", $"${{command:{script}}}", StringComparison.Ordinal));
        using var process = Drp.Start(new() { ["DRP_STATE"] = Path.Combine(_folder, "state") }, "backup", "--plan", plan);
        for (int i = 0; i < 600 && !File.Exists(marker) && !process.HasExited; i++) await Task.Delay(50);
        Assert.True(File.Exists(marker), "drp did not come to the password: " + (process.HasExited ? await process.StandardError.ReadToEndAsync() : ""));
        long began = Stopwatch.GetTimestamp();
        using (var kill = Process.Start("kill", [signal, $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(130, process.ExitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 20);
    }

    private Task<Drp.Ended> RunAsync(Dictionary<string, string> environment, params string[] args)
    {
        environment["DRP_STATE"] = Path.Combine(_folder, "state");
        return Drp.WithAsync(environment, args);
    }

    private string Plan(string more = "")
    {
        string path = Path.Combine(_folder, "drp.yaml");
        foreach (string repository in (string[])["here", "there"]) Directory.CreateDirectory(Path.Combine(_folder, repository));
        File.WriteAllText(path, $$"""
            version: 1
            name: shop
            components:
              db: { type: postgresql, url: "postgresql://shop@127.0.0.1:1/shop", password: "${env:DB_PASSWORD}" }
            repositories:
              here: { type: directory, path: "{{_folder}}/here" }
              there: { type: directory, path: "{{_folder}}/there" }
            encryption: none
            jobs:
              nightly: { schedule: "0 3 * * *" }

            """ + more);
        return path;
    }
}
