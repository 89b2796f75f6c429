using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Init;

/// <summary>A database service of a Compose file.</summary>
/// <param name="Service">Name of the service.</param>
/// <param name="Image">Its image as written; null when it is built.</param>
/// <param name="User">Database user when it can be told from the files.</param>
/// <param name="Database">Database when it can be told from the files.</param>
/// <param name="Password">Where the password is, as a reference; null when the files do not say.</param>
/// <param name="NeedsPassword">True for images that do not trust connections inside their own container.</param>
internal sealed record ComposeDatabase(string Service, string? Image, string? User, string? Database, SecretReference? Password, bool NeedsPassword);

/// <summary>What a plan can be made of in a Compose file. Values of secrets are never kept.</summary>
internal sealed partial record ComposeFile(string Path, string Project, IReadOnlyList<ComposeDatabase> Databases, IReadOnlyList<string> OtherServices)
{
    /// <summary>What the other services keep.</summary>
    public ComposeParts Parts { get; private init; } = new();

    /// <summary>The file, and the one that Compose lays over it by itself.</summary>
    public IReadOnlyList<string> Files { get; private init; } = [];

    private static readonly string[] s_names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

    /// <summary>Reads a Compose file, or the one in a folder.</summary>
    public static async Task<ComposeFile> ReadAsync(string path, CancellationToken ct)
    {
        string file = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(file)) file = s_names.Select(n => System.IO.Path.Combine(file, n)).FirstOrDefault(File.Exists) ?? System.IO.Path.Combine(file, s_names[0]);
        string folder = System.IO.Path.GetDirectoryName(file)!;
        var problems = new ProblemList(file);
        string? text = await PlanFile.ReadAsync(file, problems, ct).ConfigureAwait(false);
        var root = text is null ? null : YamlTreeReader.Read(text, problems, foreign: true);
        if (root is null)
        {
            var problem = problems.First;
            throw new DrpException(DrpError.PlanInvalid, Text.Of(PlanTexts.ComposeUnreadable, $"{problem.File}:{problem.Line}:{problem.Column}")) { Hint = PlanTexts.ComposeUnreadableHint, Subject = file };
        }

        var variables = await ComposeVariables.ReadAsync(System.IO.Path.Combine(folder, ".env"), ct).ConfigureAwait(false);
        List<ComposeDatabase> databases = [];
        List<string> others = [];
        foreach (var (key, value) in ((root as YamlMap)?.Find("services") as YamlMap)?.Entries ?? [])
        {
            if (value is not YamlMap service) continue;
            if (await DatabaseAsync(key.Text, service, (YamlMap)root, folder, variables, ct).ConfigureAwait(false) is { } database) databases.Add(database);
            else others.Add(key.Text);
        }

