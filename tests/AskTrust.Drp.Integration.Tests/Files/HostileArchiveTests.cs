using System.Formats.Tar;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Files;

public sealed class HostileArchiveTests
{
    [Theory]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("/tmp/absolute")]
    [InlineData("a//b")]
    public Task Names_that_lead_out(string name) => RefusedAsync(name, w => File(w, name));

    [Fact]
    public Task Device_nodes() => RefusedAsync("./null", w => w.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "./null") { DeviceMajor = 1, DeviceMinor = 3 }));

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../etc/passwd")]
    public Task Symbolic_links_that_the_backup_did_not_count(string target) =>
        RefusedAsync("./x/link", w => w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./x/link") { LinkName = target }));

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../passwd")]
    public Task Hard_links_that_lead_out(string target) => RefusedAsync("./link", w => w.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "./link") { LinkName = target }), linksOutside: 9);

    [Fact]
    public Task A_file_through_a_symbolic_link() => RefusedAsync("./door/file", w =>
    {
        w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./door") { LinkName = "/tmp" });
        File(w, "./door/file");
    }, linksOutside: 1);

    [Fact]
    public Task A_file_through_another_name_of_a_symbolic_link() => RefusedAsync("./hard/file", w =>
    {
        w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./door") { LinkName = "/tmp" });
        w.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "./hard") { LinkName = "./door" });
        File(w, "./hard/file");
    }, linksOutside: 1);

    [Fact]
    public Task A_folder_in_place_of_a_symbolic_link() => RefusedAsync("./door/", w =>
    {
        w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./door") { LinkName = "inside" });
        w.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "./door/"));
    });

    [Fact]
    public async Task A_file_more_than_the_manifest_says_is_refused()
    {
        DrpException refused = await ExtractAsync(w =>
        {
            File(w, "./a");
            File(w, "./b");
        }, new FolderFacts { Archive = "uploads.tar", Path = "/srv", Entries = 2, Files = 2, Bytes = 2 });
        Assert.Equal(DrpError.VerificationFailed, refused.Code);
    }

    private static void File(TarWriter writer, string name) => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("1"u8.ToArray()) });

    private static async Task RefusedAsync(string name, Action<TarWriter> write, long linksOutside = 0)
    {
        DrpException refused = await ExtractAsync(write, new FolderFacts { Archive = "uploads.tar", Path = "/srv", Entries = 99, LinksOutside = linksOutside });
        Assert.Equal(DrpError.VerificationFailed, refused.Code);
        Assert.Contains($"“{name}”", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Extracts into a folder, and looks whether anything came to lie beside it.</summary>
    private static async Task<DrpException> ExtractAsync(Action<TarWriter> write, FolderFacts facts)
    {
        Requires.Programs("tar");
        using var folder = new TestFolder("hostile");
        string target = folder.Sub("target");
        using var memory = new MemoryStream();
        using (var writer = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
        {
            File(writer, "./first");
            write(writer);
        }

        memory.Position = 0;
        var extraction = new FilesExtraction(Wiring.Host(new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }));
        DrpException refused = await Assert.ThrowsAsync<DrpException>(() => extraction.ExtractAsync(memory, target, facts, new IncludeRules([]), _ => { }, default));
        Assert.Equal(["target"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Where(n => n != "state"));
        Assert.False(System.IO.File.Exists("/tmp/absolute") || System.IO.File.Exists("/tmp/file"));
        return refused;
    }
}
