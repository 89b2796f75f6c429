using System.Text;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("drp-plan-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public async Task A_folder_stands_for_its_drp_yaml()
    {
        string file = await Write(Encoding.UTF8.GetBytes(SamplePlans.Small));

        var plan = await PlanReader.ReadAsync(_folder.FullName, CancellationToken.None);

        Assert.Equal(file, plan.Path);
        Assert.Equal(_folder.FullName, plan.Folder);
    }

    [Fact]
    public async Task A_byte_order_mark_does_no_harm_and_moves_no_column()
    {
        string file = await Write([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(SamplePlans.Small)]);
        Assert.Equal("shop", (await PlanReader.ReadAsync(file, CancellationToken.None)).Name);

        await Write([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes("version: 7\n" + SamplePlans.Small["version: 1\n".Length..])]);
        Assert.Equal((1, 10), await FirstError(file));
    }

    [Fact]
    public async Task A_missing_plan_is_an_error_at_its_path() =>
        Assert.Equal((1, 1), await FirstError(_folder.FullName, "There is no such file."));

    [Fact]
    public async Task A_folder_that_does_not_exist_is_an_error() =>
        Assert.Equal((1, 1), await FirstError(Path.Combine(_folder.FullName, "no", "drp.yaml"), "There is no such file."));

    [Fact]
    public async Task Utf_16_is_named() =>
        Assert.Equal((1, 1), await FirstError(await Write([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(SamplePlans.Small)]), "The file is UTF-16."));

    [Fact]
    public async Task Invalid_utf_8_is_found_where_it_stands() =>
        Assert.Equal((2, 8), await FirstError(await Write([.. "version: 1\nname: a"u8, 0xE9, .. "b\n"u8]), "The file is not valid UTF-8"));

    [Fact]
    public async Task A_binary_file_is_named() =>
        Assert.Equal((1, 5), await FirstError(await Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 0xFF, 0, 0, 1]), "This is a binary file"));

    [Fact]
    public async Task A_file_of_more_than_a_mebibyte_is_refused() =>
        Assert.Equal((1, 1), await FirstError(await Write(new byte[(1024 * 1024) + 1]), "The file is larger than 1024 KiB."));

    [SkippableFact]
    public async Task A_device_that_never_ends_is_refused()
    {
        Skip.IfNot(File.Exists("/dev/zero"), "there is no /dev/zero here");

        Assert.Equal((1, 1), await FirstError("/dev/zero", "The file is larger than 1024 KiB."));
    }

    [Fact]
    public async Task Cancelling_stops_the_reading() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await PlanReader.ReadAsync(await Write("a"u8.ToArray()), new CancellationToken(true)));

    private static async Task<(int Line, int Column)> FirstError(string path, string? message = null)
    {
        var error = await Assert.ThrowsAsync<PlanException>(() => PlanReader.ReadAsync(path, CancellationToken.None));
        var problem = Assert.Single(error.Problems);
        if (message is not null) Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
        return (problem.Line, problem.Column);
    }

    private async Task<string> Write(byte[] bytes)
    {
        string file = Path.Combine(_folder.FullName, "drp.yaml");
        await File.WriteAllBytesAsync(file, bytes);
        return file;
    }
}
