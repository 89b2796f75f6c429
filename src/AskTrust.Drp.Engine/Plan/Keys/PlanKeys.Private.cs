using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Files with secrets: configuration, certificates, Compose projects.</content>
internal static partial class PlanKeys
{
    private static SectionType<ConfigPlan> Config => s_config ??= new("config", c => new ConfigPlan { Name = c?.ItemName ?? "" },
    [
        .. Common<ConfigPlan>(),
        PathsKey<ConfigPlan>(),
        new PlanKey<ConfigPlan, IReadOnlyDictionary<string, IReadOnlyList<string>>>(
            "outputs", new NamedType<IReadOnlyList<string>>(NameKinds.Output, new ListType<string>(new AnyScalarType(() => PlanTexts.ExpectedArgument)), needed: true), p => p.Outputs, (p, v) => p with { Outputs = v }),
        UnencryptedKey<ConfigPlan>(),
    ])
    {
        Discriminator = "type",
    };

    private static SectionType<CertificatesPlan> Certificates => s_certificates ??= new("certificates", c => new CertificatesPlan { Name = c?.ItemName ?? "" },
    [
        .. Common<CertificatesPlan>(),
        PathsKey<CertificatesPlan>(),
        new PlanKey<CertificatesPlan, SecretReference>("password", s_secret, p => p.Password, (p, v) => p with { Password = v }),
        new PlanKey<CertificatesPlan, TimeSpan>("warning", s_duration, p => p.Warning, (p, v) => p with { Warning = v }),
        UnencryptedKey<CertificatesPlan>(),
    ])
    {
        Discriminator = "type",
    };

    private static SectionType<ComposePlan> ComposeProject => s_composeProject ??= new("composeproject", c => new ComposePlan { Name = c?.ItemName ?? "" },
    [
        .. Common<ComposePlan>(),
        new PlanKey<ComposePlan, IReadOnlyList<string>>("files", new ListType<string>(s_path, unique: true), p => p.Paths, (p, v) => p with { Paths = v }) { Required = true },
        new PlanKey<ComposePlan, string>("project", s_dockerName, p => p.Project, (p, v) => p with { Project = v }),
        new PlanKey<ComposePlan, ComposeImages>(
            "images", new EnumType<ComposeImages>(("record", ComposeImages.Record), ("save", ComposeImages.Save)), p => p.Images, (p, v) => p with { Images = v }),
        UnencryptedKey<ComposePlan>(),
    ])
    {
        Discriminator = "type",
    };

    private static SectionType<ConfigPlan>? s_config;
    private static SectionType<CertificatesPlan>? s_certificates;
    private static SectionType<ComposePlan>? s_composeProject;

    private static PlanKey<T> PathsKey<T>()
        where T : PrivateFilesPlan =>
        new PlanKey<T, IReadOnlyList<string>>("paths", new ListType<string>(s_path, unique: true), p => p.Paths, (p, v) => p with { Paths = v }) { Required = true };

    private static PlanKey<T> UnencryptedKey<T>()
        where T : PrivateFilesPlan =>
        new PlanKey<T, bool>("allowUnencrypted", s_boolean, p => p.AllowUnencrypted, (p, v) => p with { AllowUnencrypted = v });

    /// <summary>Passwords and private keys in clear in every repository: only where somebody says so.</summary>
    private static void RequireEncryption(DrpPlan plan, YamlMap map, ReadContext context)
    {
        if (plan.Encryption is not null) return;
        foreach (var entry in ((YamlMap)map.Find("components")!).Entries)
        {
            if (plan.Components[entry.Key.Text] is PrivateFilesPlan { AllowUnencrypted: false } component)
                context.Error(entry.Key, Host.Text.Of(PlanTexts.NeedsEncryption, component.Name, component.Type));
        }
    }
}
