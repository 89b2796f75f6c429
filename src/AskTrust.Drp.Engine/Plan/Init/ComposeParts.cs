using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Init;

/// <summary>What a Compose stack keeps outside its PostgreSQL: to be protected, too.</summary>
internal sealed partial record ComposeParts
{
    private static readonly string[] s_system = ["/var/run", "/run", "/proc", "/sys", "/dev", "/etc/localtime", "/etc/timezone", "/var/lib/docker"];
    private static readonly string[] s_keys = [".pem", ".crt", ".cer", ".key", ".p12", ".pfx"];

    /// <summary>Redis servers: service, image, and the variable with the password when there is one.</summary>
    public IReadOnlyList<(string Service, string Image, SecretReference? Password)> Redis { get; private init; } = [];

    /// <summary>Volumes by the name the engine knows them by, with the service they belong to, and whether certificates are kept in them.</summary>
    public IReadOnlyList<(string Key, string Volume, string Service, bool Certificates)> Volumes { get; private init; } = [];

    /// <summary>Mounted folders with data.</summary>
    public IReadOnlyList<string> Data { get; private init; } = [];

    /// <summary>Mounted folders with configuration: of proxies, and what is mounted read-only.</summary>
    public IReadOnlyList<string> Config { get; private init; } = [];

    /// <summary>Mounted certificates and their stores.</summary>
    public IReadOnlyList<string> Certificates { get; private init; } = [];

    /// <summary>Mounts that are left out, because they hold the whole project or name a variable nobody set.</summary>
    public IReadOnlyList<string> LeftOut { get; private init; } = [];

    /// <summary>Services that keep nothing.</summary>
    public IReadOnlyList<string> Stateless { get; private init; } = [];

    /// <summary>Looks through the services.</summary>
    /// <param name="root">The file.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <param name="project">Name of the project.</param>
    /// <param name="variables">Variables of the project.</param>
    /// <param name="databases">Services that are PostgreSQL: dumps cover their data.</param>
    public static ComposeParts Read(YamlMap root, string folder, string project, ComposeVariables variables, IReadOnlyCollection<string> databases)
    {
        List<(string, string, SecretReference?)> redis = [];
        List<(string Key, string Volume, string Service, bool Certificates)> volumes = [];
        SortedSet<string> data = new(StringComparer.Ordinal), config = new(StringComparer.Ordinal), certificates = new(StringComparer.Ordinal), leftOut = new(StringComparer.Ordinal);
        List<string> stateless = [];
        foreach (var (key, value) in (root.Find("services") as YamlMap)?.Entries ?? [])
        {
            if (value is not YamlMap service || databases.Contains(key.Text)) continue;
            string image = variables.Resolve(TextOf(service.Find("image"))) ?? "";
            string name = image.Split('@')[0];
            name = name[(name.LastIndexOf('/') + 1)..].Split(':')[0];
            bool isRedis = RedisImages().IsMatch(name), isProxy = Proxies().IsMatch(name.Length > 0 ? name : key.Text), keeps = isRedis;
            if (isRedis) redis.Add((key.Text, image, PasswordOf(service)));
            foreach (Mount mount in Mounts(service))
            {
                if (variables.Resolve(mount.Source) is not { } source)
                {
                    leftOut.Add($"{mount.Source}:{mount.Target}");
                }
                else if (source[0] is not ('.' or '/' or '~'))
                {
                    keeps = true;
                    if (!isRedis && volumes.All(v => v.Key != source)) volumes.Add((source, VolumeName(root, source, project, variables), key.Text, KeepsCertificates(source, mount.Target, name)));
                }
                else
                {
                    string path = Path.TrimEndingDirectorySeparator(Keys.PathType.Resolve(source, folder));
                    if (s_system.Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal)) || path == "/") continue;
                    keeps = true;
                    if (folder == path || folder.StartsWith(path + "/", StringComparison.Ordinal)) leftOut.Add($"{mount.Source}:{mount.Target}");
                    else if (HoldsCertificates(path, mount.Target)) certificates.Add(path);
                    // Single files are kept with the project.
                    else if (File.Exists(path) || (!Directory.Exists(path) && Path.HasExtension(path))) continue;
                    else if (mount.ReadOnly || (isProxy && mount.Target.StartsWith("/etc/", StringComparison.Ordinal))) config.Add(path);
                    else if (!isRedis) data.Add(path);
                }
            }

