using System.Globalization;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Plan.Init;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanInitTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("drp-plan-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public async Task A_connection_url_becomes_a_plan_that_reads()
    {
        var draft = await Create(new() { Path = _folder.FullName, ConnectionString = "postgresql://shop@db.example:5433/Shop_1?sslmode=require" });

        Assert.Empty(draft.Notes);
        Assert.Equal(draft.Text, await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "drp.yaml")));
        var plan = await PlanReader.ReadAsync(_folder.FullName, CancellationToken.None);
        Assert.Equal("shop-1", plan.Name);
        var db = Assert.IsType<PostgreSqlPlan>(plan.Components["db"]);
        Assert.Equal(("postgresql://shop@db.example:5433/Shop_1?sslmode=require", null), (db.Url, db.Password));
        Assert.True(draft.Text.Split('\n').Length < 45, "a first plan fits on one screen");
    }

    [Theory]
    [InlineData("postgresql://shop:hunter2@db/shop")]
    [InlineData("postgresql://shop@db/shop?password=hunter2")]
    public async Task A_password_in_the_url_is_left_out_and_the_operator_is_told(string url)
    {
        var draft = await Create(new() { Path = _folder.FullName, ConnectionString = url });

        Assert.DoesNotContain("hunter2", draft.Text + string.Join('\n', draft.Notes), StringComparison.Ordinal);
        Assert.Single(draft.Notes);
        var db = (PostgreSqlPlan)PlanReader.Parse(draft.Text, draft.File).Components["db"];
        Assert.Equal(("postgresql://shop@db/shop", new SecretReference(SecretKind.Environment, "DB_PASSWORD")), (db.Url, db.Password));
    }

    [Fact]
    public async Task What_is_no_url_is_refused_without_repeating_it()
    {
        var error = await Assert.ThrowsAsync<DrpException>(() => Create(new() { Path = _folder.FullName, ConnectionString = "Host=db;Password=hunter2" }));

        Assert.Equal(DrpError.PlanInvalid, error.Code);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_plan_that_exists_is_never_overwritten_without_force()
    {
        string file = Path.Combine(_folder.FullName, "drp.yaml");
        await File.WriteAllTextAsync(file, "mine");
        var options = new PlanInitOptions { Path = file, ConnectionString = "postgresql://a@b/c" };

        var error = await Assert.ThrowsAsync<DrpException>(() => Create(options));

        Assert.Equal((DrpError.UnsafeTarget, file), (error.Code, error.Subject));
        Assert.Equal("mine", await File.ReadAllTextAsync(file));

        await Create(options with { Force = true });
        Assert.Equal("c", (await PlanReader.ReadAsync(file, CancellationToken.None)).Name);
        Assert.Single(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_dry_run_writes_nothing()
    {
        var draft = await Create(new() { Path = _folder.FullName, ConnectionString = "postgresql://a@b/c", DryRun = true });

        Assert.NotEmpty(draft.Text);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_compose_file_becomes_a_plan_with_its_databases()
    {
        await Compose("""
            name: Shop.Prod
            x-common: &common
              restart: always
            services:
              db:
                <<: *common
                image: postgres:16-alpine
                environment:
                  - POSTGRES_USER=shop
                  - POSTGRES_PASSWORD=${DB_SECRET:?}
              geo:
                image: registry.example:5000/postgis/postgis:16-3.4
                environment: { POSTGRES_PASSWORD_FILE: /run/secrets/geo }
              time:
                image: bitnami/postgresql:16
                environment: { POSTGRESQL_USERNAME: "${TS_USER:-metrics}", POSTGRESQL_PASSWORD: hunter2 }
              built:
                build: ./db
                env_file: [db.env]
                volumes: ["data:/var/lib/postgresql/data"]
              exporter: { image: prometheuscommunity/postgres-exporter }
              cache: { image: "redis:7", command: !reset [] }
            secrets:
              geo: { file: ./secrets/geo.txt }
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "db.env"), "POSTGRES_PASSWORD=hunter2\n");

        var draft = await Create(new() { Path = _folder.FullName, ComposeFile = _folder.FullName });

        Assert.DoesNotContain("hunter2", draft.Text, StringComparison.Ordinal);
        Assert.Contains("# No data of their own was found in: exporter.", draft.Text, StringComparison.Ordinal);
        Assert.Contains("# password: ${env:DB_SECRET}", draft.Text, StringComparison.Ordinal);
        Assert.Contains("# password: ${file:secrets/geo.txt}", draft.Text, StringComparison.Ordinal);
        var plan = PlanReader.Parse(draft.Text, draft.File);
        Assert.Equal("shopprod", plan.Name);
        Assert.Equal(["db", "geo", "time", "built", "cache", "stack"], plan.Components.Keys);
        Assert.All(plan.Components.Values.OfType<PostgreSqlPlan>(), c => Assert.Equal((c.Name, "shopprod"), (c.ComposeService, c.ComposeProject)));
        var time = (PostgreSqlPlan)plan.Components["time"];
        Assert.Equal(("metrics", new SecretReference(SecretKind.Environment, "POSTGRESQL_PASSWORD")), (time.User, time.Password));
        Assert.Equal(["db", "geo", "time", "built", "cache", "stack"], plan.Jobs["nightly"].Components);
    }

    [Fact]
    public async Task Everything_a_stack_keeps_is_found()
    {
        await Compose("""
            name: shop
            services:
              db: { image: "postgres:15", volumes: ["pgdata:/var/lib/postgresql/data", "./init:/docker-entrypoint-initdb.d"] }
              cache: { image: "redis:7-alpine", command: "redis-server --requirepass ${CACHE_SECRET}", volumes: ["redisdata:/data"] }
              backend:
                build: .
                env_file: .env
                volumes:
                  - uploads:/srv/uploads
                  - { type: bind, source: ./media, target: /srv/media }
                  - .:/src
                  - ${NOWHERE}:/x
                  - /var/run/docker.sock:/var/run/docker.sock
              proxy:
                image: caddy:2
                volumes: ["./caddy:/etc/caddy", "caddy_data:/data", "./certs:/certs:ro", "./motd.txt:/motd.txt"]
              edge: { image: "traefik:v3", volumes: ["./traefik/acme.json:/acme.json", "./traefik/rules:/etc/traefik/rules:ro"] }
              worker: { image: busybox }
            volumes: { pgdata: {}, redisdata: {}, uploads: { name: shared-uploads }, caddy_data: { external: true } }
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "compose.override.yaml"), "services: {}\n");

        var draft = await Draft();

        var plan = PlanReader.Parse(draft.Text, draft.File);
        Assert.Equal(["db", "cache", "uploads", "caddy_data", "files", "stack", "config", "certificates"], plan.Components.Keys);
        Assert.Equal(new SecretReference(SecretKind.Environment, "CACHE_SECRET"), ((RedisPlan)plan.Components["cache"]).Password);
        Assert.Equal(("shared-uploads", "caddy_data"), (((VolumePlan)plan.Components["uploads"]).Volume, ((VolumePlan)plan.Components["caddy_data"]).Volume));
        Assert.Equal((0, "/"), (((VolumePlan)plan.Components["uploads"]).Certificates.Count, Assert.Single(((VolumePlan)plan.Components["caddy_data"]).Certificates)));
        Assert.Equal([In("media")], ((FilesPlan)plan.Components["files"]).Paths);
        Assert.Equal([In("compose.yaml"), In("compose.override.yaml")], ((ComposePlan)plan.Components["stack"]).Paths);
        Assert.Equal([In("caddy"), In("traefik/rules")], ((ConfigPlan)plan.Components["config"]).Paths);
        Assert.Equal([In("certs"), In("traefik/acme.json")], ((CertificatesPlan)plan.Components["certificates"]).Paths);
        Assert.Contains("# No data of their own was found in: worker.", draft.Text, StringComparison.Ordinal);
        Assert.Contains(".:/src", Assert.Single(draft.Notes), StringComparison.Ordinal);
        Assert.True(draft.Text.Split('\n').Length < 48, "a first plan fits on one screen");

        string In(string name) => Path.Combine(_folder.FullName, name);
    }

    [Fact]
    public async Task The_project_is_named_as_Compose_names_it()
    {
        await Compose("services: { db: { image: postgres } }");
        Assert.Contains($"project: {_folder.Name.ToLowerInvariant()} ", (await Draft()).Text.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, ".env"), "COMPOSE_PROJECT_NAME=fromenv\n");
        Assert.Contains("project: fromenv ", (await Draft()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compose_file_without_a_database_is_protected_all_the_same_and_names_its_services()
    {
        await Compose("services: { web: { image: nginx }, cache: { image: redis } }");

        var draft = await Draft();

        Assert.Contains("web, cache", Assert.Single(draft.Notes), StringComparison.Ordinal);
        Assert.Equal(["cache", "stack"], PlanReader.Parse(draft.Text, draft.File).Components.Keys);
        await Compose("services: {}");
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(Draft)).Code);
    }

    [Theory]
    [InlineData("services: [")]
    [InlineData("")]
    [InlineData("a: b: c")]
    public async Task A_compose_file_that_is_none_is_refused_with_its_place(string text)
    {
        await Compose(text);

        var error = await Assert.ThrowsAsync<DrpException>(Draft);

        Assert.Equal(DrpError.PlanInvalid, error.Code);
        Assert.Contains("compose.yaml:1:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hostile_compose_file_cannot_add_keys_to_the_plan()
    {
        await Compose("services: { \"db\\nencryption: none\": { image: \"postgres\\nencryption: none\" }, \"x\\nencryption: none\": { image: a } }");

        // The plan is not even made: the service could never be found under a name that Docker refuses.
        await Assert.ThrowsAsync<PlanException>(Draft);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "drp.yaml")));

        await Compose("services: { db: { image: \"postgres\\nencryption: none\" }, \"x\\nencryption: none\": { image: a } }");
        Assert.NotNull(PlanReader.Parse((await Draft()).Text, Path.Combine(_folder.FullName, "drp.yaml")).Encryption);
    }

    [Fact]
    public async Task The_commands_in_the_comments_make_the_key_the_plan_asks_for()
    {
        var draft = await Create(new() { Path = _folder.FullName, ConnectionString = "postgresql://a@b/c" });

        var reference = PlanReader.Parse(draft.Text, draft.File).Encryption!.Passphrase!;

        Assert.Equal((SecretKind.File, Path.Combine(_folder.FullName, "drp.passphrase")), (reference.Kind, reference.Target));
        Assert.Contains("> drp.passphrase)", draft.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_with_French_comments_reads_as_well()
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("fr");
        try
        {
            var draft = await Create(new() { Path = _folder.FullName, ConnectionString = "postgresql://a:b@c/d" });

            Assert.StartsWith("# Plan de reprise.", draft.Text, StringComparison.Ordinal);
            Assert.Equal("d", PlanReader.Parse(draft.Text, draft.File).Name);
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    private static Task<PlanDraft> Create(PlanInitOptions options) => PlanInit.CreateAsync(options, CancellationToken.None);

    private Task<PlanDraft> Draft() => Create(new() { Path = _folder.FullName, ComposeFile = _folder.FullName, DryRun = true });

    private Task Compose(string text) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, "compose.yaml"), text);
}