        string? named = variables.Resolve(TextOf((root as YamlMap)?.Find("name"))) ?? variables["COMPOSE_PROJECT_NAME"];
        string project = ProjectNoise().Replace((named ?? System.IO.Path.GetFileName(folder)).ToLowerInvariant(), "").TrimStart('_', '-');
        if (project.Length == 0) project = "app";
        return new ComposeFile(file, project, databases, others)
        {
            Parts = ComposeParts.Read((YamlMap)root, folder, project, variables, [.. databases.Select(d => d.Service)]), Files = [file, .. OverOf(file)],
        };
    }

    /// <summary><c>docker-compose.override.yml</c>, which Compose reads without being told.</summary>
    private static IEnumerable<string> OverOf(string file) => s_names.Contains(System.IO.Path.GetFileName(file), StringComparer.Ordinal)
        ? new[] { ".yaml", ".yml" }.Select(e => System.IO.Path.ChangeExtension(file, ".override" + e)).Where(File.Exists).Take(1)
        : [];

    private static async Task<ComposeDatabase?> DatabaseAsync(
        string name, YamlMap service, YamlMap root, string folder, ComposeVariables variables, CancellationToken ct)
    {
        string? image = variables.Resolve(TextOf(service.Find("image")));
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (string file in EnvFiles(service.Find("env_file")))
        {
            var more = await ComposeVariables.ReadAsync(System.IO.Path.Combine(folder, variables.Resolve(file) ?? file), ct).ConfigureAwait(false);
            foreach (var (key, value) in more.All) environment[key] = value;
        }

        foreach (var (key, value) in Environment(service.Find("environment"))) environment[key] = value;
        // A service that is built, or whose image is a variable, is a database when it is set up as one.
        bool known = image is not null && !image.Contains('$', StringComparison.Ordinal);
        bool isDatabase = known ? IsPostgreSql(image!) : environment.ContainsKey("POSTGRES_PASSWORD") && Mounts(service, "/var/lib/postgresql");
        if (!isDatabase) return null;

        bool bitnami = image?.Contains("bitnami", StringComparison.Ordinal) == true;
        string? user = variables.Resolve(First(environment, "POSTGRES_USER", "POSTGRESQL_USERNAME"));
        string? database = variables.Resolve(First(environment, "POSTGRES_DB", "POSTGRESQL_DATABASE")) ?? user;
        return new ComposeDatabase(name, image, user, database, PasswordOf(environment, root), bitnami);
    }

    private static SecretReference? PasswordOf(Dictionary<string, string?> environment, YamlMap root)
    {
        // A Compose secret is a file of the host; the variable holds its path inside the container.
        if (First(environment, "POSTGRES_PASSWORD_FILE", "POSTGRESQL_PASSWORD_FILE") is { } inside
            && (root.Find("secrets") as YamlMap)?.Find(inside[(inside.LastIndexOf('/') + 1)..]) is YamlMap secret && TextOf(secret.Find("file")) is { } file)
        {
            return new SecretReference(SecretKind.File, file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file);
        }

        string? key = new[] { "POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD" }.FirstOrDefault(environment.ContainsKey);
        if (key is null) return null;
        // ${DB_PASSWORD} in the Compose file: the same variable serves here. A literal: only the name of the variable is taken over.
        return new SecretReference(SecretKind.Environment, environment[key] is { } value && Variable().Match(value) is { Success: true } match ? match.Groups["name"].Value : key);
    }

    private static bool IsPostgreSql(string image)
    {
        string name = image.Split('@')[0];
        name = name[(name.LastIndexOf('/') + 1)..].Split(':')[0];
        string whole = image.Split('@')[0];
        return Images().IsMatch(name) && !Helpers().IsMatch(whole);
    }

    private static bool Mounts(YamlMap service, string path) =>
        (service.Find("volumes") as YamlList)?.Items.Any(v => (TextOf(v) ?? TextOf((v as YamlMap)?.Find("target")))?.Contains(path, StringComparison.Ordinal) == true) == true;

    private static string? First(Dictionary<string, string?> environment, params string[] keys) =>
        keys.Select(k => environment.GetValueOrDefault(k)).FirstOrDefault(v => !string.IsNullOrEmpty(v));

    private static IEnumerable<string> EnvFiles(YamlNode? node) => node switch
    {
        YamlScalar scalar => [scalar.Text],
        YamlList list => list.Items.Select(i => TextOf(i) ?? TextOf((i as YamlMap)?.Find("path"))).OfType<string>(),
        _ => [],
    };

    private static IEnumerable<(string Key, string? Value)> Environment(YamlNode? node) => node switch
    {
        YamlMap map => map.Entries.Select(e => (e.Key.Text, TextOf(e.Value))),
        YamlList list => list.Items.Select(TextOf).OfType<string>().Select(line => line.Split('=', 2)).Select(pair => (pair[0], pair.ElementAtOrDefault(1))),
        _ => [],
    };

    private static string? TextOf(YamlNode? node) => node is YamlScalar { IsNothing: false } scalar ? scalar.Text : null;

    [GeneratedRegex("postgres|postgis|timescaledb|pgvector|pgvecto|citus|paradedb", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Images();

    [GeneratedRegex("export|postgrest|bouncer|admin|backup|pgpool|-meta|wal-g|barman|dump|proxy|operator", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Helpers();

    [GeneratedRegex("[^a-z0-9_-]", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex ProjectNoise();

    [GeneratedRegex(@"^\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:[:?+-].*)?\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Variable();
}
