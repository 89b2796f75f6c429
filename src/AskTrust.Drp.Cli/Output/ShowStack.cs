using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Services of a Compose project for people.</summary>
internal static class ShowStack
{
    /// <summary>What a restart did.</summary>
    public static void Restart(TextWriter writer, Paint paint, ServiceRestartReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(V(report.Project))}  {Format.Duration(report.Duration)}");
        foreach (string step in report.Steps) writer.WriteLine("  · " + V(step));
        if (report.Status != RunStatus.Planned)
        {
            foreach (ServiceOutcome service in report.Services) Service(writer, paint, service);
            if (report.Volumes.Count > 0) writer.WriteLine("  " + Text.Of(CliTexts.SameVolumes, report.Volumes.Count, V(string.Join(", ", report.Volumes))));
        }

        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + V(warning));
    }

    /// <summary>What a restore of everything did.</summary>
    public static void Restore(TextWriter writer, Paint paint, SystemRestoreReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {V(report.SystemId)}  {paint.Bold(V(report.Project ?? report.Plan))}  {Format.Duration(report.Duration)}");
        foreach (string step in report.Steps) writer.WriteLine("  · " + V(step));
        if (report.Status != RunStatus.Planned)
        {
            foreach (SystemPartOutcome part in report.Components)
            {
                string saved = part.SafetyId is { } safety ? "  " + Text.Of(CliTexts.SavedAs, V(safety)) : "";
                writer.WriteLine($"  {paint.Status(part.Status, Show.Word(part.Status))}  {V(part.Component)} ({V(part.Type)})  {V(part.SetId)}  {Format.Bytes(part.Bytes)}{(part.Elapsed is { } time ? "  " + Format.Duration(time) : "")}{saved}");
            }

            foreach (ServiceOutcome service in report.Services) Service(writer, paint, service);
            writer.WriteLine("  " + string.Join(" · ", report.Phases.Select(p => $"{p.Name} {Format.Duration(p.Elapsed)}")));
        }

        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(V(warning)));
    }

    /// <summary>What is in a kit.</summary>
    public static void Kit(TextWriter writer, Paint paint, RecoveryKitReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(V(report.Folder))}");
        foreach (string file in report.Files) writer.WriteLine("  " + V(file));
        foreach (string needed in report.Keys.Concat(report.Secrets.Where(s => !s.Included).Select(s => s.Reference))) writer.WriteLine("  " + Text.Of(CliTexts.KitNeeds, V(needed)));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + V(warning));
    }

    private static void Service(TextWriter writer, Paint paint, ServiceOutcome service)
    {
        string times = service.Start is { } start ? $"  {Format.Duration(service.Stop ?? TimeSpan.Zero)} + {Format.Duration(start)}" : "";
        writer.WriteLine($"  {paint.Status(service.Status, Show.Word(service.Status))}  {V(service.Service)}  {State(service.Before)} → {(service.After is { } after ? State(after) : "–")}{times}");
        if (service.Message is { } message) writer.WriteLine("    " + paint.Bad(Redact.Passwords(V(message))));
    }

    private static string State(ServiceSnapshot of) => of.Health == ContainerHealth.None ? Word(of.State) : $"{Word(of.State)} ({Word(of.Health)})";

    /// <summary>The engine's own words: people know them from <c>docker ps</c>.</summary>
    private static string Word<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();

    private static string V(string? text) => DrpOutput.Visible(text);
}
