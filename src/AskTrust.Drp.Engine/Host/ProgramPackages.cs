namespace AskTrust.Drp.Engine.Host;

/// <summary>Which Debian package brings a program: a message that names it saves the operator a search.</summary>
internal static class ProgramPackages
{
    private static readonly Dictionary<string, string> s_packages = new(StringComparer.Ordinal)
    {
        ["pg_dump"] = "postgresql-client",
        ["pg_dumpall"] = "postgresql-client",
        ["pg_restore"] = "postgresql-client",
        ["psql"] = "postgresql-client",
        ["createdb"] = "postgresql-client",
        ["dropdb"] = "postgresql-client",
        ["pg_isready"] = "postgresql-client",
        ["pg_basebackup"] = "postgresql-client",
        ["pg_receivewal"] = "postgresql-client",
        ["initdb"] = "postgresql",
        ["postgres"] = "postgresql",
        ["pg_ctl"] = "postgresql",
        ["gpg"] = "gnupg",
        ["gpgconf"] = "gnupg",
        ["gpg-agent"] = "gpg-agent",
        ["zstd"] = "zstd",
        ["pigz"] = "pigz",
        ["gzip"] = "gzip",
        ["rclone"] = "rclone",
        ["ssh"] = "openssh-client",
        ["sftp"] = "openssh-client",
        ["docker"] = "docker.io",
        ["docker-compose"] = "docker-compose",
        ["vault"] = "vault",
        ["redis-cli"] = "redis-tools",
        ["redis-server"] = "redis-server",
        ["setpriv"] = "util-linux",
        ["setsid"] = "util-linux",
        ["sudo"] = "sudo",
        ["pass"] = "pass",
        ["crontab"] = "cron",
        ["caddy"] = "caddy",
        ["nginx"] = "nginx",
        ["tar"] = "tar",
        ["git"] = "git",
    };

    /// <summary>The error for a program that is not there.</summary>
    public static DrpException Missing(string program)
    {
        string name = Path.GetFileName(program);
        return new DrpException(DrpError.Unreachable, Text.Of(HostTexts.ToolMissing, program))
        {
            Subject = program,
            Hint = s_packages.TryGetValue(name, out string? package)
                ? Text.Of(HostTexts.InstallPackage, package)
                : Text.Of(HostTexts.InstallProgram, name),
        };
    }
}
