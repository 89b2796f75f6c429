using System.Reflection;
using System.Reflection.Emit;

namespace AskTrust.Drp.Engine.Tests.Architecture;

/// <summary>Every type a type names: base types, members, attributes, local variables and instructions.</summary>
internal static class ReferencedTypes
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    public static HashSet<Type> Of(Type type)
    {
        HashSet<Type> found = [];
        Add(found, type.BaseType);
        foreach (var i in type.GetInterfaces()) Add(found, i);
        foreach (var a in type.GetCustomAttributesData()) Add(found, a.AttributeType);
        foreach (var f in type.GetFields(All)) Add(found, f.FieldType);
        foreach (var p in type.GetProperties(All)) Add(found, p.PropertyType);
        foreach (var m in type.GetMethods(All))
        {
            Add(found, m.ReturnType);
            AddBody(found, m);
        }

        foreach (var c in type.GetConstructors(All)) AddBody(found, c);
        return found;
    }

    private static void AddBody(HashSet<Type> found, MethodBase method)
    {
        foreach (var p in method.GetParameters()) Add(found, p.ParameterType);
        if (method.GetMethodBody() is not { } body) return;
        foreach (var local in body.LocalVariables) Add(found, local.LocalType);
        foreach (var clause in body.ExceptionHandlingClauses)
            if (clause.Flags == ExceptionHandlingClauseOptions.Clause) Add(found, clause.CatchType);

        byte[] il = body.GetILAsByteArray()!;
        Type[]? ofType = method.DeclaringType is { IsGenericType: true } t ? t.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < il.Length;)
        {
            var code = s_codes[il[at] == 0xFE ? unchecked((short)(0xFE00 | il[at + 1])) : il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                switch (method.Module.ResolveMember(BitConverter.ToInt32(il, at), ofType, ofMethod))
                {
                    case Type named:
                        Add(found, named);
                        break;
                    case { } member:
                        Add(found, member.DeclaringType);
                        if (member is MethodInfo { IsGenericMethod: true } generic)
                            foreach (var argument in generic.GetGenericArguments()) Add(found, argument);
                        break;
                }
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    private static void Add(HashSet<Type> found, Type? type)
    {
        while (type is { HasElementType: true }) type = type.GetElementType();
        if (type is null || type.IsGenericParameter || !found.Add(type) || !type.IsGenericType) return;
        foreach (var argument in type.GetGenericArguments()) Add(found, argument);
    }
}
