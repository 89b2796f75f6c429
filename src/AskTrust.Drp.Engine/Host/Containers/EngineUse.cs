using System.Globalization;

namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>What <c>stats</c> and <c>system df</c> of docker or podman say. They write figures for people: rounded, each with its unit.</summary>
internal static class EngineUse
{
    /// <summary>Fields of <c>stats</c>, as <see cref="Load"/> reads them.</summary>
    public const string LoadFormat = "{{.ID}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";

    private static readonly (string Unit, double Size)[] s_units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("PiB", 1L << 50), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15), ("B", 1),
    ];

    /// <summary>Fields of <c>system df</c>, as <see cref="Disk"/> reads them.</summary>
    public static string DiskFormat(string program) => $"{{{{.Type}}}}\t{{{{.{(program == "podman" ? "Total" : "TotalCount")}}}}}\t{{{{.Active}}}}\t{{{{.Size}}}}\t{{{{.Reclaimable}}}}";

    /// <summary>One line of <c>stats</c>: the id of the container, and what it takes. Null: no such line.</summary>
    public static (string Id, ContainerLoad Load)? Load(string line)
    {
        if (line.Split('\t') is not [var id, var cpu, var memory, var network, var blocks, var processes]) return null;
        var (used, limit) = Pair(memory);
        var (received, sent) = Pair(network);
        var (read, written) = Pair(blocks);
        return (id.Trim(), new ContainerLoad
        {
            Name = id, CpuPercent = double.TryParse(cpu.AsSpan().Trim().TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) ? percent : null,
            Memory = used, MemoryLimit = limit, Received = received, Sent = sent, Read = read, Written = written, Processes = Count(processes),
        });
    }

    /// <summary>One line of <c>system df</c>. Null: no such line.</summary>
    public static EngineDiskUse? Disk(string line) => line.Split('\t') is not [var kind, var count, var active, var size, var reclaimable] ? null
        // Behind what can be had back it says how many percent that is.
        : new EngineDiskUse { Kind = kind.Trim(), Count = Count(count) ?? 0, Active = Count(active) ?? 0, Size = Bytes(size), Reclaimable = Bytes(reclaimable.Split('(')[0]) };

    /// <summary>Bytes of a figure such as <c>56.7MiB</c>; null for what is none (<c>--</c>).</summary>
    public static long? Bytes(string text)
    {
        ReadOnlySpan<char> figure = text.AsSpan().Trim();
        foreach (var (unit, size) in s_units)
        {
            if (figure.EndsWith(unit, StringComparison.Ordinal))
                return double.TryParse(figure[..^unit.Length].TrimEnd(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? (long)Math.Round(value * size) : null;
        }

        return null;
    }

    private static (long? First, long? Second) Pair(string text) => text.Split('/') is [var first, var second] ? (Bytes(first), Bytes(second)) : (null, null);

    private static int? Count(string text) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int count) ? count : null;
}
