using System.Security.Cryptography;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>
/// Remembers in the state directory that a folder has held our objects. Found empty or missing later, it is a disk that is not mounted, and what would be
/// written into it would lie hidden below the mount, on a disk where nobody looks for it.
/// </summary>
/// <param name="temp">The state directory.</param>
/// <param name="root">Full path of the folder.</param>
internal sealed class FolderMemory(TempSpace temp, string root)
{
    private const string Place = "folders";
    private bool _kept;

    /// <summary>The file that remembers; deleting it makes the folder a new one.</summary>
    public string File { get; } = Path.Combine(temp.StateDirectory, Place, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..16].ToLowerInvariant());

    /// <summary>True when the folder has held objects, and now is missing or empty.</summary>
    public bool IsLost() => System.IO.File.Exists(File) && (!Directory.Exists(root) || !Directory.EnumerateFileSystemEntries(root).Any());

    /// <summary>Remembers the folder; something is being written into it.</summary>
    public void Keep()
    {
        if (_kept) return;
        _kept = true;
        if (System.IO.File.Exists(File)) return;
        try
        {
            temp.StateFolder(Place);
            System.IO.File.WriteAllText(File, root + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DrpException)
        {
            // Not remembered this time: no reason to lose a backup. What needs the state directory itself says that it is full.
        }
    }
}
