using System.Management.Automation;
using System.Reflection;
using AskTrust.Drp.Build.Help;

namespace AskTrust.Drp.PowerShell.Tests;

public sealed class CmdletMetadataTests
{
    private static readonly string[] s_changing = ["New", "Set", "Invoke", "Remove", "Sync", "Restore", "Undo", "Export", "Register", "Unregister", "Enable", "Disable", "Switch", "Repair", "Restart"];
    private static readonly string[] s_looking = ["Find", "Get", "Test"];

    public static TheoryData<string> Names => [.. Surface.Cmdlets.Select(c => c.Name)];

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_there_are()
    {
        Assert.Equal(Surface.Cmdlets.Select(c => c.Name), Surface.ManifestList("CmdletsToExport").Order(StringComparer.Ordinal));
        Assert.Empty(Surface.ManifestList("FunctionsToExport"));
        Assert.Empty(Surface.ManifestList("AliasesToExport"));
        Assert.Empty(Surface.ManifestList("VariablesToExport"));
        Assert.DoesNotContain("*", Surface.Manifest, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_the_manifest_names_are_there()
    {
        foreach (string file in Surface.ManifestList("FormatsToProcess").Append("AskTrust.Drp.psm1")) Assert.True(File.Exists(Path.Join(Surface.Root, file)), file);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_cmdlet_has_an_approved_verb_and_a_noun_of_ours(string name)
    {
        Type[] verbs = [typeof(VerbsCommon), typeof(VerbsData), typeof(VerbsLifecycle), typeof(VerbsDiagnostic), typeof(VerbsCommunications), typeof(VerbsSecurity), typeof(VerbsOther)];
        var approved = verbs.SelectMany(v => v.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(f => (string)f.GetRawConstantValue()!);
        var cmdlet = Surface.Cmdlet(name);
        Assert.Contains(cmdlet.Verb, approved);
        Assert.StartsWith("Drp", cmdlet.Noun, StringComparison.Ordinal);
        Assert.False(cmdlet.Noun.EndsWith('s') && cmdlet.Noun != "DrpDiagnostics", "nouns are singular");
        Assert.Equal($"{cmdlet.Verb}{cmdlet.Noun}Command", cmdlet.Class.Name);
    }

    [Theory, MemberData(nameof(Names))]
    public void Whatever_changes_something_asks_and_what_only_looks_does_not(string name)
    {
        var cmdlet = Surface.Cmdlet(name);
        Assert.Equal(s_changing.Contains(cmdlet.Verb), cmdlet.ShouldProcess);
        Assert.Equal(s_looking.Contains(cmdlet.Verb), !cmdlet.ShouldProcess);
    }

    [Theory]
    [InlineData("Restore-DrpDatabase"), InlineData("Undo-DrpRestore"), InlineData("Remove-DrpBackup"), InlineData("Invoke-DrpRetention"), InlineData("Unregister-DrpService"), InlineData("Unregister-DrpSchedule"), InlineData("Disable-DrpPointInTime"), InlineData("Switch-DrpPrimary"), InlineData("Repair-DrpStandby"), InlineData("Restore-DrpSystem")]
    public void What_deletes_or_replaces_data_asks_by_itself(string name) => Assert.True(Surface.Cmdlet(name).HighImpact);

    [Theory]
    [InlineData("Invoke-DrpBackup"), InlineData("Invoke-DrpJob"), InlineData("Test-DrpBackup"), InlineData("Sync-DrpRepository"), InlineData("Restore-DrpDatabase"), InlineData("Restore-DrpTable"), InlineData("Undo-DrpRestore"), InlineData("Test-DrpRestore"), InlineData("Find-DrpRecoveryPoint"), InlineData("Repair-DrpDatabase"), InlineData("Switch-DrpPrimary"), InlineData("Repair-DrpStandby"), InlineData("Restore-DrpSystem"), InlineData("Restart-DrpService")]
    public void What_may_take_hours_runs_as_a_job(string name)
    {
        var cmdlet = Surface.Cmdlet(name);
        Assert.Contains(cmdlet.Parameters, p => p.Name == "AsJob" && p.IsSwitch);
        Assert.Contains(typeof(Job), cmdlet.Outputs);
    }

    [Theory, MemberData(nameof(Names))]
    public void Outputs_are_declared_and_can_be_named_from_scripts(string name)
    {
        var outputs = Surface.Cmdlet(name).Outputs;
        Assert.NotEmpty(outputs);
        Assert.All(outputs, t => Assert.True(IsNameable(t), t.FullName));
    }

    [Theory, MemberData(nameof(Names))]
    public void Parameters_are_nameable_and_carry_no_clear_secret(string name)
    {
        foreach (var parameter in Surface.Cmdlet(name).Parameters)
        {
            var type = parameter.Type.IsArray ? parameter.Type.GetElementType()! : Nullable.GetUnderlyingType(parameter.Type) ?? parameter.Type;
            Assert.True(IsNameable(type), $"{parameter.Name}: {type.FullName}");
            Assert.False(type == typeof(bool), $"{parameter.Name}: a switch, not a boolean");
            if (parameter.Name.Contains("Password", StringComparison.Ordinal) || parameter.Name.Contains("Passphrase", StringComparison.Ordinal) || parameter.Name.Contains("Secret", StringComparison.Ordinal))
                Assert.True(type != typeof(string), $"{parameter.Name}: no clear text");
        }

        Assert.True(Surface.Cmdlet(name).Parameters.SelectMany(p => p.Uses).Where(u => u.Position is not null).Select(u => u.Position).Distinct().Count() < 5);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_set_has_at_most_one_parameter_that_takes_the_object_itself(string name)
    {
        var cmdlet = Surface.Cmdlet(name);
        foreach (string set in cmdlet.Sets)
            Assert.True(cmdlet.Parameters.Count(p => p.Uses.Any(u => u.FromPipeline && (u.Set is null || u.Set == set))) <= 1);
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_parameter_that_binds_by_property_has_somebody_who_writes_it(string name)
    {
        foreach (var parameter in ByProperty(Surface.Cmdlet(name)))
        {
            string[] names = [parameter.Name, .. parameter.Aliases];
            bool written = Surface.Outputs.Append(typeof(FileInfo)).Any(t => names.Any(n => t.GetProperty(n) is { } p && p.PropertyType == typeof(string)));
            Assert.True(written, $"nothing writes {string.Join('/', names)}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Nothing_binds_by_accident(string name)
    {
        // A property of the same name but another meaning (a list where one name is expected) would bind silently.
        foreach (var parameter in ByProperty(Surface.Cmdlet(name)))
            foreach (var type in Surface.Outputs)
                foreach (var property in parameter.Aliases.Prepend(parameter.Name).Select(n => type.GetProperty(n)).OfType<PropertyInfo>())
                    Assert.True(property.PropertyType == typeof(string), $"{type.Name}.{property.Name} would bind to -{parameter.Name}");
        Assert.DoesNotContain(ByProperty(Surface.Cmdlet(name)), p => p.Name == "Path" || p.Aliases.Contains("Path"));
    }

    [Theory]
    [InlineData(typeof(BackupSet), "Test-DrpBackup", "Plan", "Id")]
    [InlineData(typeof(BackupSet), "Test-DrpRestore", "Plan", "Id")]
    [InlineData(typeof(BackupSet), "Restore-DrpDatabase", "Plan", "Id")]
    [InlineData(typeof(BackupSet), "Remove-DrpBackup", "Plan", "Id")]
    [InlineData(typeof(BackupSet), "Sync-DrpRepository", "Plan", "Id")]
    [InlineData(typeof(BackupReport), "Test-DrpRestore", "Plan", "Id")]
    [InlineData(typeof(BackupReport), "Get-DrpBackup", "Plan", "Id")]
    [InlineData(typeof(VerificationResult), "Remove-DrpBackup", "Plan", "Id", "Repository")]
    [InlineData(typeof(SyncResult), "Test-DrpBackup", "Plan", "Id", "Repository")]
    [InlineData(typeof(RestoreTestResult), "Restore-DrpDatabase", "Plan", "Id", "Component", "Repository")]
    [InlineData(typeof(RestoreReport), "Undo-DrpRestore", "Plan", "RestoreId")]
    [InlineData(typeof(RecoveryPointCandidate), "Restore-DrpTable", "Plan", "Component", "Database")]
    [InlineData(typeof(ScheduleStatus), "Invoke-DrpJob", "Plan", "Job")]
    public void These_pipe(Type output, string cmdlet, params string[] properties)
    {
        var parameters = ByProperty(Surface.Cmdlet(cmdlet)).ToArray();
        foreach (string property in properties)
        {
            Assert.Contains(parameters, p => p.Name == property);
            Assert.Equal(typeof(string), output.GetProperty(property)!.PropertyType);
        }
    }

    [Fact]
    public void The_report_takes_results_themselves()
    {
        var input = Surface.Cmdlet("Export-DrpReport").Parameters.Single(p => p.Uses.Any(u => u.FromPipeline));
        Assert.Equal(typeof(RestoreTestResult[]), input.Type);
    }

    private static IEnumerable<CmdletParameter> ByProperty(CmdletMetadata cmdlet) => cmdlet.Parameters.Where(p => p.Uses.Any(u => u.FromProperty));

    private static bool IsNameable(Type type) =>
        type.Assembly == typeof(DrpPlan).Assembly || type.Assembly == typeof(PSObject).Assembly || type.Namespace is "System" or "System.IO";
}
