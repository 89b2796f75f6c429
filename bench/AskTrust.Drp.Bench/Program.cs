using System.Globalization;
using AskTrust.Drp.Bench;

Settings settings;
try
{
    settings = Settings.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    Console.Error.WriteLine(Settings.Usage);
    return 2;
}

if (!File.Exists(settings.Drp))
{
    Console.Error.WriteLine($"{settings.Drp} is not there: run ./build.sh build first.");
    return 2;
}

const long Whole = 2350L << 20;
await using var stand = await Stand.StartAsync(settings);
StartBench? start = settings.Wants("start") ? new(stand) : null;
if (start is not null) await start.RunAsync();
// Listed while the database is empty: the sets are what counts.
ListBench? list = settings.Wants("list") ? new(stand) : null;
if (list is not null) await list.RunAsync();
BackupBench? backup = settings.Wants("backup") ? new(stand, list) : null;
RestoreBench? restore = settings.Wants("restore") ? new(stand) : null;
if (backup is not null || restore is not null) await stand.FillAsync((long)(Whole * settings.Scale));
if (backup is not null) await backup.RunAsync();
if (restore is not null) await restore.RunAsync();
await using PhysicalStand? physical = settings.Wants("base") || settings.Wants("wal") ? await PhysicalStand.StartAsync(stand) : null;
BaseBench? bases = settings.Wants("base") ? new(physical!) : null;
if (bases is not null)
{
    await physical!.FillAsync((long)(Whole * settings.Scale));
    await bases.RunAsync();
}

WalBench? wal = settings.Wants("wal") ? new(physical!) : null;
if (wal is not null) await wal.RunAsync();

FilesBench? files = settings.Wants("files") ? new(stand) : null;
if (files is not null) await files.RunAsync();

string gpg = (await stand.ShellAsync("gpg --version | sed -n 1p")).Output.Trim();
string drp = (await stand.DrpAsync("--version")).Output.Trim();
string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
string memory = string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0:0} GiB");
string[] machine =
[
    $"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {drp}, PostgreSQL {stand.ServerVersion}, {gpg}, .NET {Environment.Version}",
    $"{processor}, {Environment.ProcessorCount} cores, {memory} memory; server, repositories and S3 all on this machine",
    $"{settings.Rounds} rounds; the server is a throw-away cluster (fsync off), the same for all; peaks are of resident memory; processor time is that of the programs, not of the server",
];
var page = new Page(stand);
string text = page.Write(start, list, backup, restore, bases, wal, files, machine);
if (settings.Page.Length > 0)
{
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(settings.Page))!);
    await File.WriteAllTextAsync(settings.Page, text);
    Console.WriteLine("written: " + settings.Page);
}

return page.Missed ? 1 : 0;
