namespace AskTrust.Drp.Build;

/// <summary>A program or file a task needs, and the Debian package that brings it.</summary>
/// <param name="Package">Package name.</param>
/// <param name="Probe">A program on PATH, or a path with one <c>*</c> for a version.</param>
internal sealed record Need(string Package, string Probe)
{
    /// <summary>True when it is there, however it came.</summary>
    public bool IsMet()
    {
        if (!Probe.StartsWith('/')) return Shell.Find(Probe) is not null;
        string[] around = Probe.Split('*');
        if (around.Length == 1) return File.Exists(Probe);
        return Directory.Exists(around[0]) && Directory.EnumerateDirectories(around[0]).Any(d => File.Exists(d + around[1]));
    }
}

/// <summary>Installs what is missing from Debian packages when we may, else says precisely what to install.</summary>
internal static class DebianPackages
{
    private const string Policy = "/usr/sbin/policy-rc.d";
    private const string CreateCluster = "/etc/postgresql-common/createcluster.conf";

    /// <summary>What the demo needs.</summary>
    public static readonly IReadOnlyList<Need> Demo =
    [
        new("postgresql", "/usr/lib/postgresql/*/bin/initdb"),
        new("gnupg", "gpg"),
        new("zstd", "zstd"),
    ];

    /// <summary>What every test needs.</summary>
    public static readonly IReadOnlyList<Need> Test =
    [
        .. Demo,
        new("rclone", "rclone"),
        new("openssh-client", "sftp"),
        new("openssh-server", "sshd"),
        new("ceph-mon", "ceph-mon"),
        new("ceph-osd", "ceph-osd"),
        new("radosgw", "radosgw"),
        new("docker.io", "dockerd"),
        new("docker-compose", "docker-compose"),
        new("docker-registry", "docker-registry"),
        new("mmdebstrap", "mmdebstrap"),
        new("cron", "crontab"),
        new("redis-server", "redis-server"),
        new("nginx-light", "nginx"),
        new("caddy", "caddy"),
        new("chromium", "chromium"),
        new("systemd", "systemd-analyze"),
        new("patroni", "patroni"),
        new("etcd-server", "etcd"),
        new("python3-etcd", "/usr/lib/python3/dist-packages/etcd/__init__.py"),
    ];

    /// <summary>What the benchmarks need: also those we are compared with.</summary>
    public static readonly IReadOnlyList<Need> Bench = [.. Test, new("restic", "restic")];

    /// <summary>Makes sure everything is there.</summary>
    /// <exception cref="BuildException">Something is missing and could not be installed; says what to install.</exception>
    public static async Task NeedAsync(IReadOnlyList<Need> needs, Checkout checkout, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux()) return;
        string[] missing = [.. needs.Where(n => !n.IsMet()).Select(n => n.Package)];
        if (missing.Length == 0) return;

        string[]? root = await RootAsync(ct);
        if (root is null || Shell.Find("apt-get") is null)
            throw new BuildException($"missing: install {string.Join(' ', missing)} (Debian names), e.g. “sudo apt-get install {string.Join(' ', missing)}”.", 17);

        Console.WriteLine($"Installing from Debian packages: {string.Join(' ', missing)}");
        await using var quiet = await QuietInstall.BeginAsync(root, checkout, ct);
        await AptAsync(root, quiet.Log, ["update", "-qq"], ct);
        if (missing.Contains("postgresql", StringComparer.Ordinal) && !File.Exists(CreateCluster)) await InstallAsync(root, quiet.Log, ["postgresql-common"], ct);
        await quiet.NoClusterAsync();
        await InstallAsync(root, quiet.Log, missing, ct);

        string[] still = [.. needs.Where(n => !n.IsMet()).Select(n => $"{n.Probe} (package {n.Package})")];
        if (still.Length > 0) throw new BuildException("still missing after the installation: " + string.Join(", ", still), 17);
    }

    /// <summary>The words before a command that must run as root; null when we may not.</summary>
    private static async Task<string[]?> RootAsync(CancellationToken ct)
    {
        if (Environment.UserName == "root") return [];
        if (Shell.Find("sudo") is not { } sudo) return null;
        var (code, _) = await Shell.CaptureAsync(sudo, ["-n", "true"], ct);
        return code == 0 ? [sudo, "-n"] : null;
    }

    private static Task InstallAsync(string[] root, string log, string[] packages, CancellationToken ct) =>
        AptAsync(root, log, ["install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", .. packages], ct);

    private static Task AptAsync(string[] root, string log, string[] arguments, CancellationToken ct)
    {
        string[] line = [.. root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", .. arguments];
        return Shell.LoggedAsync(line[0], line[1..], log, ct);
    }

    /// <summary>
    /// While packages are installed: no service is started and no PostgreSQL cluster is made. Afterwards the machine's own
    /// settings are back as they were.
    /// </summary>
    private sealed class QuietInstall(string[] root, string scratch) : IAsyncDisposable
    {
        private readonly string _scratch = scratch;
        private readonly List<Func<Task>> _undo = [];

        /// <summary>What apt-get says.</summary>
        public string Log => Path.Join(_scratch, "apt.log");

        public static async Task<QuietInstall> BeginAsync(string[] root, Checkout checkout, CancellationToken ct)
        {
            var quiet = new QuietInstall(root, checkout.Fresh("install"));
            if (!File.Exists(Policy))
            {
                string policy = Path.Join(quiet._scratch, "policy-rc.d");
                await File.WriteAllTextAsync(policy, "#!/bin/sh\nexit 101\n", ct);
                await quiet.AsRootAsync("install", "-m", "0755", policy, Policy);
                quiet._undo.Add(() => quiet.AsRootAsync("rm", "-f", Policy));
            }

            return quiet;
        }

        public async Task NoClusterAsync()
        {
            if (!File.Exists(CreateCluster)) return;
            string kept = Path.Join(_scratch, "createcluster.conf");
            await AsRootAsync("cp", "-p", CreateCluster, kept);
            _undo.Add(() => AsRootAsync("cp", "-p", kept, CreateCluster));
            await AsRootAsync("sed", "-i", "/^ *create_main_cluster/d;$a create_main_cluster = false", CreateCluster);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var undo in Enumerable.Reverse(_undo)) await undo();
        }

        private Task AsRootAsync(params string[] command)
        {
            string[] line = [.. root, .. command];
            return Shell.MustAsync(line[0], line[1..], CancellationToken.None);
        }
    }
}
