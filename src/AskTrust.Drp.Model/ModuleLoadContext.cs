using System.Reflection;
using System.Runtime.Loader;

namespace AskTrust.Drp;

/// <summary>
/// Holds the engine, the cmdlets and every package they need apart from what PowerShell or other modules loaded. Only this
/// assembly (the types users see) is shared. Made once for a process: a new version of the module needs a new pwsh.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private static readonly Assembly s_model = typeof(ModuleLoadContext).Assembly;
    private static readonly Lazy<Assembly> s_cmdlets = new(LoadCmdlets);

    private readonly string _bin;
    private readonly AssemblyDependencyResolver _resolver;

    private ModuleLoadContext(string cmdlets)
        : base("AskTrust.Drp", isCollectible: false)
    {
        _bin = Path.GetDirectoryName(cmdlets)!;
        _resolver = new AssemblyDependencyResolver(cmdlets);
    }

    /// <summary>The assembly of the cmdlets, loaded in its own context.</summary>
    public static Assembly Cmdlets => s_cmdlets.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        if (assemblyName.Name == s_model.GetName().Name) return s_model;

        // Satellites (translated texts) live in a folder named after the culture.
        string own = Path.Join(_bin, assemblyName.CultureName, assemblyName.Name + ".dll");
        return File.Exists(own) ? LoadFromAssemblyPath(own) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static Assembly LoadCmdlets()
    {
        string cmdlets = Path.Join(Path.GetDirectoryName(s_model.Location), "AskTrust.Drp.PowerShell.dll");
        return new ModuleLoadContext(cmdlets).LoadFromAssemblyPath(cmdlets);
    }
}
