using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AskTrust.Drp.Integration.Tests.Files;

/// <summary>The built <c>drp</c> as a process of its own.</summary>
internal static class DrpAs
{
    private static readonly string s_dotnet = Path.GetFullPath(Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>As the user nobody when we are root, for whom every file may be read; as ourselves otherwise. The scene must belong to that user.</summary>
    public static (int Code, string Output) Nobody(FilesScene scene, params string[] arguments)
    {
        using var process = Start(scene, Environment.UserName == "root", arguments);
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>Starts it.</summary>
    public static Process Start(FilesScene scene, bool asNobody, params string[] arguments)
    {
        string[] drp = [s_dotnet, "exec", Path.Join(AppContext.BaseDirectory, "drp.dll"), .. arguments, "--plan", scene.Folder["drp.yaml"], "--lang", "en"];
        string[] all = asNobody ? ["setpriv", "--reuid=nobody", "--clear-groups", "--no-new-privs", .. drp] : drp;
        var info = new ProcessStartInfo(all[0], all[1..]) { WorkingDirectory = scene.Folder.Path, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["DRP_STATE"] = scene.State;
        info.Environment["HOME"] = scene.Folder.Path;
        info.Environment.Remove("DRP_PLAN");
        return Process.Start(info)!;
    }
}
