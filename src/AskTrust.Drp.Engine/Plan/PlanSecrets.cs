namespace AskTrust.Drp.Engine.Plan;

/// <summary>The secrets a plan refers to.</summary>
internal static class PlanSecrets
{
    /// <summary>Every reference of what backing up needs, each once.</summary>
    public static IReadOnlyList<SecretReference> Of(DrpPlan plan) => [.. plan.Components.Values.Select(Own).OfType<SecretReference>().Concat(Shared(plan)).Distinct()];

    /// <summary>Every reference of what a component needs to be backed up, each once.</summary>
    public static IReadOnlyList<SecretReference> Of(DrpPlan plan, ComponentPlan component) => [.. new[] { Own(component) }.OfType<SecretReference>().Concat(Shared(plan)).Distinct()];

    private static SecretReference? Own(ComponentPlan component) => component switch
    {
        PostgreSqlPlan database => database.Password,
        RedisPlan redis => redis.Password,
        CertificatesPlan certificates => certificates.Password,
        _ => null,
    };

    private static IEnumerable<SecretReference> Shared(DrpPlan plan) =>
        new[] { plan.Encryption?.Passphrase, plan.Encryption?.SigningPassphrase }.Concat(plan.Repositories.Values.SelectMany(Of)).OfType<SecretReference>();

    private static IEnumerable<SecretReference?> Of(RepositoryPlan repository) => repository switch
    {
        S3RepositoryPlan s3 => [s3.AccessKey, s3.SecretKey, s3.SessionToken],
        RcloneRepositoryPlan rclone => [rclone.ConfigPassword],
        _ => [],
    };
}
