using System.Globalization;

namespace AskTrust.Drp.Engine.Host;

/// <summary>How we call <c>ssh</c>: never a question, never an unknown host, nothing forwarded.</summary>
internal static class SshOptions
{
    /// <summary>Arguments before the host.</summary>
    public static List<string> Arguments(int port, string? user, string? identityFile, string? knownHostsFile)
    {
        List<string> arguments =
        [
            "-p", port.ToString(CultureInfo.InvariantCulture),
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=15",
            "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4", "-o", "ClearAllForwardings=yes", "-o", "ForwardAgent=no",
            "-o", "ForwardX11=no", "-o", "RequestTTY=no", "-o", "PermitLocalCommand=no", "-o", "LogLevel=ERROR",
        ];
        if (user is not null) arguments.AddRange(["-l", user]);
        if (identityFile is not null) arguments.AddRange(["-i", identityFile, "-o", "IdentitiesOnly=yes"]);
        // Several files may stand there, separated by blanks: quotes keep a path with blanks together.
        if (knownHostsFile is not null) arguments.AddRange(["-o", $"UserKnownHostsFile=\"{knownHostsFile}\"", "-o", "GlobalKnownHostsFile=none"]);
        return arguments;
    }
}
