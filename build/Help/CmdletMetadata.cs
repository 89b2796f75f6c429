using System.Reflection;

namespace AskTrust.Drp.Build.Help;

/// <summary>One use of a parameter: how it binds in one parameter set.</summary>
/// <param name="Set">Name of the set; null = every set.</param>
/// <param name="Mandatory">Asked for when missing.</param>
/// <param name="Position">Position from 0; null = only by name.</param>
/// <param name="FromPipeline">Takes the object of the pipeline.</param>
/// <param name="FromProperty">Takes the property of that name of the object of the pipeline.</param>
internal sealed record ParameterUse(string? Set, bool Mandatory, int? Position, bool FromPipeline, bool FromProperty);

/// <summary>A parameter as declared.</summary>
internal sealed record CmdletParameter(string Name, Type Type, IReadOnlyList<ParameterUse> Uses)
{
    /// <summary>Further names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Values it accepts, when they are a short list.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>True when * and ? mean something.</summary>
    public bool Wildcards { get; init; }

    /// <summary>True for a switch.</summary>
    public bool IsSwitch => Type.Name == "SwitchParameter";
}

/// <summary>A cmdlet as declared: what can be known without running it.</summary>
internal sealed record CmdletMetadata(Type Class, string Verb, string Noun, IReadOnlyList<CmdletParameter> Parameters)
{
    /// <summary>Parameters that PowerShell adds where ShouldProcess is supported.</summary>
    public static readonly IReadOnlyList<string> Asking = ["WhatIf", "Confirm"];

    /// <summary><c>Verb-Noun</c>.</summary>
    public string Name => $"{Verb}-{Noun}";

    /// <summary>Set used when nothing decides; null = there is only one.</summary>
    public string? DefaultSet { get; init; }

    /// <summary>Asks with -WhatIf and -Confirm.</summary>
    public bool ShouldProcess { get; init; }

    /// <summary>Asks by itself.</summary>
    public bool HighImpact { get; init; }

    /// <summary>Types it writes.</summary>
    public IReadOnlyList<Type> Outputs { get; init; } = [];

    /// <summary>Names of the parameter sets; one empty name when there are none.</summary>
    public IReadOnlyList<string> Sets
    {
        get
        {
            string[] named = [.. Parameters.SelectMany(p => p.Uses).Select(u => u.Set).OfType<string>().Distinct(StringComparer.Ordinal)];
            return named.Length == 0 ? [""] : [.. named.OrderByDescending(n => n == DefaultSet)];
        }
    }

    /// <summary>Every cmdlet of an assembly, by name.</summary>
    public static IReadOnlyList<CmdletMetadata> Read(Assembly assembly) =>
        [.. assembly.GetExportedTypes().Select(Read).OfType<CmdletMetadata>().OrderBy(c => c.Name, StringComparer.Ordinal)];

    // Attributes are read as data: outside PowerShell their classes are hollow and forget what they are told.
    private static CmdletMetadata? Read(Type type)
    {
        var data = type.GetCustomAttributesData().FirstOrDefault(a => a.AttributeType.Name == "CmdletAttribute");
        if (data is null) return null;
        var parameters =
            from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            let attributes = property.GetCustomAttributesData()
            let uses = attributes.Where(a => a.AttributeType.Name == "ParameterAttribute").Select(Use).ToArray()
            where uses.Length > 0
            select new CmdletParameter(property.Name, property.PropertyType, uses)
            {
                Aliases = Texts(attributes, "AliasAttribute"),
                Values = [.. Texts(attributes, "ValidateSetAttribute"), .. EnumValues(property.PropertyType)],
                Wildcards = attributes.Any(a => a.AttributeType.Name == "SupportsWildcardsAttribute"),
            };
        return new CmdletMetadata(type, (string)data.ConstructorArguments[0].Value!, (string)data.ConstructorArguments[1].Value!, [.. parameters.OrderBy(p => p.Name, StringComparer.Ordinal)])
        {
            DefaultSet = Named<string?>(data, "DefaultParameterSetName"),
            ShouldProcess = Named<bool>(data, "SupportsShouldProcess"),
            HighImpact = Named<int>(data, "ConfirmImpact") == 3,
            Outputs =
            [
                .. type.GetCustomAttributesData().Where(a => a.AttributeType.Name == "OutputTypeAttribute")
                    .SelectMany(a => (IReadOnlyCollection<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(t => (Type)t.Value!),
            ],
        };
    }

    private static ParameterUse Use(CustomAttributeData data)
    {
        int position = Named(data, "Position", int.MinValue);
        return new ParameterUse(
            Named<string?>(data, "ParameterSetName"), Named<bool>(data, "Mandatory"), position == int.MinValue ? null : position,
            Named<bool>(data, "ValueFromPipeline"), Named<bool>(data, "ValueFromPipelineByPropertyName"));
    }

    private static string[] Texts(IList<CustomAttributeData> attributes, string name) =>
    [
        .. attributes.Where(a => a.AttributeType.Name == name)
            .SelectMany(a => (IReadOnlyCollection<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(t => (string)t.Value!),
    ];

    private static string[] EnumValues(Type type)
    {
        type = type.IsArray ? type.GetElementType()! : Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? Enum.GetNames(type) : [];
    }

    private static T? Named<T>(CustomAttributeData data, string name, T? otherwise = default)
    {
        var found = data.NamedArguments.Where(a => a.MemberName == name).ToArray();
        return found.Length == 0 ? otherwise : (T?)found[0].TypedValue.Value;
    }
}
