using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Private;
using AskTrust.Drp.Engine.Operations.Redis;
using AskTrust.Drp.Engine.Operations.Volumes;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Every kind of component there is. A new one is a line here, one in Composition (its source) and its section in the plan's keys.</summary>
internal static class ComponentKinds
{
    /// <summary>The kind of that type; null for a database, and for types of newer versions.</summary>
    public static IComponentKind? Find(OperationContext context, string? type) => type switch
    {
        FilesKind.Name => new FilesKind(context),
        PrivateKind.Config or PrivateKind.Certificates or PrivateKind.Compose => new PrivateKind(context, type),
        RedisKind.Name => new RedisKind(context),
        VolumeKind.Name => new VolumeKind(context),
        _ => null,
    };

    /// <summary>The kind of a component in a set.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: a database, or a type this version does not know.</exception>
    public static IComponentKind Require(OperationContext context, ComponentFacts facts) => Find(context, facts.Type)
        ?? throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(facts.PostgreSql is null ? OperationsTexts.UnknownKind : OperationsTexts.IsADatabase, facts.Component, facts.Type))
        {
            Subject = facts.Component, Hint = facts.PostgreSql is null ? OperationsTexts.UnknownKindHint : OperationsTexts.IsADatabaseHint,
        };

    /// <summary>The kind of a restore that is remembered; null for a database.</summary>
    public static IComponentKind? Of(OperationContext context, RestoreEntry entry) =>
        // Versions that knew no other kind than files did not name it.
        Find(context, entry.Type ?? (entry.Folders is null ? null : FilesKind.Name));
}
