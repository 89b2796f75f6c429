using Amazon.S3;
using Amazon.S3.Model;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>What only S3 has: parts, locks, classes, keys, policies, quotas.</summary>
public sealed class S3RepositoryTests
{
    [SkippableFact]
    public async Task What_fits_into_one_part_is_one_request_and_more_goes_in_parts()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        await S3Fixture.PutAsync(repository, "one", new byte[8 << 20]);
        Assert.DoesNotContain(s3.Proxy.Requests, r => r.Target.Contains("uploadId", StringComparison.Ordinal));
        await S3Fixture.PutAsync(repository, "more", new byte[(24 << 20) + 1]);
        Assert.Equal(4, s3.Proxy.Requests.Count(r => r.Target.Contains("partNumber=", StringComparison.Ordinal)));
        // Without TLS the signature guards the body, and an MD5 only goes with it for who asks.
        Assert.All(s3.Proxy.Requests.Where(r => r.Method == "PUT"), r => Assert.Equal((64, false), (r.Headers["x-amz-content-sha256"].Length, r.Headers.ContainsKey("content-md5"))));
        Assert.All(s3.Proxy.Requests.Where(r => r.Method == "PUT" && !r.Target.Contains('?', StringComparison.Ordinal)), r => Assert.Equal("*", r.Headers["if-none-match"]));
    }

    [SkippableFact]
    public async Task Who_asks_for_MD5_gets_it()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync(s3.Plan() with { Checksums = S3ChecksumMode.Md5 });
        await S3Fixture.PutAsync(repository, "one", [1]);
        await S3Fixture.PutAsync(repository, "more", new byte[9 << 20]);
        Assert.Equal(3, s3.Proxy.Requests.Count(r => r.Method == "PUT"));
        Assert.All(s3.Proxy.Requests.Where(r => r.Method == "PUT"), r => Assert.True(r.Headers.ContainsKey("content-md5")));
    }

    [SkippableFact]
    public async Task Storage_class_and_encryption_of_the_plan_are_asked_for()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync(s3.Plan() with { StorageClass = "STANDARD", ServerSideEncryption = "aws:kms", KmsKeyId = CephRgw.KmsKey });
        await S3Fixture.PutAsync(repository, "small", [1]);
        await S3Fixture.PutAsync(repository, "large", new byte[9 << 20]);
        var begins = s3.Proxy.Requests.Where(r => r is { Method: "PUT" or "POST" } && !r.Target.Contains("uploadId", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, begins.Count);
        Assert.All(begins, r => Assert.Equal(("STANDARD", "aws:kms", CephRgw.KmsKey),
            (r.Headers["x-amz-storage-class"], r.Headers["x-amz-server-side-encryption"], r.Headers["x-amz-server-side-encryption-aws-kms-key-id"])));
        foreach (string key in (string[])["small", "large"])
            Assert.Equal(ServerSideEncryptionMethod.AWSKMS, (await s3.Client.GetObjectMetadataAsync(s3.Bucket, key)).ServerSideEncryptionMethod);
    }

    [SkippableTheory]
    [InlineData(10)]
    [InlineData(9 << 20)]
    public async Task A_locked_object_is_retained_and_stays_readable(int size)
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync(withObjectLock: true);
        IRepository repository = await s3.OpenAsync(s3.Plan() with { ObjectLockMode = "GOVERNANCE", ObjectLockFor = TimeSpan.FromDays(3) });
        await S3Fixture.PutAsync(repository, "sets/x", new byte[size]);
        var retention = (await s3.Client.GetObjectRetentionAsync(new GetObjectRetentionRequest { BucketName = s3.Bucket, Key = "sets/x" })).Retention;
        Assert.Equal(ObjectLockRetentionMode.Governance, retention.Mode);
        Assert.InRange(retention.RetainUntilDate!.Value.ToUniversalTime(), DateTime.UtcNow.AddDays(2.9), DateTime.UtcNow.AddDays(3.1));
        Assert.Equal(DeleteOutcome.Retained, await repository.DeleteAsync("sets/x", default));
        Assert.Equal(size, (await repository.StatAsync("sets/x", default))!.Size);
        Assert.Equal(size, (await S3Fixture.GetAsync(repository, "sets/x")).Length);
        Assert.Single((await s3.Client.ListVersionsAsync(s3.Bucket)).Versions);
    }

    [SkippableFact]
    public async Task Deleting_in_a_bucket_with_versions_really_deletes()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync(withObjectLock: true);
        IRepository repository = await s3.OpenAsync();
        await S3Fixture.PutAsync(repository, "x", [1]);
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync("x", default));
        Assert.Empty((await s3.Client.ListVersionsAsync(s3.Bucket)).Versions ?? []);
    }

    [SkippableFact]
    public async Task A_policy_that_forbids_deleting_retains()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        await S3Fixture.PutAsync(repository, "x", [1]);
        string policy = $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":"arn:aws:s3:::{{s3.Bucket}}/*"}]}""";
        await s3.Client.PutBucketPolicyAsync(new PutBucketPolicyRequest { BucketName = s3.Bucket, Policy = policy });
        Assert.Equal(DeleteOutcome.Retained, await repository.DeleteAsync("x", default));
        Assert.Equal([1], await S3Fixture.GetAsync(repository, "x"));
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync("not-there", default));
        // Writing and giving up need no right to delete.
        await repository.CheckAsync(default);
        await using (ISink sink = await repository.CreateAsync("y", null, default)) await sink.WriteAsync(new byte[9 << 20], default);
        Assert.Equal(0, await s3.UnfinishedAsync());
    }

    [SkippableTheory]
    [InlineData(CephRgw.AccessKey, "a-wrong-secret-key-of-forty-characters-0")]
    [InlineData("NOSUCHACCESSKEY00001", CephRgw.SecretKey)]
    public async Task Wrong_credentials_are_told_without_showing_any(string accessKey, string secretKey)
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync(s3.Plan(accessKey, secretKey));
        Func<Task>[] calls =
        [
            () => repository.CheckAsync(default), () => S3Fixture.PutAsync(repository, "x", [1]), () => S3Fixture.GetAsync(repository, "x"),
            () => repository.DeleteAsync("x", default), async () => { await foreach (var _ in repository.ListAsync("", default)) { } },
        ];
        foreach (var call in calls)
        {
            var e = await Assert.ThrowsAsync<DrpException>(call);
            Assert.Equal((DrpError.KeyOrPassphrase, false), (e.Code, e.IsTransient));
            Assert.DoesNotContain(secretKey, e.ToString(), StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty(e.Hint));
        }
    }

    [SkippableFact]
    public async Task A_missing_bucket_is_a_missing_repository_whatever_is_asked()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        Func<IRepository, Task>[] calls =
        [
            r => r.CheckAsync(default), r => S3Fixture.PutAsync(r, "x", [1]), r => S3Fixture.GetAsync(r, "x"), r => r.StatAsync("x", default),
            r => r.DeleteAsync("x", default), async r => { await foreach (var _ in r.ListAsync("", default)) { } }, r => r.SweepAsync("", TimeSpan.Zero, default),
        ];
        foreach (var call in calls)
        {
            IRepository repository = await s3.OpenAsync(s3.Plan() with { Bucket = "no-such-bucket" });
            var e = await Assert.ThrowsAsync<DrpException>(() => call(repository));
            Assert.Equal(DrpError.RepositoryMissing, e.Code);
            Assert.Contains("NoSuchBucket", e.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_quota_that_is_used_up_is_not_enough_space()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        await s3.Rgw.UserAsync("small", "SMALLUSER00000000001", "smallsecret0000000000000000000000000001");
        await s3.Rgw.AdminAsync("quota", "set", "--quota-scope=user", "--uid=small", "--max-size=1M");
        await s3.Rgw.AdminAsync("quota", "enable", "--quota-scope=user", "--uid=small");
        using AmazonS3Client owner = s3.Rgw.Client("SMALLUSER00000000001", "smallsecret0000000000000000000000000001");
        await owner.PutBucketAsync("small-bucket");
        IRepository repository = await s3.OpenAsync(s3.Plan("SMALLUSER00000000001", "smallsecret0000000000000000000000000001") with { Bucket = "small-bucket", Endpoint = s3.Rgw.Endpoint });
        foreach (int size in (int[])[3 << 20, 20 << 20])
        {
            var e = await Assert.ThrowsAsync<DrpException>(() => S3Fixture.PutAsync(repository, "x", new byte[size]));
            Assert.Equal((DrpError.NotEnoughSpace, false), (e.Code, e.IsTransient));
            Assert.Null(await repository.StatAsync("x", default));
        }
    }

    [SkippableFact]
    public async Task Without_keys_in_the_plan_a_profile_gives_them()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        string credentials = s3.Context.Folder.Write("credentials", $"[backup]\naws_access_key_id = {CephRgw.AccessKey}\naws_secret_access_key = {CephRgw.SecretKey}\n");
        Amazon.AWSConfigs.AWSProfilesLocation = credentials;
        try
        {
            IRepository repository = await s3.OpenAsync(s3.Plan() with { AccessKey = null, SecretKey = null, Profile = "backup" });
            await repository.CheckAsync(default);
            var e = await Assert.ThrowsAsync<DrpException>(() => s3.OpenAsync(s3.Plan() with { AccessKey = null, SecretKey = null, Profile = "nobody" }));
            Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
        }
        finally
        {
            Amazon.AWSConfigs.AWSProfilesLocation = null;
        }
    }

    [SkippableFact]
    public async Task A_repository_below_a_prefix_sees_and_touches_nothing_else()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository all = await s3.OpenAsync();
        IRepository below = await s3.OpenAsync(s3.Plan() with { Prefix = "team/a" });
        await S3Fixture.PutAsync(all, "team/other", [1]);
        await S3Fixture.PutAsync(all, "team/a-b/x", [1]);
        await S3Fixture.PutAsync(below, "x", [2]);
        ISink left = await all.CreateAsync("team/b/x", null, default);
        await left.WriteAsync(new byte[9 << 20], default);
        Assert.Equal(0, await below.SweepAsync("", TimeSpan.FromMinutes(-1), default));
        await left.DisposeAsync();
        List<string> keys = [];
        await foreach (StoredObject found in below.ListAsync("", default)) keys.Add(found.Key);
        Assert.Equal(["x"], keys);
        Assert.Equal([2], await S3Fixture.GetAsync(all, "team/a/x"));
    }

    [SkippableFact]
    public async Task More_than_a_page_of_objects_is_listed_in_order()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        IRepository repository = await s3.OpenAsync();
        await Parallel.ForAsync(0, 1100, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, ct) =>
            await s3.Client.PutObjectAsync(new PutObjectRequest { BucketName = s3.Bucket, Key = $"k/{i:D5}", ContentBody = "" }, ct));
        List<string> keys = [];
        await foreach (StoredObject found in repository.ListAsync("k/", default)) keys.Add(found.Key);
        Assert.Equal(Enumerable.Range(0, 1100).Select(i => $"k/{i:D5}"), keys);
    }
}
