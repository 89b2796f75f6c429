using System.Collections.ObjectModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AskTrust.Drp.PowerShell.Tests;

/// <summary>
/// <c>$report.Services[0]</c> must be the first service. PowerShell indexes arrays and lists; of the type that a collection expression makes it quietly gives everything.
/// </summary>
public sealed class ListTests
{
    public static TheoryData<Type> Types() => new(Lists().Select(p => p.ReflectedType!).Distinct());

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_list_of_the_model_can_be_indexed(Type type)
    {
        foreach (PropertyInfo list in Lists().Where(p => p.ReflectedType == type)) Check(list);
    }

    private static void Check(PropertyInfo list)
    {
        object owner = RuntimeHelpers.GetUninitializedObject(list.ReflectedType!);
        Array array = Array.CreateInstance(list.PropertyType.GetGenericArguments()[0], 1);
        list.SetValue(owner, Activator.CreateInstance(typeof(ReadOnlyCollection<>).MakeGenericType(array.GetType().GetElementType()!), array));
        Assert.True(list.GetValue(owner)!.GetType().IsArray, $"{list.ReflectedType}.{list.Name}: {{ get; init => field = Listed.Of(value); }}");
    }

    private static IEnumerable<PropertyInfo> Lists() => typeof(DrpPlan).Assembly.GetExportedTypes().Where(t => !t.IsAbstract && !t.ContainsGenericParameters)
        .SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        .Where(p => p.CanWrite && p.PropertyType.IsGenericType && p.PropertyType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>));
}
