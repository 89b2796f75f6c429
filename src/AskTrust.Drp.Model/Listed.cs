using System.Diagnostics.CodeAnalysis;

namespace AskTrust.Drp;

/// <summary>
/// Lists as PowerShell can use them. Of an array it takes <c>$list[0]</c>; what a collection expression makes of an <see cref="IReadOnlyList{T}"/> has no indexer that
/// PowerShell sees, and there <c>$list[0]</c> quietly is the whole list.
/// </summary>
internal static class Listed
{
    /// <summary>The same list, as an array where it is neither that nor a <see cref="List{T}"/>.</summary>
    [return: NotNullIfNotNull(nameof(value))]
    public static IReadOnlyList<T>? Of<T>(IReadOnlyList<T>? value) => value is null or T[] or List<T> ? value : value.ToArray();
}
