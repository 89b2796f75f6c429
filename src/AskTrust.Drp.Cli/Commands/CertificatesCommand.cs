using System.CommandLine;
using AskTrust.Drp.Cli.Output;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp certificates</c>.</summary>
internal static class CertificatesCommand
{
    public static Command Build()
    {
        var paths = new Argument<string[]>("PATH") { Description = CliTexts.ArgumentCertificates, Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var component = Options.Component();
        var set = new Option<string?>("--set") { Description = CliTexts.OptionCertificateSet, HelpName = "SET" };
        var repository = Options.Repository();
        var warn = new Option<TimeSpan?>("--warn")
        {
            Description = CliTexts.OptionCertificateWarn,
            HelpName = "21d",
            CustomParser = result =>
            {
                if (Options.Duration(result.Tokens[0].Value) is { } time) return time;
                result.AddError(Text.Of(CliTexts.NotADuration, result.Tokens[0].Value));
                return null;
            },
        };
        var password = Options.Reference("--password", CliTexts.OptionCertificatePassword);
        var command = new Command("certificates", CliTexts.CommandCertificates) { paths, component, set, repository, warn, password };
        command.Validators.Add(result =>
        {
            if (result.GetResult(paths) is not { Tokens.Count: > 0 }) return;
            foreach (Option other in (Option[])[component, set, repository]) if (result.GetResult(other) is not null) result.AddError(Text.Of(CliTexts.NotTogether, "PATH", other.Name));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            var options = new CertificateOptions
            {
                Paths = run.Get(paths) ?? [], Component = run.Get(component), Set = run.Get(set), Repository = run.Get(repository), Warning = run.Get(warn), Password = run.Get(password),
            };
            bool failed = false, doubtful = false;
            void Tell(CertificateStatus status)
            {
                failed |= status.Verdict == CheckVerdict.Failed;
                doubtful |= status.Verdict == CheckVerdict.Warning;
                run.Emit("certificate", status, () => ShowConfig.Certificate(Console.Out, run.Paint, status));
            }

            if (options.Paths.Count > 0)
            {
                foreach (var status in await DrpSession.ReadCertificatesAsync(options, run.Engine, ct)) Tell(status);
            }
            else
            {
                await using var session = await run.OpenAsync(ct);
                await foreach (var status in session.CertificatesAsync(options, ct)) Tell(status);
            }

            return failed ? DrpError.Failed : doubtful ? DrpError.Incomplete : DrpError.None;
        }));
        return command;
    }
}
