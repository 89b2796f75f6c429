using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Data directories fit no other major version than their own.</summary>
internal static class SideImage
{
    /// <summary>Refuses a container whose image has another one.</summary>
    /// <param name="host">The host.</param>
    /// <param name="side">The container.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="choice">The base.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>.</exception>
    public static async Task RequireMajorAsync(HostContext host, SideContainer side, string name, RecoveryChoice choice, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(side.Exec(true, "postgres", "--version"), ct).ConfigureAwait(false);
        string version = result.Ok ? result.Text.Trim() : throw side.Failed(result.Errors);
        if (ClientPrograms.MajorOf(version) is { } major && major == choice.Facts.Major) return;
        throw new DrpException(DrpError.Unreachable, Text.Of(OperationsTexts.OtherImage, name, version, choice.Id, choice.Facts.Major)) { Subject = name };
    }
}
