using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Where each tablespace of a base goes: where the operator says, else where it was.</summary>
internal static class TablespaceChoice
{
    /// <summary>The folder of each, by its number.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: a name that the base does not have.</exception>
    public static Dictionary<uint, string> Of(RecoveryChoice choice, IReadOnlyDictionary<string, string> wishes)
    {
        string? unknown = wishes.Keys.FirstOrDefault(k => !choice.Base.Tablespaces.Any(t => t.Name == k || t.Location == k));
        if (unknown is not null)
        {
            string names = string.Join(", ", choice.Base.Tablespaces.Select(t => t.Name));
            throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchSpace, choice.Id, unknown)) { Subject = unknown, Hint = Text.Of(OperationsTexts.ChooseOf, names) };
        }

        return choice.Base.Tablespaces.ToDictionary(t => t.Oid, t => wishes.GetValueOrDefault(t.Name) ?? wishes.GetValueOrDefault(t.Location) ?? t.Location);
    }
}
