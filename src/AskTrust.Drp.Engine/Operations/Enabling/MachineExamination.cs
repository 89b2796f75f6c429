using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>Looks at what is needed beside the server's word: programs, room on the disks.</summary>
internal sealed class MachineExamination(OperationContext context, WalComponent component, IPostgreSqlServer server, Examination findings)
{
    private static readonly string[] s_programs = ["pg_receivewal", "pg_basebackup"];

    /// <summary>Looks.</summary>
    public async Task JudgeAsync(CancellationToken ct)
    {
        await ProgramsAsync(ct).ConfigureAwait(false);
        await ServerDiskAsync(ct).ConfigureAwait(false);
        Spool();
    }

    private async Task ProgramsAsync(CancellationToken ct)
    {
        foreach (string program in s_programs)
        {
            try
            {
                ProcessResult result = await context.Host.Processes.RunAsync(server.Tool(program, null, "--version"), ct).ConfigureAwait(false);
                int? major = result.Ok ? ClientPrograms.MajorOf(result.Text) : null;
                if (major is null) findings.Add(program, CheckVerdict.Failed, result.Errors.Trim());
                else if (major < server.Major) findings.Add(program, CheckVerdict.Failed, Text.Of(EnablingTexts.ToolOld, major, server.Major));
                else findings.Add(program, CheckVerdict.Ok, Text.Of(EnablingTexts.Tool, major, server.Version));
            }
            catch (DrpException e)
            {
                findings.Add(program, CheckVerdict.Failed, e.Message, e.Hint);
            }
        }
    }

    /// <summary>When nobody receives, WAL grows up to slotLimit before the policy says what to do: there must be room for it.</summary>
    private async Task ServerDiskAsync(CancellationToken ct)
    {
        const string name = "pg_wal";
        long limit = component.PointInTime.SlotLimit;
        string? data = await ServerFiles.DataDirectoryAsync(server, ct).ConfigureAwait(false);
        long? free = data is null ? null : await ServerFiles.FreeAsync(server, context.Host, data + "/pg_wal", ct).ConfigureAwait(false);
        if (free is null) findings.Add(name, CheckVerdict.Skipped, EnablingTexts.DiskUnknown, Text.Of(EnablingTexts.DiskUnknownHint, Human.Size(limit)));
        else if (free < limit) findings.Add(name, CheckVerdict.Warning, Text.Of(EnablingTexts.DiskSmall, Human.Size(free.Value), Human.Size(limit)), EnablingTexts.DiskSmallHint);
        else findings.Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.DiskEnough, Human.Size(free.Value), Human.Size(limit)));
    }

    private void Spool()
    {
        const string name = "spool";
        long limit = component.PointInTime.SpoolLimit;
        // It is made by the receiver; until then, the folder it will be made in decides.
        string folder = component.Spool;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < limit) findings.Add(name, CheckVerdict.Warning, Text.Of(EnablingTexts.SpoolSmall, component.Spool, Human.Size(free), Human.Size(limit)), EnablingTexts.SpoolSmallHint);
        else findings.Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.SpoolEnough, component.Spool, Human.Size(free)));
    }
}
