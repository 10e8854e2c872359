using OrleansTagCache.Http;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>The bounds on memory follow what the process may use, and may not be more than that.</summary>
public sealed class MemoryCheckTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(64, 16, 8, 4)]
    [InlineData(192, 64, 24, 12)]
    [InlineData(384, 160, 48, 24)]
    [InlineData(4_096, 2_016, 256, 256)]
    [InlineData(65_536, 32_736, 256, 256)]
    public void Defaults_AreSharesOfTheLimit_AndFit(long limit, long entries, long near, long bodies)
    {
        Assert.Equal((entries * MiB, near * MiB, bodies * MiB), (MemoryShare.OfEntries(limit * MiB), MemoryShare.OfNearCache(limit * MiB), MemoryShare.OfBodies(limit * MiB)));
        Assert.Null(FaultOf(limit * MiB, entries * MiB, near * MiB, bodies * MiB));
    }

    [Fact]
    public void Defaults_AreThoseOfThisProcess() => Assert.Equal(
        (MemoryShare.OfEntries(MemoryShare.Limit), MemoryShare.OfNearCache(MemoryShare.Limit), MemoryShare.OfBodies(MemoryShare.Limit)),
        (new TagCacheOptions().MaximumBytes, new TagCacheOptions().NearCacheMaximumBytes, new HttpLimitOptions().BodyBytes));

    [Fact]
    public void Bounds_ThatAreMoreThanTheLimitLeaves_AreNamed()
    {
        Assert.Null(FaultOf(192 * MiB, 80 * MiB, 24 * MiB, 12 * MiB));
        Assert.Equal(
            $"TagCache:MaximumBytes ({(80 * MiB) + 1}), TagCache:NearCacheMaximumBytes ({24 * MiB}) and twice TagCache:Limits:BodyBytes ({12 * MiB}) are together more than {128 * MiB} bytes, which the memory limit of this process ({192 * MiB}) leaves them.",
            FaultOf(192 * MiB, (80 * MiB) + 1, 24 * MiB, 12 * MiB));
        Assert.NotNull(FaultOf(192 * MiB, long.MaxValue, long.MaxValue, 12 * MiB));
        Assert.Null(FaultOf(192 * MiB, 104 * MiB, long.MaxValue, 12 * MiB, NearCacheMode.Off));
    }

    private static string? FaultOf(long limit, long entries, long near, long bodies, NearCacheMode mode = NearCacheMode.On) => MemoryCheck.FaultOf(
        new() { MaximumBytes = entries, NearCacheMaximumBytes = near, NearCache = mode }, new() { BodyBytes = bodies }, limit);
}
