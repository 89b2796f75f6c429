using System.Reflection;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Components.Compose;
using AskTrust.Drp.Engine.Components.Config;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Components.Volumes;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;

namespace AskTrust.Drp.Engine.Composition;

/// <summary>Makes the parts and joins them: the only place that creates drivers.</summary>
internal static class Wiring
{
    /// <summary>Tool and version, for manifests, evidence and locks.</summary>
    public static string Tool { get; } = $"AskTrust.Drp {typeof(Wiring).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?"}";

    /// <summary>The outside world.</summary>
    public static HostContext Host(EngineOptions options)
    {
        var redactor = new Redactor();
        var processes = new ProcessRunner(options.Clock, redactor);
        if (options.LogFile is { } log) options = options with { Observer = new LoggingObserver(options.Observer, new RotatingLog(log, options.Clock)), LogFile = null };
        return new HostContext
        {
            Processes = processes,
            Secrets = new SecretResolver(processes, redactor, options.Observer, options.SecretManagement),
            Redactor = redactor,
            Clock = options.Clock,
            Temp = new TempSpace(TempSpace.ChooseStateDirectory(options.StateDirectory), options.Clock),
            Observer = options.Observer,
        };
    }

    /// <summary>What the verbs of one plan work with. Resolves no secret and contacts nothing.</summary>
    public static OperationContext Context(DrpPlan plan, HostContext host, EngineOptions options)
    {
        GnuPg? signer = plan.Encryption?.SigningKey is null ? null : new GnuPg(host, plan.Encryption, plan.Folder);
        var catalog = new CatalogContext
        {
            PlanPath = plan.Path,
            Keys = new Keys(plan.Name),
            Repositories = [.. plan.Repositories.Values.Select(r => Repository(r, host))],
            Host = host,
            Tool = Tool,
            Signature = signer is null ? null : (bytes, signature, c) => CheckSignatureAsync(signer, bytes, signature, plan.Encryption!.SigningKey!, c),
        };
        return new OperationContext
        {
            Plan = plan,
            Host = host,
            Catalog = catalog,
            Evidence = new EvidenceLedger(catalog, State(host)),
            Encryption = () => new GnuPg(host, plan.Encryption!, plan.Folder),
            Signatures = signer,
            Source = (component, kind) => Source(component, kind, plan, host),
            Ask = options.Ask,
        };
    }

    private static DeferredRepository Repository(RepositoryPlan plan, HostContext host) =>
        new(plan, Location(plan), ct => RepositoryDrivers.OpenAsync(plan, host, ct));

    private static string Location(RepositoryPlan plan) => plan switch
    {
        DirectoryRepositoryPlan d => d.Path,
        S3RepositoryPlan s => $"s3://{s.Bucket}/{s.Prefix}",
        RcloneRepositoryPlan r => r.Remote,
        SftpRepositoryPlan f => $"sftp://{f.Host}:{f.Port}{f.Path}",
        _ => plan.Name,
    };

    /// <summary>The state directory's copy of the ledger is kept by the same driver as a repository's.</summary>
    private static DirectoryRepository State(HostContext host) =>
        new("state directory", host.Temp.StateDirectory, host.Clock);

    private static IComponentSource Source(ComponentPlan component, string kind, DrpPlan plan, HostContext host) => component switch
    {
        PostgreSqlPlan database when kind == SetId.Base => new BaseSource(database, plan.Path, host),
        PostgreSqlPlan database => new PostgreSqlSource(database, plan.Path, host),
        RedisPlan redis => new RedisSource(redis, plan.Path, host, plan.Encryption is not null),
        VolumePlan volume => new VolumeSource(volume, plan.Path, host),
        FilesPlan files => new FilesSource(files, plan.Path, host),
        ConfigPlan config => new ConfigSource(config, plan.Path, host),
        CertificatesPlan certificates => new CertificatesSource(certificates, plan.Path, host),
        ComposePlan compose => new ComposeSource(compose, plan.Path, host),
        _ => throw new ArgumentOutOfRangeException(nameof(component), component.Type, null),
    };

    private static async Task<string?> CheckSignatureAsync(ISignatures signer, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signature, string key, CancellationToken ct)
    {
        try
        {
            await signer.VerifyAsync(bytes, signature, key, ct).ConfigureAwait(false);
            return null;
        }
        catch (DrpException e) when (e.Code is DrpError.VerificationFailed or DrpError.KeyOrPassphrase)
        {
            return e.Message;
        }
    }
}
