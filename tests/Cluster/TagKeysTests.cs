using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Names;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The keys of a tag, whose entries are spread over silos.</summary>
public sealed class TagKeysTests(FaultyViews cluster) : IClassFixture<FaultyViews>
{
    [Fact]
    public async Task Keys_OfAllSilos_ComeOnceAndInOrderWhateverThePage()
    {
        string[] keys = [.. Enumerable.Range(0, 25).Select(i => $"keys:{i:00}")];
        await cluster.Client.SetManyAsync<int>([.. keys.Reverse().Select(key => KeyValuePair.Create(key, 1))], _ => new() { Tags = ["keys"] });
        await cluster.Client.SetAsync("keys:other", 1, new() { Tags = ["keys:other"] });

        foreach (var process in cluster.Everyone)
        {
            foreach (var pageSize in new[] { 1, 7, 25, 1_000 })
            {
                Assert.Equal(keys, await process.GetKeysAsync("keys", pageSize).ToArrayAsync());
            }
        }

        Assert.Superset(new HashSet<string>([.. keys, "keys:other"], StringComparer.Ordinal), await cluster.Client.GetKeysAsync("*").ToHashSetAsync(StringComparer.Ordinal));
        Assert.Empty(await cluster.Client.GetKeysAsync("keys:none").ToArrayAsync());
    }

    [Fact]
    public async Task Keys_OfWhatWasUpdated_AreGone()
    {
        await cluster.Client.SetAsync("gone:1", 1, new() { Tags = ["gone"] });
        await cluster.Client.RevalidateTagAsync("gone", CacheLife.Max);
        Assert.Equal(["gone:1"], await cluster.Client.GetKeysAsync("gone").ToArrayAsync());

        await cluster.Client.RevalidateTagAsync("gone");

        Assert.Empty(await cluster.Client.GetKeysAsync("gone").ToArrayAsync());
    }

    [Fact]
    public async Task Keys_WithASiloThatDoesNotAnswer_AreRefusedByItsName()
    {
        await cluster.Client.SetAsync("missing:1", 1, new() { Tags = ["missing"] });
        var silent = cluster.Orleans.Silos[1].SiloAddress;
        cluster.Fail(silent, isFailing: true);

        var refused = await Assert.ThrowsAsync<TagCacheUnavailableException>(() => cluster.Client.GetKeysAsync("missing").ToArrayAsync().AsTask());

        cluster.Fail(silent, isFailing: false);
        Assert.Contains(silent.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Orleans.Silos[0].SiloAddress.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(["missing:1"], await cluster.Client.GetKeysAsync("missing").ToArrayAsync());
    }

    [Fact]
    public async Task Entry_MadeFromAList_ExpiresWithTheTag()
    {
        await cluster.Client.SetAsync("list:1", 1, new() { Tags = ["list"] });
        Assert.Equal(1, await Count());

        await cluster.Client.RevalidateTagAsync("list");

        Assert.Equal(0, await Count());

        ValueTask<int> Count() => cluster.Client.GetOrCreateAsync("list", async (_, token) => await cluster.Client.GetKeysAsync("list", cancellationToken: token).CountAsync(key => key != "list", token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public void PageSize_BeyondItsBounds_IsRefusedAtTheCall(int pageSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(pageSize), () => cluster.Client.GetKeysAsync("keys", pageSize));

    [Fact]
    public void Tag_ThatIsNone_IsRefusedAtTheCall() => Assert.Throws<ArgumentException>("tag", () => cluster.Client.GetKeysAsync(string.Empty));

    [Fact]
    public async Task Standby_HasNoKeysOfItsOwn()
    {
        await cluster.Client.SetAsync("standby:1", 1, new() { Tags = ["standby"], Standby = true });
        await Events.On(Diagnostics.CacheEvent.EntryStored).Until(() => cluster.Orleans.Silos.Count(silo => TagCacheCluster.Get<EntryTable>(silo).Find(CacheNamespace.Default.Scope("standby:1"))?.Value is not null) == 2);

        Assert.Equal(["standby:1"], await cluster.Client.GetKeysAsync("standby").ToArrayAsync());
        Assert.Equal(1, await Count("standby"));
        Assert.Equal(await cluster.Client.GetKeysAsync("*").CountAsync(), await Count("*"));

        async Task<long> Count(string tag) =>
            (await cluster.Orleans.Client.GetGrain<ITagGrain>(TagId.OfTag(CacheNamespace.Default, tag).Scoped).Describe()).Silos.Sum(silo => silo.Dependents);
    }
}

/// <summary>A cluster whose silos fail to tell of their tags when they are told to.</summary>
public sealed class FaultyViews : TagCacheCluster
{
    private readonly Dictionary<SiloAddress, FaultyClock> _clocks = [];

    internal void Fail(SiloAddress silo, bool isFailing) => _clocks[silo].IsFailing = isFailing;

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.Services.AddSingleton(services =>
    {
        var clock = new FaultyClock();
        var self = services.GetRequiredService<ILocalSiloDetails>();
        lock (_clocks)
        {
            _clocks.Add(self.SiloAddress, clock);
        }

        return new TagView(
            services.GetRequiredService<EntryTable>(), services.GetRequiredService<DependentsIndex>(), services.GetRequiredService<TagLedger>(), services.GetRequiredService<RecentUpdates>(), self, clock);
    });

    private sealed class FaultyClock : TimeProvider
    {
        public bool IsFailing { get; set; }

        public override long GetTimestamp() => IsFailing ? throw new InvalidOperationException("The view fails.") : base.GetTimestamp();
    }
}
