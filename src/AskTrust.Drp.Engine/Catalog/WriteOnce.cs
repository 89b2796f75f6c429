using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Small objects as a whole.</summary>
internal static class WriteOnce
{
    /// <summary>Bound of what is read into memory: a manifest with the rows of a hundred thousand tables stays far below.</summary>
    public const int LongestObject = 64 * 1024 * 1024;

    /// <summary>Writes a small object. One that is there already with the same bytes counts as written (an answer that got lost, a run that is repeated).</summary>
    /// <exception cref="ObjectExistsException">It is there with other bytes.</exception>
    public static async Task PutAsync(this IRepository repository, string key, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            ISink sink = await repository.CreateAsync(key, bytes.Length, ct).ConfigureAwait(false);
            await using (sink.ConfigureAwait(false))
            {
                await sink.WriteAsync(bytes, ct).ConfigureAwait(false);
                await sink.CompleteAsync(ct).ConfigureAwait(false);
            }
        }
        catch (ObjectExistsException)
        {
            byte[] there = await repository.GetAsync(key, ct).ConfigureAwait(false);
            if (!bytes.Span.SequenceEqual(there))
            {
                throw;
            }
        }
    }

    /// <summary>Reads a small object.</summary>
    /// <exception cref="ObjectMissingException">There is none.</exception>
    public static async Task<byte[]> GetAsync(this IRepository repository, string key, CancellationToken ct)
    {
        Stream stream = await repository.OpenReadAsync(key, 0, null, ct).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (stream.Length > LongestObject)
            {
                throw new DrpException(DrpError.VerificationFailed, Text.Of(CatalogTexts.ObjectTooLong, $"{repository.Name}: {key}", LongestObject)) { Subject = key };
            }

            byte[] bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, ct).ConfigureAwait(false);
            return bytes;
        }
    }

    /// <summary>Reads a small object; null when there is none.</summary>
    public static async Task<byte[]?> TryGetAsync(this IRepository repository, string key, CancellationToken ct)
    {
        try
        {
            return await repository.GetAsync(key, ct).ConfigureAwait(false);
        }
        catch (ObjectMissingException)
        {
            return null;
        }
    }

    /// <summary>True for what a store does wrong (as opposed to a bug or a cancellation): the others go on without it.</summary>
    public static bool IsStoreFault(Exception e) => e is DrpException or IOException or UnauthorizedAccessException;
}
