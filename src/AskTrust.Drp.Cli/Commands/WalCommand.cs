using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp wal</c>: receives, archives and gives back the WAL of PostgreSQL servers.</summary>
internal static class WalCommand
{
    public static Command Build() => new("wal", CliTexts.CommandWal) { Receive(), Push(), Fetch(), Feed(), RestoreCommand(), Window(), Status() };

    private static Command Receive()
    {
        var component = Options.Component();
        var newSystem = NewSystem();
        var catchUp = new Option<bool>("--catch-up") { Description = CliTexts.OptionCatchUp };
        var command = new Command("receive", CliTexts.CommandWalReceive) { component, newSystem, catchUp };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.WalReceiveAsync(new WalReceiveOptions { Component = run.Get(component), NewSystem = run.Get(newSystem), CatchUp = run.Get(catchUp) }, ct);
            run.Emit("walReceive", report, () => ShowWal.Receive(Console.Out, run.Paint, report));
            return DrpError.None;
        }));
        return command;
    }

    private static Command Push()
    {
        var path = new Argument<string>("PATH") { Description = CliTexts.ArgumentWalPath };
        var component = Options.Component();
        var newSystem = NewSystem();
        var command = new Command("push", CliTexts.CommandWalPush) { path, component, newSystem };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var result = await session.WalPushAsync(new WalPushOptions { Path = run.Get(path)!, Component = run.Get(component), NewSystem = run.Get(newSystem) }, ct);
            run.Emit("walPush", result, () => { });
            return DrpError.None;
        }));
        return command;
    }

    private static Command Fetch()
    {
        var name = new Argument<string>("NAME") { Description = CliTexts.ArgumentWalName };
        var path = new Argument<string>("PATH") { Description = CliTexts.ArgumentWalDestination };
        var component = Options.Component();
        var repositories = Options.Repositories();
        var system = SystemId();
        var patience = Options.Time("--patience", CliTexts.OptionPatience);
        var ahead = Prefetch();
        var command = new Command("fetch", CliTexts.CommandWalFetch) { name, path, component, repositories, system, patience, ahead };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new WalFetchOptions
            {
                Name = run.Get(name)!, Destination = run.Get(path)!, Component = run.Get(component), System = run.Get(system), Repositories = run.Get(repositories)!,
                Prefetch = run.Get(ahead), Feeder = [.. Own(), "wal", "feed"],
            };
            if (run.Get(patience) is { } time) options = options with { Patience = time };
            var result = await session.WalFetchAsync(options, ct);
            run.Emit("walFetch", result, () => { });
            return result.Found ? DrpError.None : DrpError.WalNotInArchive;
        }));
        return command;
    }

    /// <summary>Started by <c>drp wal fetch</c>; for nobody else.</summary>
    private static Command Feed()
    {
        var component = Options.Component();
        var repositories = Options.Repositories();
        var system = SystemId();
        var ahead = Prefetch();
        var command = new Command("feed", CliTexts.CommandWalFeed) { component, repositories, system, ahead };
        command.Hidden = true;
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new WalFetchOptions { Name = "", Destination = "", Component = run.Get(component), System = run.Get(system), Repositories = run.Get(repositories)!, Prefetch = run.Get(ahead) };
            await session.WalFeedAsync(options, ct);
            return DrpError.None;
        }));
        return command;
    }

    private static Command RestoreCommand()
    {
        var component = Options.Component();
        var system = SystemId();
        var command = new Command("restore-command", CliTexts.CommandWalRestoreCommand) { component, system };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            string text = await session.WalRestoreCommandAsync(run.Get(component), run.Get(system), Own(), ct);
            run.Emit("walRestoreCommand", new WalRestoreCommand(text), () => Console.Out.WriteLine(text));
            return DrpError.None;
        }));
        return command;
    }

    private static Command Window()
    {
        var component = Options.Component();
        var command = new Command("window", CliTexts.CommandWalWindow) { component };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            List<RecoveryWindow> windows = [];
            await foreach (var window in session.RecoveryWindowAsync(run.Get(component), ct))
            {
                windows.Add(window);
                run.Emit("recoveryWindow", window, () => ShowWal.Window(Console.Out, run.Paint, window));
            }

            return ExitCodes.Of(windows);
        }));
        return command;
    }

    private static Command Status()
    {
        var component = Options.Component();
        var command = new Command("status", CliTexts.CommandWalStatus) { component };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            bool bad = false;
            await foreach (var status in session.ReplicationAsync(run.Get(component), ct))
            {
                bad |= status.Verdict == CheckVerdict.Failed;
                run.Emit("replication", status, () => ShowWal.Status(Console.Out, run.Paint, status));
            }

            return bad ? DrpError.Failed : DrpError.None;
        }));
        return command;
    }

    /// <summary>This program; run by <c>dotnet</c>, its assembly is named, too.</summary>
    private static IReadOnlyList<string> Own() =>
        Environment.ProcessPath is not { } path ? ["drp"] : Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, "exec", typeof(WalCommand).Assembly.Location] : [path];

    private static Option<string?> SystemId() => new("--system") { Description = CliTexts.OptionSystem, HelpName = "ID" };

    private static Option<int?> Prefetch()
    {
        var ahead = new Option<int?>("--prefetch") { Description = CliTexts.OptionPrefetch, HelpName = "N" };
        ahead.Validators.Add(r => Options.Range(r, 0, 64));
        return ahead;
    }

    private static Option<bool> NewSystem() => new("--new-system") { Description = CliTexts.OptionNewSystem };
}
