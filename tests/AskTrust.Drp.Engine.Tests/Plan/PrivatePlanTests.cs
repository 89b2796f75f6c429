using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PrivatePlanTests
{
    private const string Components = """
        version: 1
        name: shop
        components:
          config: { type: config, paths: [app/.env, /etc/nginx], outputs: { vercel: [vercel, env, ls] } }
          certs: { type: certificates, paths: [/etc/letsencrypt], password: "${env:P12}", warning: 30d }
          stack: { type: compose, files: [docker-compose.yml], project: shop, images: save }
        repositories: { one: { type: directory, path: backups } }

        """;

    [Fact]
    public void Files_with_secrets_are_components()
    {
        var plan = PlanReader.Parse(Components + "encryption: { passphrase: \"${env:P}\" }\n", SamplePlans.File);
        var config = Assert.IsType<ConfigPlan>(plan.Components["config"]);
        Assert.Equal([Path.Join(SamplePlans.Folder, "app/.env"), "/etc/nginx"], config.Paths);
        Assert.Equal(["vercel", "env", "ls"], config.Outputs["vercel"]);
        Assert.Equal(TimeSpan.FromDays(30), Assert.IsType<CertificatesPlan>(plan.Components["certs"]).Warning);
        Assert.Equal(ComposeImages.Save, Assert.IsType<ComposePlan>(plan.Components["stack"]).Images);
        string explained = PlanWriter.Explain(plan);
        Assert.Equal(explained, PlanWriter.Explain(PlanReader.Parse(explained, SamplePlans.File) with { Path = plan.Path }));
    }

    [Fact]
    public void A_plan_that_does_not_encrypt_is_refused_unless_it_says_so()
    {
        var refused = Assert.Throws<PlanException>(() => PlanReader.Parse(Components + "encryption: none\n", SamplePlans.File));
        Assert.Equal([4, 5, 6], refused.Problems.Select(p => p.Line));
        Assert.All(refused.Problems, p => Assert.Contains("allowUnencrypted: true", p.Message, StringComparison.Ordinal));
        PlanReader.Parse(Components.Replace(" }\n  ", ", allowUnencrypted: true }\n  ", StringComparison.Ordinal).Replace("save }", "save, allowUnencrypted: true }", StringComparison.Ordinal) + "encryption: none\n", SamplePlans.File);
    }
}
