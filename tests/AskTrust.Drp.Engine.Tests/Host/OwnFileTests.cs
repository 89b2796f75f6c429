using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class OwnFileTests : IDisposable
{
    private readonly TestFolder _folder = new("own");

    private OwnFile File(string body = "x\n", string owner = "plan a") => new(_folder["some/unit"], owner, body);

    [Fact]
    public void It_is_written_changed_and_removed()
    {
        Assert.Equal(ServiceFileState.Missing, File().Look());
        File().Write();
        Assert.Equal(ServiceFileState.Current, File().Look());
        Assert.Equal(ServiceFileState.Outdated, File("y\n").Look());
        File("y\n").Write();
        Assert.Equal("# AskTrust.Drp: plan a\ny\n", System.IO.File.ReadAllText(File().Path));
        File().Remove();
        Assert.Equal(ServiceFileState.Missing, File().Look());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["some"]));
    }

    [Theory]
    [InlineData("[Unit]\n"), InlineData(""), InlineData("# AskTrust.Drp: plan b\nx\n")]
    public void What_is_not_ours_is_neither_changed_nor_removed(string text)
    {
        Directory.CreateDirectory(_folder["some"]);
        System.IO.File.WriteAllText(File().Path, text);

        Assert.Equal(ServiceFileState.Foreign, File().Look());
        Assert.Equal(DrpError.UnsafeTarget, Assert.Throws<DrpException>(File().Write).Code);
        Assert.Equal(DrpError.UnsafeTarget, Assert.Throws<DrpException>(File().Remove).Code);
        Assert.Equal(text, System.IO.File.ReadAllText(File().Path));
    }

    [Fact]
    public void A_link_is_not_ours()
    {
        Directory.CreateDirectory(_folder["some"]);
        System.IO.File.CreateSymbolicLink(File().Path, "/dev/null");

        Assert.Equal(ServiceFileState.Foreign, File().Look());
        Assert.Throws<DrpException>(File().Write);
    }

    public void Dispose() => _folder.Dispose();
}
