using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

/// <summary>Archives that are restored by several sessions while they arrive.</summary>
[Collection(RestoreBed.Collection)]
public sealed class StreamedRestoreTests
{
    private static readonly RestoreSettings s_parallel = new() { Jobs = 3 };

    [SkippableFact]
    public async Task A_table_is_loaded_and_indexed_while_later_ones_are_still_to_come()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 500), target = RestoreBed.NewName("dst");
        await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0");
        byte[] bytes = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0"));
        using var held = new HeldStream(bytes, (int)Read(bytes).Blocks[0].End!.Value);
        Task restore = new DatabaseRestore(bed.Host, bed.Server).RunAsync(new(new("held", _ => Task.FromResult<Stream>(held), bytes.Length)), target, s_parallel, default);
        await UntilAsync("SELECT CASE WHEN to_regclass('app.customer') IS NULL THEN 0 ELSE (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM app.customer', false, true, '')))[1]::text::int END", "500");
        await UntilAsync("SELECT count(*) FROM pg_index WHERE indrelid = 'app.customer'::regclass AND indisprimary", "1");

        Assert.False(restore.IsCompleted);
        held.Release();
        await restore;
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));

        async Task UntilAsync(string sql, string expected)
        {
            for (int i = 0; await bed.Cluster.SqlAsync(sql, target) != expected; i++)
            {
                Assert.True(i < 150, $"while the rest was held back, this did not become {expected}: {sql}");
                await Task.Delay(100);
            }
        }
    }

    [SkippableTheory]
    [InlineData("-Z0")]
    [InlineData("-Z6")]
    public async Task An_archive_cut_anywhere_is_never_a_success(string compression)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 200);
        byte[] whole = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", compression));
        long head = Read(whole).HeadLength!.Value;
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        foreach (long length in (long[])[head / 2, head, head + 3, (head + whole.Length) / 2, whole.Length - 6])
        {
            string target = RestoreBed.NewName("cut");
            await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromBytes(whole[..(int)length], "cut.dump")), target, new() { Restore = s_parallel }, default));
            Assert.False(await bed.ExistsAsync(target), $"{length} of {whole.Length}");
        }

        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task A_source_that_breaks_off_ends_it_with_its_own_error_and_nothing_runs_on()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 500), target = RestoreBed.NewName("dst");
        byte[] bytes = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0"));
        var broken = new HeldStream(bytes, bytes.Length - 5_000) { Failure = new DrpException(DrpError.Unreachable, "the line is cut") };
        broken.Release();
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => new DatabaseReplacement(bed.Host, bed.Server)
            .RunAsync(new(new("broken", _ => Task.FromResult<Stream>(new HeldStream(broken)), bytes.Length)), target, new() { Restore = s_parallel }, default));
        Assert.Equal("the line is cut", e.Message);
        Assert.False(await bed.ExistsAsync(target));
        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task An_owner_who_took_a_right_from_himself_can_load_his_tables()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await bed.Cluster.SqlAsync("DO $$ BEGIN CREATE ROLE careful LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        string source = await bed.MakeAsync("src", owner: "careful"), target = RestoreBed.NewName("dst");
        await bed.Cluster.SqlAsync("REVOKE INSERT, UPDATE ON app.customer FROM careful", source);
        await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0 OWNER careful");
        await using var careful = await bed.ConnectAsync("careful", target);
        await new DatabaseRestore(bed.Host, careful).RunAsync(new(await bed.DumpAsync(source, "-Fc", "-Z0", "-n", "app")), target, s_parallel, default);
        Assert.Equal(await bed.TextAsync(source, "-n", "app"), await bed.TextAsync(target, "-n", "app"));
    }

    [SkippableFact]
    public async Task Data_that_must_follow_other_data_is_restored_in_that_order()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("dst");
        byte[] bytes = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0"));
        // As pg_dump writes it for tables of an extension that refer to each other: the second table's data needs that of the first.
        DumpEntry[] data = [.. Read(bytes).Entries.Where(e => e.HasData)];
        int entry = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"COPY app.{Sql.Identifier(data[1].Name)}"));
        bytes = Replace(bytes, entry + bytes.AsSpan(entry).IndexOf(Text(Number(data[1].Needs.Single()))), Number(data[1].Needs.Single()), Number(data[0].Id));
        // The offsets in the table of contents stay true when the version of the server is shorter by as much.
        string version = Read(bytes).Finish().ServerVersion!;
        bytes = Replace(bytes, bytes.AsSpan().IndexOf(Text(version)), version, version[..^(Number(data[0].Id).Length - Number(data[1].Needs.Single()).Length)]);
        Assert.False(ArchiveSteps.Of(Read(bytes).Entries).IsFree);
        await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0");
        RestoreOutcome done = await new DatabaseRestore(bed.Host, bed.Server).RunAsync(new(RestoreBed.FromBytes(bytes)), target, s_parallel, default);
        Assert.Equal(3, done.Jobs);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));

        static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
        static byte[] Text(string text) => [0, (byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
        static byte[] Replace(byte[] bytes, int at, string old, string by) => [.. bytes[..at], .. Text(by), .. bytes[(at + Text(old).Length)..]];
    }

    [SkippableFact]
    public async Task What_was_read_of_the_temporary_file_takes_no_room_any_more()
    {
        Requires.That(OperatingSystem.IsLinux(), "files with holes are made on Linux only");
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src");
        await bed.Cluster.SqlAsync("CREATE TABLE app.wide AS SELECT i, repeat(md5(i::text), 1000) FROM generate_series(1, 800) i", source);
        byte[] bytes = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0"));
        await using ArchiveSpool spool = (await ArchiveSpool.TryMakeAsync(bed.Host, bytes.Length))!;
        await spool.FillAsync(new MemoryStream(bytes), default);
        DumpBlock wide = (await spool.TakeAsync(default))!.Blocks.Single();
        Assert.Equal("wide", wide.Entry.Name);
        using var read = new MemoryStream();
        await using (Stream extract = spool.Open([wide])) await extract.CopyToAsync(read);
        int head = (int)Read(bytes).HeadLength!.Value;
        Assert.True(read.ToArray().AsSpan().SequenceEqual((byte[])[.. bytes[..head], .. bytes[(int)wide.Start..(int)wide.End!.Value]]));

        string room = await ChildProcess.RunAsync("stat", ["-c", "%b %B", spool.Path]);
        Assert.InRange(room.Split(' ').Aggregate(1L, (all, number) => all * long.Parse(number, CultureInfo.InvariantCulture)), head, bytes.Length / 10);
        Assert.Equal(DumpArchiveState.Complete, spool.Finish().State);
    }

    private static DumpArchiveReader Read(byte[] bytes)
    {
        var reader = new DumpArchiveReader();
        reader.Feed(bytes);
        return reader;
    }

    /// <summary>Gives some bytes, then waits to be released before it gives the rest, or fails.</summary>
    private sealed class HeldStream(byte[] bytes, int free) : Stream
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _at;

        public HeldStream(HeldStream like)
            : this(like.Bytes, like.Free) => (_released, Failure) = (like._released, like.Failure);

        public Exception? Failure { get; init; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        private byte[] Bytes => bytes;

        private int Free => free;

        public void Release() => _released.TrySetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at == free)
            {
                await _released.Task.WaitAsync(cancellationToken);
                if (Failure is not null) throw Failure;
            }

            int count = Math.Min(buffer.Length, (_at < free ? free : bytes.Length) - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
