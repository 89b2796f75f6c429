namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Puts services in the order in which they start.</summary>
internal static class ServiceOrder
{
    /// <summary>Each after all it depends on; else as they came. Of a circle, which Compose itself refuses, the first to come is first.</summary>
    public static IReadOnlyList<ComposeService> Of(IReadOnlyList<ComposeService> services)
    {
        var byName = services.ToDictionary(s => s.Name, StringComparer.Ordinal);
        List<ComposeService> ordered = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ComposeService service in services) Visit(service);
        return ordered;

        void Visit(ComposeService service)
        {
            if (!seen.Add(service.Name)) return;
            foreach (string needed in service.DependsOn.Keys.Order(StringComparer.Ordinal))
                if (byName.TryGetValue(needed, out ComposeService? before)) Visit(before);
            ordered.Add(service);
        }
    }

    /// <summary>Reads the label of Compose v2: <c>db:service_healthy:false,cache:service_started:true</c>; older ones write the name alone.</summary>
    public static Dictionary<string, string> ReadLabel(string label)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] parts in label.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => p.Split(':')))
            found[parts[0]] = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : ComposeConfig.Started;
        return found;
    }
}
