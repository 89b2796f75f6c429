using AskTrust.Drp.Engine.Repositories.S3;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>Part sizes: few enough parts for any object, little memory for most.</summary>
public sealed class S3TuningTests
{
    private const long Mebibyte = 1 << 20;
    private static readonly S3Tuning s_tuning = new();

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(80_000)]
    [InlineData(1_000_000)]
    [InlineData(5_000_000)]
    public void A_known_size_fits_into_the_parts_there_may_be(long mebibytes)
    {
        long left = mebibytes * Mebibyte;
        int part = 0;
        while (left > 0) left -= s_tuning.PartSize(++part, mebibytes * Mebibyte);
        Assert.InRange(part, 0, S3Tuning.MaxParts);
    }

    [Fact]
    public void An_unknown_size_may_grow_beyond_two_tebibytes()
    {
        long sum = 0;
        for (int part = 1; part <= S3Tuning.MaxParts; part++) sum += s_tuning.PartSize(part, null);
        Assert.True(sum > 2L << 40, $"{sum}");
    }

    [Fact]
    public void An_estimate_that_was_far_too_small_does_no_harm()
    {
        long sum = 0;
        for (int part = 1; part <= S3Tuning.MaxParts; part++) sum += s_tuning.PartSize(part, 1000);
        Assert.True(sum > 2L << 40, $"{sum}");
    }

    [Fact]
    public void Parts_in_flight_stay_within_their_memory()
    {
        for (int part = 1; part <= S3Tuning.MaxParts; part++)
        {
            int size = s_tuning.PartSize(part, null);
            int parallel = s_tuning.Parallel(size, 16);
            Assert.True(parallel >= 1 && (parallel == 1 || (long)parallel * size <= 64 * Mebibyte));
        }

        Assert.Equal(4, s_tuning.Parallel(s_tuning.PartSize(1, null), 4));
    }
}
