using System.Collections;
using System.Reflection;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>Every secret reference of a plan, wherever it stands: found by walking the records, so that no new kind of component can be forgotten.</summary>
internal static class SecretWalk
{
    /// <summary>Each once.</summary>
    public static IReadOnlyList<SecretReference> All(DrpPlan plan)
    {
        HashSet<SecretReference> found = [];
        Walk(plan, found);
        return [.. found];
    }

    private static void Walk(object? value, HashSet<SecretReference> found)
    {
        switch (value)
        {
            case null or string:
                return;
            case SecretReference reference:
                found.Add(reference);
                return;
            case IDictionary or IEnumerable:
                foreach (object? item in (IEnumerable)value) Walk(item, found);
                return;
        }

        Type type = value.GetType();
        bool pair = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);
        if (!pair && (type.Assembly != typeof(DrpPlan).Assembly || type.IsEnum)) return;
        foreach (PropertyInfo property in type.GetProperties().Where(p => p.GetIndexParameters().Length == 0)) Walk(property.GetValue(value), found);
    }
}
