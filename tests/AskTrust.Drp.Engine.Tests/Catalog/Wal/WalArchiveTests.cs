using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Catalog.Wal;

public sealed class WalArchiveTests : IDisposable
{
    private const ulong System = 7300000000000000001;
    private static readonly WalName s_segment = WalName.Parse("000000010000000000000003");
    private readonly MemoryRepository _one = new("one");
    private readonly FaultyRepository _two = new(new MemoryRepository("two"));
    private readonly CatalogFixture _fixture;
    private readonly WalArchive _archive;
    private readonly TestFolder _folder = new("wal");

    public WalArchiveTests()
    {
        _fixture = new CatalogFixture(_one, _two);
        _archive = new WalArchive(_fixture.Context, new CompressionPlan(), null);
    }

    public void Dispose()
    {
        _fixture.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_same_bytes_twice_are_a_success_and_different_ones_an_error()
    {
        Assert.All(await PutAsync(s_segment, [1, 2, 3]), o => Assert.True(o.Stored));
        Assert.All(await PutAsync(s_segment, [1, 2, 3]), o => Assert.Equal((false, null), (o.Stored, o.Error)));

        IReadOnlyList<WalPutOutcome> other = await PutAsync(s_segment, [1, 2, 4]);

        Assert.All(other, o => Assert.Equal(DrpError.VerificationFailed, o.Error!.Code));
        Assert.Equal([1, 2, 3], await GetAsync(s_segment));
    }

    [Fact]
    public async Task One_repository_that_is_down_does_not_keep_the_other_from_getting_it()
    {
        _two.FailOn(RepositoryStep.BeforeCreate);

        IReadOnlyList<WalPutOutcome> outcomes = await PutAsync(s_segment, [1, 2, 3]);

        Assert.Equal([true, false], outcomes.Select(o => o.Stored));
        Assert.Equal([1, 2, 3], await GetAsync(s_segment));
    }

    [Fact]
    public async Task What_no_repository_has_is_not_in_the_archive() => Assert.Null(await GetAsync(s_segment));

    [Fact]
    public async Task With_a_repository_silent_nobody_knows_that_the_wal_ends()
    {
        await PutAsync(s_segment.Piece(0, 3), [1, 2, 3]);
        _two.FailOn(RepositoryStep.List);

        await Assert.ThrowsAsync<DrpException>(() => GetAsync(s_segment));
    }

    [Fact]
    public async Task The_open_segment_is_put_together_from_its_pieces_and_filled_up()
    {
        await _archive.ClaimAsync(_one, new WalServer(System, "db", 15, 1 << 20), false, default);
        await _archive.ClaimAsync(_two, new WalServer(System, "db", 15, 1 << 20), false, default);
        await PutAsync(s_segment.Piece(0, 3), [1, 2, 3]);
        await PutAsync(s_segment.Piece(3, 5), [4, 5]);
        await PutAsync(s_segment.Piece(8, 9), [9]);

        byte[] bytes = (await GetAsync(s_segment))!;

        Assert.Equal(1 << 20, bytes.Length);
        Assert.Equal([1, 2, 3, 4, 5, 0, 0], bytes[..7]);
        Assert.All(bytes[5..], b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task A_label_of_a_segment_is_not_taken_for_the_segment()
    {
        await PutAsync(WalName.Parse("000000010000000000000003.00000028.backup"), [1]);
        await PutAsync(WalName.Parse("000000010000000000000003.partial"), [2]);

        Assert.Null(await GetAsync(s_segment));
        Assert.Equal([2], await GetAsync(WalName.Parse("000000010000000000000003.partial")));
    }

    [Fact]
    public async Task A_damaged_copy_is_told_and_the_other_repository_asked()
    {
        await PutAsync(s_segment, [1, 2, 3]);
        StoredObject stored = await _one.ListAsync("shop/wal/", default).FirstAsync();
        await _one.DeleteAsync(stored.Key, default);
        await _one.PutAsync(stored.Key, new byte[] { 7, 7, 7 }, default);

        Assert.Equal([1, 2, 3], await GetAsync(s_segment));
        Assert.Single(_fixture.Warnings);
    }

    [Fact]
    public async Task When_every_copy_is_damaged_the_wal_does_not_end_there()
    {
        await PutAsync(s_segment, [1, 2, 3]);
        foreach (IRepository repository in new IRepository[] { _one, _two })
        {
            StoredObject stored = await repository.ListAsync("shop/wal/", default).FirstAsync();
            await repository.DeleteAsync(stored.Key, default);
            await repository.PutAsync(stored.Key, new byte[] { 7, 7, 7 }, default);
        }

        DrpException e = await Assert.ThrowsAsync<DrpException>(() => GetAsync(s_segment));

        Assert.Equal(DrpError.VerificationFailed, e.Code);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task Another_server_is_refused_unless_the_operator_says_so()
    {
        await _archive.ClaimAsync(_one, new WalServer(System, "db", 15, 16 << 20), false, default);
        await _archive.ClaimAsync(_one, new WalServer(System, "db", 15, 16 << 20), false, default);
        await _archive.ClaimAsync(_one, new WalServer(1, "other", 15, 16 << 20), false, default);

        DrpException other = await Assert.ThrowsAsync<DrpException>(() => _archive.ClaimAsync(_one, new WalServer(2, "db", 15, 16 << 20), false, default));
        DrpException version = await Assert.ThrowsAsync<DrpException>(() => _archive.ClaimAsync(_one, new WalServer(System, "db", 16, 16 << 20), true, default));

        Assert.Equal((DrpError.UnsafeTarget, DrpError.UnsafeTarget), (other.Code, version.Code));
        DrpException upgraded = await Assert.ThrowsAsync<DrpException>(() => _archive.ClaimAsync(_one, new WalServer(2, "db", 16, 16 << 20), false, default));
        Assert.Contains("7300000000000000001 (PostgreSQL 15), not 2 (PostgreSQL 16)", upgraded.Message, StringComparison.Ordinal);
        await _archive.ClaimAsync(_one, new WalServer(2, "db", 16, 16 << 20), acceptNew: true, default);
        Assert.Equal(3, (await _archive.ListAsync(_one, null, default)).Servers.Count);
    }

    private async Task<IReadOnlyList<WalPutOutcome>> PutAsync(WalName name, byte[] bytes) =>
        await _archive.PutAsync(new WalFile(System, name, new WalMark()), new MemoryStream(bytes), default);

    private async Task<byte[]?> GetAsync(WalName name) =>
        await _archive.GetAsync(System, name, _folder["got"], default) is WalGetOutcome.Found or WalGetOutcome.Open ? await File.ReadAllBytesAsync(_folder["got"]) : null;
}
