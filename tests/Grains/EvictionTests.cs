using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Which entries of a silo go when there is no room.</summary>
public sealed class EvictionTests
{
    private static readonly AcquireRequest Look = new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero);

    [Fact]
    public async Task Entries_ThatAreReadAgain_StayWhileOthersComeAndGo()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 100);
        for (var i = 0; i < 50; i++)
        {
            await silo.Generate($"hot:{i}", EntrySilo.Data());
            await silo.Entry($"hot:{i}").Acquire(Look);
        }

        for (var i = 0; i < 1_000; i++)
        {
            await silo.Generate($"scanned:{i}", EntrySilo.Data());
        }

        Assert.Equal((100, 950), (silo.Table.Count, silo.Table.Evictions));
        Assert.InRange(Enumerable.Range(0, 50).Count(i => silo.Stored($"hot:{i}") is not null), 48, 50);
    }

    [Fact]
    public async Task Values_ThatWereSetAndNotReadYet_StayWhileOthersComeAndGo()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 100);
        for (var i = 0; i < 50; i++)
        {
            var entry = silo.Entry($"set:{i}");
            Assert.Equal(CommitStatus.Stored, (await entry.Set(await entry.BeginSet(), EntrySilo.Data(), age: TimeSpan.Zero)).Commit.Status);
        }

        for (var i = 0; i < 200; i++)
        {
            await silo.Generate($"made:{i}", EntrySilo.Data());
        }

        Assert.All(Enumerable.Range(0, 50), i => Assert.NotNull(silo.Stored($"set:{i}")));
    }

    [Fact]
    public async Task AValue_LargerThanTheSiloKeepsInAll_IsRefusedAndNothingGoesForIt()
    {
        using var silo = await EntrySilo.Serve(maximumBytes: 100_000);
        await silo.Generate("small", EntrySilo.Data());
        var large = new EntryData(new(new byte[100_000], null), [], CopiedTags: null, CacheLife.Max);

        var token = (await silo.Entry("large").Acquire(Look with { MayGenerate = true })).Token;
        var outcome = await silo.Entry("large").Commit(token, large);
        var set = await silo.Entry("large").Set(await silo.Entry("large").BeginSet(), large, age: TimeSpan.Zero);

        Assert.Equal((CommitStatus.Refused, CommitStatus.Refused), (outcome.Status, set.Commit.Status));
        Assert.Contains("MaximumBytes", outcome.Fault, StringComparison.Ordinal);
        Assert.NotNull(silo.Stored("small"));
        Assert.Null(silo.Stored("large"));
    }

    [Fact]
    public async Task AValue_ThatIsReplaced_CountsAnewAndMakesRoom()
    {
        using var silo = await EntrySilo.Serve(maximumBytes: 100_000);
        for (var i = 0; i < 20; i++)
        {
            await silo.Generate($"key:{i}", EntrySilo.Data());
        }

        var entry = silo.Entry("key:0");
        await entry.Set(await entry.BeginSet(), new(new(new byte[90_000], null), [], CopiedTags: null, CacheLife.Max), age: TimeSpan.Zero);

        Assert.InRange(silo.Table.Bytes, 90_000, 100_000);
        Assert.NotNull(silo.Stored("key:0"));
        Assert.Equal(20 - silo.Table.Count, silo.Table.Evictions);
    }

    [Fact]
    public async Task ManyThreads_KeepTheBoundsAndCountEveryEntryOnce()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 50);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 3_000; i++)
            {
                var entry = silo.Entry($"key:{((i * 7) + thread) % 100}");
                await entry.Set(await entry.BeginSet(), EntrySilo.Data(), age: TimeSpan.Zero);
            }
        })));

        var stored = Enumerable.Range(0, 100).Count(i => silo.Stored($"key:{i}") is not null);
        Assert.Equal((50, 50), (stored, silo.Table.Count));
        Assert.Equal(stored * Stored(silo), silo.Table.Bytes);
    }

    private static long Stored(EntrySilo silo) => Enumerable.Range(0, 100).Select(i => silo.Stored($"key:{i}")).First(value => value is not null)!.Bytes;
}
