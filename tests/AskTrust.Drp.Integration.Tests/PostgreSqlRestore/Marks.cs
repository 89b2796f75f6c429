using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

/// <summary>Owner marks of other processes, as those would write them.</summary>
internal static class Marks
{
    public static OwnerMark Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
        return OwnerMark.Current with { ProcessId = process, Started = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture) };
    }
}
