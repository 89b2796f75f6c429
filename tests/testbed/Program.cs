using System.Text.Json;
using AskTrust.Drp.TestBed;

// For tests that are not .NET: starts a server, prints one line of JSON with how to reach it, and stops it when standard
// input is closed — so it never outlives whoever started it.
if (args is ["stack", var name])
{
    await using var stack = await ComposeProject.UpAsync(ComposeProject.Chain, name: name);
    Console.WriteLine(JsonSerializer.Serialize(new { stack.Name, stack.File }));
    await Console.In.ReadToEndAsync();
    return 0;
}

if (args is not ["postgres", .. var databases])
{
    await Console.Error.WriteLineAsync("usage: testbed postgres [database ...] | stack PROJECT");
    return 2;
}

await using var cluster = await PostgreSqlCluster.StartAsync();
foreach (string database in databases) await cluster.SqlAsync($"CREATE DATABASE \"{database}\"");
Console.WriteLine(JsonSerializer.Serialize(new
{
    cluster.Port,
    cluster.Socket,
    PostgreSqlCluster.Bin,
    Url = cluster.Url("DATABASE"),
    SocketUrl = cluster.SocketUrl("DATABASE"),
}));
await Console.In.ReadToEndAsync();
return 0;
