using System.Reflection;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>The list of drivers.</summary>
public sealed class RepositoryDriversTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Every_type_of_the_plan_has_a_driver()
    {
        var types = typeof(RepositoryPlan).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RepositoryPlan)))
            .Select(t => (string)t.GetProperty(nameof(RepositoryPlan.Type), BindingFlags.Public | BindingFlags.Instance)!
                .GetValue(System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(t))!);
        Assert.Equal(types.Order(StringComparer.Ordinal), RepositoryDrivers.All.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_repository_of_the_plan_is_opened_checked_and_used()
    {
        var plan = new DirectoryRepositoryPlan { Name = "disk", Path = Path.Join(_host.Folder, "repo"), UploadLimit = 1 << 30 };
        await using (IRepository repository = await RepositoryDrivers.OpenAsync(plan, _host.Context, default))
        {
            await repository.CheckAsync(default);
            await using ISink sink = await repository.CreateAsync("x", null, default);
            await sink.CompleteAsync(default);
            Assert.Equal(("disk", plan.Path, false), (repository.Name, repository.Location, repository.IsReadOnly));
        }

        await using IRepository mirror = await RepositoryDrivers.OpenAsync(plan with { ReadOnly = true }, _host.Context, default);
        Assert.True(mirror.IsReadOnly);
        Assert.NotNull(await mirror.StatAsync("x", default));
        await Assert.ThrowsAsync<DrpException>(() => mirror.DeleteAsync("x", default));
    }

    [Fact]
    public async Task Opening_contacts_nothing()
    {
        RepositoryPlan[] plans =
        [
            new DirectoryRepositoryPlan { Name = "d", Path = "/no/such/place" },
            new S3RepositoryPlan { Name = "s", Bucket = "b", Endpoint = "http://user:pass@192.0.2.1:9", Profile = null, AccessKey = Reference("k"), SecretKey = Reference("s") },
            new SftpRepositoryPlan { Name = "h", Host = "192.0.2.1", Path = "/x" },
            new RcloneRepositoryPlan { Name = "r", Remote = "nowhere:x" },
        ];
        foreach (RepositoryPlan plan in plans)
        {
            await using IRepository repository = await RepositoryDrivers.OpenAsync(plan, _host.Context, default);
            Assert.DoesNotContain("pass", repository.Location, StringComparison.Ordinal);
        }
    }

    private SecretReference Reference(string value)
    {
        string file = Path.Join(_host.Folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, value);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new SecretReference(SecretKind.File, file);
    }
}
