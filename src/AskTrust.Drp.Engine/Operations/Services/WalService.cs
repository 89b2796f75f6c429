using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Operations.Services;

/// <summary>The service that runs the receiver of a component: its name, its file, its text.</summary>
/// <param name="context">The plan.</param>
/// <param name="component">Component.</param>
/// <param name="systemd">systemd of this machine.</param>
internal sealed class WalService(OperationContext context, WalComponent component, Systemd systemd)
{
    /// <summary>Its name, without the ending of a unit.</summary>
    public string Name { get; } = $"drp-wal-{context.Plan.Name}-{component.Name}";

    /// <summary>The file in which secrets of the environment are expected: one NAME=value in each line.</summary>
    public string EnvironmentFile => systemd.EnvironmentFile(context.Plan.Name);

    private string Owner => string.Create(CultureInfo.InvariantCulture, $"service of {context.Plan.Path}, component {component.Name}");

    /// <summary>The names of variables the plan reads secrets from.</summary>
    public IReadOnlyList<string> Variables { get; } = [.. PlanSecrets.Of(context.Plan, component.Plan).Where(s => s.Kind == SecretKind.Environment).Select(s => s.Target)];

    /// <summary>Its file, as it should be.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="program">Path of <c>drp</c>; may be anything where only the mark counts.</param>
    public OwnFile File(ServiceOptions options, string program)
    {
        bool compose = options.Manager == ServiceManager.Compose;
        string folder = options.Folder is { } given ? Path.GetFullPath(given, context.Plan.Folder) : compose ? context.Plan.Folder : systemd.Folder;
        return new OwnFile(Path.Combine(folder, compose ? $"{Name}.compose.yaml" : $"{Name}.service"), Owner, compose ? Compose() : Unit(options, program));
    }

    /// <summary>What a unit that is there was registered with; options as they are where there is none.</summary>
    public static ServiceOptions OptionsOf(string unit, ServiceOptions options)
    {
        if (UnitText.Read(unit, "wal receive") is not var (program, user, credentials)) return options;
        return options with { Program = program ?? options.Program, User = user, Credentials = credentials };
    }

    private string Unit(ServiceOptions options, string program)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            [Unit]
            Description=WAL of {component.Name} ({context.Plan.Name})
            Wants=network-online.target
            After=network-online.target docker.service postgresql.service
            StartLimitIntervalSec=0

            [Service]
            ExecStart={UnitText.Word(program)} wal receive --component {component.Name} --plan {UnitText.Word(context.Plan.Path)}

            """);
        text.Append(UnitText.Surroundings(context.Host.Temp.StateDirectory, EnvironmentFile, Variables, options.Credentials, options.User));
        text.Append("Restart=always\nRestartSec=5\n").Append(UnitText.Hardening).Append("RestrictSUIDSGID=yes\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            ReadWritePaths={string.Join(' ', Folders().Select(f => UnitText.Quote("-" + f)))}

            [Install]
            WantedBy={(systemd.OfUser ? "default.target" : "multi-user.target")}


            """);
        return text.ToString().ReplaceLineEndings("\n");
    }

    private string Compose()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            services:
              {{Name}}:
                # An image with drp and the client programs of the server's major version.
                image: ${DRP_IMAGE}
                command: ["drp", "wal", "receive", "--component", {{Yaml(component.Name)}}, "--plan", {{Yaml(context.Plan.Path)}}]
                restart: always
                stop_grace_period: 60s
                environment:
                  DRP_STATE: {{Yaml(context.Host.Temp.StateDirectory)}}

            """);
        // Without a value: Compose takes it from its own environment or the project's .env file.
        foreach (string name in Variables) text.Append(CultureInfo.InvariantCulture, $"      {name}:\n");
        text.Append("    volumes:\n");
        foreach (string folder in (string[])[context.Plan.Folder, .. Files()]) text.Append(CultureInfo.InvariantCulture, $"      - {Yaml(folder + ":" + folder + ":ro")}\n");
        foreach (string folder in Folders()) text.Append(CultureInfo.InvariantCulture, $"      - {Yaml(folder + ":" + folder)}\n");
        if (component.Plan.Container is not null || component.Plan.ComposeService is not null) text.Append("      # To start the container that streams beside the database's.\n      - \"/var/run/docker.sock:/var/run/docker.sock\"\n");
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>What the receiver writes to.</summary>
    public IEnumerable<string> Folders() =>
        new[] { context.Host.Temp.StateDirectory, component.Spool }.Concat(context.Plan.Repositories.Values.OfType<DirectoryRepositoryPlan>().Select(r => Path.GetFullPath(r.Path, context.Plan.Folder)))
            .Distinct(StringComparer.Ordinal);

    /// <summary>Files with secrets outside the plan's folder.</summary>
    public IEnumerable<string> Files() => PlanSecrets.Of(context.Plan, component.Plan).Where(s => s.Kind == SecretKind.File).Select(s => Path.GetFullPath(s.Target, context.Plan.Folder))
        .Where(f => !f.StartsWith(context.Plan.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    private static string Yaml(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal)}\"";
}
