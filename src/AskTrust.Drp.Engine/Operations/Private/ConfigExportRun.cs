using System.Runtime.CompilerServices;
using System.Text;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Config.Masking;
using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>Writes every file of configuration with its keys and without its values, so that it can be shown: one masked file for each.</summary>
internal sealed class ConfigExportRun(OperationContext context, ConfigExportOptions options)
{
    private const string Suffix = ".masked";
    private const long Longest = 4L << 20;

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: no such component; <see cref="DrpError.UnsafeTarget"/>: something is there already.</exception>
    public async IAsyncEnumerable<MaskedFile> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (ComponentPlan component in Selection.Components(context.Plan, null, options.Component is { } one ? [one] : []).Where(c => c is not CertificatesPlan))
        {
            if (component is not PrivateFilesPlan plan)
            {
                if (options.Component is null) continue;
                throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NotConfig, component.Name, component.Type)) { Subject = component.Name, Hint = OperationsTexts.NotConfigHint };
            }

            IReadOnlyList<string> paths = context.Source(plan, SetId.Full) is PrivateFilesSource source ? await source.PathsAsync(ct).ConfigureAwait(false) : plan.Paths;
            foreach (string file in KeptFiles.Look(paths).Files().Distinct(StringComparer.Ordinal)) yield return await MaskAsync(plan, file, ct).ConfigureAwait(false);
        }
    }

    private async Task<MaskedFile> MaskAsync(PrivateFilesPlan plan, string source, CancellationToken ct)
    {
        string inside = KeptFiles.IsInside(source, context.Plan.Folder) ? Path.GetRelativePath(context.Plan.Folder, source) : source.TrimStart(Path.DirectorySeparatorChar);
        string target = Path.Combine(Path.GetFullPath(options.Destination), inside + Suffix);
        var result = new MaskedFile { Plan = context.Plan.Path, Component = plan.Name, Source = source, Format = "other" };
        try
        {
            if (new FileInfo(source).Length > Longest) return result with { Problem = OperationsTexts.TooLongToMask };
            MaskedText masked = MaskedText.Of(source, await File.ReadAllTextAsync(source, ct).ConfigureAwait(false));
            if (!options.DryRun) await WriteAsync(target, masked.Text, ct).ConfigureAwait(false);
            return result with { File = options.DryRun ? null : target, Format = masked.Format, Values = masked.Values };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return result with { Problem = e.Message };
        }
    }

    private async Task WriteAsync(string target, string text, CancellationToken ct)
    {
        if (File.Exists(target) && !options.Force) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.MaskedThere, target)) { Subject = target, Hint = OperationsTexts.MaskedThereHint };
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await File.WriteAllTextAsync(target, text, new UTF8Encoding(false), ct).ConfigureAwait(false);
    }
}
