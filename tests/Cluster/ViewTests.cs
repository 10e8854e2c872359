using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Who looks at tags holds up nobody who changes them.</summary>
public sealed class ViewTests(HeldViews cluster) : IClassFixture<HeldViews>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UpdateTag_WhileEverySiloLooksAtATag_CompletesAtOnce(bool asksForEntries)
    {
        var tag = cluster.Orleans.Client.GetGrain<ITagGrain>(TagId.OfTag(CacheNamespace.Default, "view:held").Scoped);
        await cluster.Client.SetAsync("view:held", 1, new() { Tags = ["view:held"] });
        cluster.Views.Hold();
        var look = Count(tag, asksForEntries);
        await cluster.Views.Changed.Until(() => cluster.Views.Held == cluster.Orleans.Silos.Count);

        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("view:other").AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        }

        // The silos still look. The question may have given up on them by now: they hold threads that others wait for.
        Assert.Equal(cluster.Orleans.Silos.Count, cluster.Views.Held);
        cluster.Views.Release();
        await look;
        Assert.Equal(1, await Count(tag, asksForEntries));
    }

    [Fact]
    public void TagGrain_ThatNobodyCalls_StaysAMinuteAtMost()
    {
        var manifest = cluster.Orleans.Silos[0].ServiceProvider.GetRequiredService<IClusterManifestProvider>().Current;
        var properties = manifest.AllGrainManifests.Select(silo => silo.Grains.GetValueOrDefault(OwnedGrains.TagType)).OfType<GrainProperties>().First().Properties;

        Assert.Equal(TimeSpan.FromMinutes(1), TimeSpan.Parse(properties[WellKnownGrainTypeProperties.IdleDeactivationPeriod], CultureInfo.InvariantCulture));
    }

    private static Task<long> Count(ITagGrain tag, bool asksForEntries) => asksForEntries ? CountEntries(tag) : CountDependents(tag);

    private static async Task<long> CountEntries(ITagGrain tag) => (await tag.Dependents(10, null)).Keys.Length;

    private static async Task<long> CountDependents(ITagGrain tag) => (await tag.Describe()).Silos.Sum(silo => silo.Dependents);
}

/// <summary>A cluster whose views of tags can be held where they begin.</summary>
public sealed class HeldViews : TagCacheCluster
{
    internal HeldClock Views { get; } = new();

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.Services.AddSingleton(services => new TagView(
        services.GetRequiredService<EntryTable>(),
        services.GetRequiredService<DependentsIndex>(),
        services.GetRequiredService<TagLedger>(),
        services.GetRequiredService<RecentUpdates>(),
        services.GetRequiredService<ILocalSiloDetails>(),
        Views));

    /// <summary>The views' own clock. To read it takes as long as the test wants.</summary>
    internal sealed class HeldClock : TimeProvider
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private int _held;

        /// <summary>How many are held now.</summary>
        public int Held => Volatile.Read(ref _held);

        /// <summary>Set when one more is held.</summary>
        public Signal Changed { get; } = new();

        public void Hold() => _open.Reset();

        public void Release() => _open.Set();

        public override long GetTimestamp()
        {
            if (!_open.IsSet)
            {
                Interlocked.Increment(ref _held);
                Changed.Set();
                Assert.True(_open.Wait(TimeSpan.FromMinutes(1)));
                Interlocked.Decrement(ref _held);
            }

            return base.GetTimestamp();
        }
    }
}
