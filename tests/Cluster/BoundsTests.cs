using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A silo is bounded, and gives back the memory of what is dead.</summary>
public sealed class BoundsTests(BoundsTests.SmallCluster cluster) : IClassFixture<BoundsTests.SmallCluster>
{
    private const int MaximumEntries = 200;
    private const long MaximumBytes = 1024 * 1024;

    [Fact]
    public async Task Entries_BeyondTheBound_AreEvictedAndUsedOnesStay()
    {
        const int Hot = 60;
        for (var i = 0; i < 3_000; i++)
        {
            await cluster.Client.SetAsync($"bound:{i}", i);
            if (i < Hot)
            {
                continue;
            }

            Assert.True((await cluster.Client.GetOrCreateAsync($"bound:{i % Hot}", (_, _) => new ValueTask<int>(i % Hot))) == i % Hot);
        }

        foreach (var table in Tables)
        {
            Assert.InRange(table.Count, 1, MaximumEntries);
            Assert.InRange(table.Bytes, 1, MaximumBytes);
            Assert.True(table.Evictions > 0);
        }

        var kept = 0;
        for (var i = 0; i < Hot; i++)
        {
            kept += (await cluster.Client.TryGetAsync<int>($"bound:{i}")).HasValue ? 1 : 0;
        }

        // By chance alone, one in five would have stayed.
        Assert.True(kept > Hot / 2, $"{kept} of the {Hot} entries that are read all the time were kept.");
    }

    [Fact]
    public async Task TagsOfEvictedEntries_AreToldToEverySiloThatAsks()
    {
        var silos = TagCacheCluster.Get<AllSilos>(cluster.Orleans.Silos[0]);
        var begun = (await silos.AskEach(ProtocolVersion.Evictions, peer => peer.Evicted(null))).ToDictionary(asked => asked.Silo, asked => asked.Answer!.Position);
        Assert.Equal(cluster.Orleans.Silos.Count, begun.Count);
        for (var i = 0; i < 1_000; i++)
        {
            await cluster.Client.SetAsync($"told:{i}", i, new() { Tags = [$"told:{i % 10}"] });
        }

        var told = await silos.AskEach(ProtocolVersion.Evictions, (silo, peer) => peer.Evicted(begun[silo]));
        Assert.All(told, asked => Assert.Contains(asked.Answer!.Tags, tag => tag.Name.StartsWith("told:", StringComparison.Ordinal)));
        Assert.All(told, asked => Assert.False(asked.Answer!.HasLost));
        Assert.All(told, asked => Assert.Equal(asked.Answer!.Tags.Distinct(), asked.Answer.Tags));
    }

    [Fact]
    public async Task Bytes_BeyondTheBound_AreEvicted()
    {
        for (var i = 0; i < 100; i++)
        {
            await cluster.Client.SetAsync($"bytes:{i}", new byte[100_000], new() { Tags = ["bytes"] });
        }

        Assert.All(Tables, table => Assert.InRange(table.Bytes, 0, MaximumBytes));
        Assert.True((await cluster.Client.TryGetAsync<byte[]>("bytes:99")).HasValue);
    }

    [Fact]
    public async Task DeadValues_AreSweptWithoutBeingRead()
    {
        for (var i = 0; i < 50; i++)
        {
            await cluster.Client.SetAsync($"dead:{i}", i, new() { Tags = ["dead"] });
        }

        await cluster.Client.RevalidateTagAsync("*");

        await Events.On(CacheEvent.SweepEnded).Until(() => Tables.All(table => table.Count == 0));
        Assert.All(Tables, table => Assert.Equal(0, table.Bytes));
    }

    [Fact]
    public async Task Records_OfTagsWithoutEntries_AreForgotten()
    {
        for (var i = 0; i < 3_000; i++)
        {
            await cluster.Client.RevalidateTagAsync($"unused:{i}");
        }

        foreach (var silo in cluster.Orleans.Silos)
        {
            await Events.On(CacheEvent.SweepEnded, CacheEvent.UpdateSettled).Until(() => TagCacheCluster.Get<TagLedger>(silo).Counts.Unreferenced <= SmallCluster.RememberedTags);
        }
    }

    private IReadOnlyList<EntryTable> Tables => [.. cluster.Orleans.Silos.Select(TagCacheCluster.Get<EntryTable>)];

    public sealed class SmallCluster : TagCacheCluster
    {
        public const int RememberedTags = 1_000;

        protected override void Configure(TagCacheOptions options)
        {
            options.MaximumEntries = MaximumEntries;
            options.MaximumBytes = MaximumBytes;
            options.MaximumRememberedTags = RememberedTags;
        }
    }
}
