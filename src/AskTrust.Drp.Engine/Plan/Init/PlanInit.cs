using System.Text;
using AskTrust.Drp.Engine.Plan.Keys;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Plan.Init;

/// <summary>A first plan.</summary>
/// <param name="File">The file it belongs into.</param>
/// <param name="Text">The plan, commented.</param>
/// <param name="Notes">What the operator should know: a password left out, services not covered.</param>
internal sealed record PlanDraft(string File, string Text, IReadOnlyList<string> Notes);

/// <summary>Writes a first plan for a Compose stack or a database.</summary>
internal static class PlanInit
{
    /// <summary>Makes the plan, and writes it unless only asked for the text.</summary>
    /// <exception cref="DrpException">No usable source, or the file exists and <see cref="PlanInitOptions.Force"/> is not given.</exception>
    public static async Task<PlanDraft> CreateAsync(PlanInitOptions options, CancellationToken ct)
    {
        string file = PlanFile.Locate(options.Path);
        if (!options.DryRun && !options.Force && File.Exists(file)) throw Exists(file);
        var draft = await ComposeAsync(options, file, ct).ConfigureAwait(false);
        // What we write must be a plan: a name or a Compose file that breaks it is found here, not by the operator.
        PlanReader.Parse(draft.Text, file);
        if (!options.DryRun) await WriteAsync(draft, options.Force, ct).ConfigureAwait(false);
        return draft;
    }

    private static async Task<PlanDraft> ComposeAsync(PlanInitOptions options, string file, CancellationToken ct)
    {
        if (options.Name is { } given && !NameType.IsName(given))
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(PlanTexts.ExpectedValue, PlanTexts.ExpectedName)) { Subject = "Name" };
        if (options is { ComposeFile: not null, ConnectionString: not null } or { ComposeFile: null, ConnectionString: null })
            throw new DrpException(DrpError.PlanInvalid, PlanTexts.InitSource) { Hint = PlanTexts.InitSourceHint };

        List<string> notes = [];
        if (options.ConnectionString is { } connection)
        {
            var url = ConnectionUrl.Parse(connection.Trim(), out string? password)
                ?? throw new DrpException(DrpError.PlanInvalid, PlanTexts.InitUrl) { Hint = PlanTexts.InitUrlHint };
            if (password is not null) notes.Add(PlanTexts.InitPasswordLeftOut);
            string name = options.Name ?? NameOf(url.Database ?? url.User ?? "app");
            return new PlanDraft(file, PlanTemplate.ForUrl(name, url, password is not null), notes);
        }

        var compose = await ComposeFile.ReadAsync(options.ComposeFile!, ct).ConfigureAwait(false);
        if (compose.Databases.Count + compose.OtherServices.Count == 0)
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(PlanTexts.InitNoService, compose.Path)) { Hint = PlanTexts.InitSourceHint, Subject = compose.Path };
        if (compose.Databases.Count == 0) notes.Add(Host.Text.Of(PlanTexts.InitNoDatabase, compose.Path, string.Join(", ", compose.OtherServices)) + " " + PlanTexts.InitNoDatabaseHint);
        if (compose.Parts.LeftOut.Count > 0) notes.Add(Host.Text.Of(PlanTexts.InitLeftOut, string.Join(", ", compose.Parts.LeftOut)));
        return new PlanDraft(file, PlanTemplate.ForCompose(options.Name ?? NameOf(compose.Project), compose, Path.GetDirectoryName(file)!), notes);
    }

    private static async Task WriteAsync(PlanDraft draft, bool force, CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(draft.File)!);
            // Beside it first: a plan cut short by a full disk must not replace a good one.
            string part = $"{draft.File}.{Guid.NewGuid():N}.part";
            try
            {
                await File.WriteAllTextAsync(part, draft.Text, new UTF8Encoding(false), ct).ConfigureAwait(false);
                File.Move(part, draft.File, force);
            }
            finally
            {
                File.Delete(part);
            }
        }
        catch (IOException) when (!force && File.Exists(draft.File))
        {
            throw Exists(draft.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Failed, Host.Text.Of(PlanTexts.InitCannotWrite, draft.File, e.GetType().Name), e) { Hint = PlanTexts.InitCannotWriteHint, Subject = draft.File };
        }
    }

    private static string NameOf(string text)
    {
        var name = new StringBuilder();
        foreach (char c in text.ToLowerInvariant().Normalize(NormalizationForm.FormKD))
        {
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9')) name.Append(c);
            else if (c is '-' or '_' or '.' or ' ' or '/' && name.Length > 0) name.Append('-');
        }

        string result = name.ToString().Trim('-');
        return result.Length == 0 ? "app" : result[..Math.Min(result.Length, 63)].TrimEnd('-');
    }

    private static DrpException Exists(string file) =>
        new(DrpError.UnsafeTarget, Host.Text.Of(PlanTexts.InitExists, file)) { Hint = PlanTexts.InitExistsHint, Subject = file };
}
