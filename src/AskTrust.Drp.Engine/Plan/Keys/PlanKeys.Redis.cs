using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Redis servers.</content>
internal static partial class PlanKeys
{
    private const string RedisUrl = @"^(?:rediss?://(?:[^:@/\s]+@)?[^:@/\s]+(?::[0-9]{1,5})?|unix:///[^\s]+)\z";

    private static SectionType<RedisPlan> Redis => s_redis ??= new("redis", c => new RedisPlan { Name = c?.ItemName ?? "" },
    [
        .. Common<RedisPlan>(),
        new PlanKey<RedisPlan, string>("url", new TextType(() => PlanTexts.ExpectedRedisUrl, RedisUrl), p => p.Url, (p, v) => p with { Url = v }),
        new PlanKey<RedisPlan, string>("container", s_dockerName, p => p.Container, (p, v) => p with { Container = v }),
        new PlanKey<RedisPlan, ComposePlace>("compose", Compose, ComposePlace.Of, (p, v) => p with { ComposeService = v.Service, ComposeProject = v.Project }),
        new PlanKey<RedisPlan, SecretReference>("password", s_secret, p => p.Password, (p, v) => p with { Password = v }),
        new PlanKey<RedisPlan, string>("caCertificate", s_path, p => p.CaCertificate, (p, v) => p with { CaCertificate = v }),
        new PlanKey<RedisPlan, string>("dataDirectory", s_path, p => p.DataDirectory, (p, v) => p with { DataDirectory = v }),
        new PlanKey<RedisPlan, bool>("appendOnlyFiles", s_boolean, p => p.AppendOnlyFiles, (p, v) => p with { AppendOnlyFiles = v }),
        new PlanKey<RedisPlan, TimeSpan>("connectTimeout", s_duration, p => p.ConnectTimeout, (p, v) => p with { ConnectTimeout = v }),
    ])
    {
        Discriminator = "type",
        Check = CheckRedis,
    };

    private static SectionType<RedisPlan>? s_redis;

    private static void CheckRedis(RedisPlan plan, YamlMap map, ReadContext context)
    {
        if (plan is { Url: null, Container: null, ComposeService: null }) context.Error(map, PlanTexts.NoRedisPlace);
        else if (plan is { Container: not null, ComposeService: not null }) context.Error(map.Find("compose")!, Host.Text.Of(PlanTexts.Excludes, "compose", "container"));
    }
}
