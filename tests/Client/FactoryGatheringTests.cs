using OrleansTagCache.Many;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>One factory for several keys: when it runs, and for which of them.</summary>
public sealed class FactoryGatheringTests
{
    private readonly List<string[]> _runs = [];

    [Fact]
    public async Task Factory_RunsOnce_WhenEveryKeyIsDecided()
    {
        var gathering = Of(3);
        var first = gathering.Make(Context("a"), CancellationToken.None);
        gathering.Decided("b");
        Assert.Empty(_runs);
        var last = gathering.Make(Context("c"), CancellationToken.None);

        Assert.Equal(["made a", "made c"], await Task.WhenAll(first, last));
        Assert.Equal(["a", "c"], Assert.Single(_runs).Order());
    }

    /// <summary>Its caller may have returned: what the factory uses has ended.</summary>
    [Fact]
    public async Task Factory_ForReadersThatHaveGone_DoesNotRun()
    {
        var gathering = Of(3);
        using var cancellation = new CancellationTokenSource();
        var gone = gathering.Make(Context("a"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        gathering.Ended("a");
        gathering.Ended("b");
        Assert.Equal("made c", await gathering.Make(Context("c"), CancellationToken.None));

        Assert.Equal(["c"], Assert.Single(_runs));
    }

    /// <summary>A reader that has given up one attempt, and begins another.</summary>
    [Fact]
    public async Task Factory_AskedTwiceForAKey_MakesItOnce()
    {
        var gathering = Of(2);
        using var cancellation = new CancellationTokenSource();
        var first = gathering.Make(Context("a"), cancellation.Token);
        await cancellation.CancelAsync();
        var again = gathering.Make(Context("a"), CancellationToken.None);
        gathering.Decided("b");

        Assert.Equal("made a", await again);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(["a"], Assert.Single(_runs));
    }

    private static CacheContext Context(string key) => new(CacheNamespace.Default, key, [], life: null, new CacheLifeProfiles(), outer: null, stale: null);

    private FactoryGathering<string> Of(int count) => new(
        (context, _) =>
        {
            _runs.Add([.. context.Keys]);
            return new(context.Keys.ToDictionary(key => key, key => $"made {key}"));
        },
        count);
}
