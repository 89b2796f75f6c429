namespace AskTrust.Drp.Integration.Tests.Operations;

internal static class Lists
{
    public static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> source)
    {
        List<T> list = [];
        await foreach (T item in source) list.Add(item);
        return list;
    }
}