            if (!keeps) stateless.Add(key.Text);
        }

        return new ComposeParts { Redis = redis, Volumes = volumes, Data = [.. Outermost(data)], Config = [.. Outermost(config)], Certificates = [.. Outermost(certificates)], LeftOut = [.. leftOut], Stateless = stateless };
    }

    private static IEnumerable<string> Outermost(SortedSet<string> paths) => paths.Where(p => !paths.Any(o => o != p && p.StartsWith(o + "/", StringComparison.Ordinal)));

    private static bool HoldsCertificates(string path, string target)
    {
        string name = Path.GetFileName(path);
        return CertificateNames().IsMatch(name) || target == "/etc/letsencrypt" || s_keys.Contains(Path.GetExtension(name).ToLowerInvariant(), StringComparer.Ordinal)
            || (Directory.Exists(path) && Directory.EnumerateFiles(path).Any(f => s_keys.Contains(Path.GetExtension(f).ToLowerInvariant(), StringComparer.Ordinal)));
    }

    /// <summary>By the names people give such volumes, and where certbot and the proxies keep theirs.</summary>
    private static bool KeepsCertificates(string key, string target, string image) =>
        CertificateNames().IsMatch(Path.GetFileName(key)) || CertificateNames().IsMatch(Path.GetFileName(target)) || (image == "caddy" && target == "/data");

    private static string VolumeName(YamlMap root, string key, string project, ComposeVariables variables)
    {
        YamlMap? volume = (root.Find("volumes") as YamlMap)?.Find(key) as YamlMap;
        if (variables.Resolve(TextOf(volume?.Find("name"))) is { } given) return given;
        return TextOf(volume?.Find("external")) == "true" ? key : $"{project}_{key}";
    }

    /// <summary>A server with a password asks us for it, too; the value itself is never taken over.</summary>
    private static SecretReference? PasswordOf(YamlMap service)
    {
        string command = service.Find("command") switch
        {
            YamlScalar scalar => scalar.Text,
            YamlList list => string.Join(' ', list.Items.Select(TextOf)),
            _ => "",
        };
        if (Required().Match(command) is { Success: true } match)
            return new SecretReference(SecretKind.Environment, match.Groups["name"] is { Success: true } name ? name.Value : "REDIS_PASSWORD");
        bool set = service.Find("environment") switch
        {
            YamlMap map => map.Find("REDIS_PASSWORD") is not null,
            YamlList list => list.Items.Any(i => TextOf(i)?.Split('=')[0] == "REDIS_PASSWORD"),
            _ => false,
        };
        return set ? new SecretReference(SecretKind.Environment, "REDIS_PASSWORD") : null;
    }

    private static IEnumerable<Mount> Mounts(YamlMap service)
    {
        foreach (YamlNode node in (service.Find("volumes") as YamlList)?.Items ?? [])
        {
            if (node is YamlMap map)
            {
                if (TextOf(map.Find("source")) is { Length: > 0 } source && TextOf(map.Find("type")) is null or "volume" or "bind")
                    yield return new Mount(source, TextOf(map.Find("target")) ?? "", TextOf(map.Find("read_only")) == "true");
            }
            else if (TextOf(node) is { } text && Short().Match(text) is { Success: true } match)
            {
                yield return new Mount(match.Groups["source"].Value, match.Groups["target"].Value, match.Groups["mode"].Value.Split(',').Contains("ro", StringComparer.Ordinal));
            }
        }
    }

    private static string? TextOf(YamlNode? node) => node is YamlScalar { IsNothing: false } scalar ? scalar.Text : null;

    private sealed record Mount(string Source, string Target, bool ReadOnly);

    [GeneratedRegex("^(?:redis|valkey|keydb|dragonfly)(?:-stack(?:-server)?|-server|-alpine)?\\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex RedisImages();

    [GeneratedRegex("caddy|nginx|traefik|haproxy|httpd|apache", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Proxies();

    [GeneratedRegex(@"^(?:letsencrypt|certs?|certificates?|ssl|tls|pki|acme(?:.*\.json)?)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex CertificateNames();

    [GeneratedRegex(@"--requirepass[\s=]+[""']?(?:\$\$?\{?(?<name>[A-Za-z_][A-Za-z0-9_]*))?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Required();

    // ${DATA:-./data}:/srv:ro — a colon inside braces is not the one between source and target.
    [GeneratedRegex(@"^(?<source>(?:\$\{[^}]*\}|[^:])+):(?<target>/[^:]*)(?::(?<mode>.*))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Short();
}
