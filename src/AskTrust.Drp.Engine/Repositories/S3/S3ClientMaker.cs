using System.Net.Security;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.S3;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>Makes the SDK's client for a repository of the plan.</summary>
internal static class S3ClientMaker
{
    /// <summary>The client, and the connections it uses; both are the caller's to dispose.</summary>
    public static async Task<(IAmazonS3 Client, HttpClient Connections)> MakeAsync(S3RepositoryPlan plan, HostContext host, S3Tuning tuning, CancellationToken ct)
    {
        HttpClient connections = Connections(plan, tuning);
        try
        {
            bool sdkChecksums = UsesSdkChecksums(plan);
            var config = new AmazonS3Config
            {
                ForcePathStyle = plan.PathStyle ?? plan.Endpoint is not null,
                // Retries are ours: the driver's for what it writes, the wrapper's for the rest. One place each, with our limits.
                MaxErrorRetry = 0,
                Timeout = Timeout.InfiniteTimeSpan,
                HttpClientFactory = new Factory(connections),
                RequestChecksumCalculation = sdkChecksums ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = sdkChecksums ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
            };
            if (plan.Endpoint is null)
            {
                config.RegionEndpoint = RegionEndpoint.GetBySystemName(plan.Region);
            }
            else
            {
                config.ServiceURL = plan.Endpoint;
                config.AuthenticationRegion = plan.Region;
            }

            AWSCredentials? credentials = await CredentialsAsync(plan, host, ct).ConfigureAwait(false);
            return (credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config), connections);
        }
        catch
        {
            connections.Dispose();
            throw;
        }
    }

    /// <summary>True when the SDK's checksum trailers are used, false for Content-MD5.</summary>
    public static bool UsesSdkChecksums(S3RepositoryPlan plan) => plan.Checksums switch
    {
        S3ChecksumMode.Sdk => true,
        S3ChecksumMode.Md5 => false,
        _ => plan.Endpoint is null,
    };

    /// <summary>Null = the SDK's own chain: environment, profile, container, instance.</summary>
    private static async Task<AWSCredentials?> CredentialsAsync(S3RepositoryPlan plan, HostContext host, CancellationToken ct)
    {
        if (plan.AccessKey is { } accessKey && plan.SecretKey is { } secretKey)
        {
            string access = (await host.Secrets.ResolveAsync(accessKey, ct).ConfigureAwait(false)).Reveal();
            string secret = (await host.Secrets.ResolveAsync(secretKey, ct).ConfigureAwait(false)).Reveal();
            if (plan.SessionToken is not { } session) return new BasicAWSCredentials(access, secret);
            return new SessionAWSCredentials(access, secret, (await host.Secrets.ResolveAsync(session, ct).ConfigureAwait(false)).Reveal());
        }

        if (plan.Profile is not { } profile) return null;
        if (new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out AWSCredentials found)) return found;
        throw RepositoryErrors.Make(DrpError.KeyOrPassphrase, RepositoryAction.Open, plan.Name, $"s3://{plan.Bucket}",
            Text.Of(RepositoriesTexts.S3NoProfile, profile), hint: RepositoriesTexts.S3CredentialsHint);
    }

    private static HttpClient Connections(S3RepositoryPlan plan, S3Tuning tuning)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = tuning.Connect,
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            MaxConnectionsPerServer = Math.Max(16, plan.Parallel * 4),
        };
        if (plan.CaFile is { } file) handler.SslOptions.RemoteCertificateValidationCallback = TrustOnly(plan.Name, file);
        // Each request has its own watch; a limit on the whole would punish slow links.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static RemoteCertificateValidationCallback TrustOnly(string repository, string file)
    {
        try
        {
            return TlsTrust.Only(TlsTrust.Read(file));
        }
        catch (DrpException e)
        {
            throw RepositoryErrors.Make(DrpError.PlanInvalid, RepositoryAction.Open, repository, file, e.Message, e, RepositoriesTexts.S3TlsHint);
        }
    }

    private sealed class Factory(HttpClient connections) : Amazon.Runtime.HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => connections;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
