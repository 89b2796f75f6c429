using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>One key of a section: name, type, and how it gets into and out of the record.</summary>
/// <typeparam name="TRecord">The record the section reads to.</typeparam>
internal abstract class PlanKey<TRecord>(string name, IPlanType type)
{
    /// <summary>The key as written.</summary>
    public string Name => name;

    /// <summary>Type of the value.</summary>
    public IPlanType Type => type;

    /// <summary>True when the plan is wrong without it.</summary>
    public bool Required { get; init; }

    /// <summary>What holds when the key is not written and the record has nothing either (“all components”), as text for people; null = nothing to say.</summary>
    public Func<string>? Absent { get; init; }

    /// <summary>Reads the value into the record.</summary>
    public abstract TRecord Read(TRecord record, YamlNode value, ReadContext context);

    /// <summary>The value in the record; null when there is none.</summary>
    public abstract object? Get(TRecord record);

    /// <summary>The value as written in an explained plan.</summary>
    public JsonNode? Write(TRecord record) => Get(record) is { } value ? type.Write(value) : null;
}

/// <inheritdoc/>
/// <typeparam name="TRecord">The record.</typeparam>
/// <typeparam name="T">Type of the value.</typeparam>
internal sealed class PlanKey<TRecord, T>(string name, IPlanType<T> type, Func<TRecord, object?> get, Func<TRecord, T, TRecord> set)
    : PlanKey<TRecord>(name, type)
{
    /// <inheritdoc/>
    public override TRecord Read(TRecord record, YamlNode value, ReadContext context)
    {
        int before = context.Problems.Count;
        T read = type.Read(value, context);
        return context.Problems.Count == before ? set(record, read) : record;
    }

    /// <inheritdoc/>
    public override object? Get(TRecord record) => get(record);
}
