namespace AskTrust.Drp.Bench;

/// <summary>How long drp takes to say its version, against an empty program compiled the same way.</summary>
internal sealed class StartBench(Stand stand)
{
    private const int Runs = 15;

    public Series Empty { get; } = new("an empty ready-to-run program");

    public Series Version { get; } = new("drp --version");

    public Series Help { get; } = new("drp --help");

    public async Task RunAsync()
    {
        Console.WriteLine("start");
        string project = Path.Join(stand.Folder, "empty");
        Directory.CreateDirectory(project);
        await File.WriteAllTextAsync(Path.Join(project, "empty.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
            <InvariantGlobalization>true</InvariantGlobalization><TieredPGO>false</TieredPGO></PropertyGroup></Project>
            """);
        await File.WriteAllTextAsync(Path.Join(project, "Program.cs"), "System.Console.Out.WriteLine(\"empty\");\n");
        await Measured.RunAsync("dotnet", ["publish", project, "-c", "Release", "--use-current-runtime", "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", Path.Join(project, "out"), "-v", "quiet"], stand.Environment);
        for (int run = 0; run < Runs; run++)
        {
            Empty.Add(await Measured.RunAsync(Path.Join(project, "out", "empty"), [], stand.Environment));
            Version.Add(await stand.DrpAsync("--version"));
            Help.Add(await stand.DrpAsync("--help"));
        }
    }
}
