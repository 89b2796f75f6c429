using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace AskTrust.Drp.Engine.Host;

/// <summary>C libraries that may be missing, and have another file name on each system. Once loaded, imports find them by their own name.</summary>
internal static class NativeLibraries
{
    private static readonly ConcurrentDictionary<string, nint> s_loaded = new(StringComparer.Ordinal);

    // .NET allows one resolver for an assembly.
    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, static (name, _, _) => s_loaded.GetValueOrDefault(name));

    /// <summary>Loads a library from the first of its file names that is there.</summary>
    /// <param name="library">The name that imports use.</param>
    /// <param name="files">Its file names on Linux, macOS and Windows.</param>
    /// <returns>False when it is not on this machine.</returns>
    public static bool Load(string library, params IReadOnlyList<string> files)
    {
        foreach (string file in files)
        {
            if (!NativeLibrary.TryLoad(file, out nint handle)) continue;
            s_loaded[library] = handle;
            return true;
        }

        return false;
    }
}
