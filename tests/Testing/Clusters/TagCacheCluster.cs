using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Membership;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>Three silos and a client in one process. When it is disposed it checks the invariants that hold of an idle cluster.</summary>
public class TagCacheCluster : IAsyncLifetime
{
    private InProcessTestCluster? _cluster;

    public InProcessTestCluster Orleans => _cluster ?? throw new InvalidOperationException("Not started.");

    /// <summary>The cache of the client process.</summary>
    public ITagCache Client => Orleans.Client.ServiceProvider.GetRequiredService<ITagCache>();

    /// <summary>The caches of the silos' own processes.</summary>
    public ITagCache[] Silos => [.. Orleans.Silos.Select(silo => CacheOf(silo))];

    /// <summary>Every process that reads and updates.</summary>
    public ITagCache[] Everyone => [Client, .. Silos];

    internal static ITagCache CacheOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ITagCache>();

    internal static T Get<T>(InProcessSiloHandle silo)
        where T : notnull => silo.ServiceProvider.GetRequiredService<T>();

    internal IEntryGrain Entry(string key) => Orleans.Client.GetGrain<IEntryGrain>(Names.CacheNamespace.Default.Scope(key));

    /// <summary>Waits until no silo holds anything: a release is heard of by the others after it has returned.</summary>
    internal Task NothingIsHeld() => Events.On(CacheEvent.HoldEnded).Until(() => Orleans.Silos.All(silo => Get<Invalidator>(silo).Holds.Count == 0));

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseInMemoryReminderService();
            silo.AddTagCache(Configure);
            ConfigureSilo(silo);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        builder.ConfigureClient(client => ConfigureClient(client.AddTagCacheClient(options =>
        {
            options.RequireClusterAtStart = true;
            ConfigureClient(options);
        })));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        foreach (var silo in _cluster.Silos)
        {
            await Events.On(CacheEvent.LeaseRenewed, CacheEvent.MembersChanged).Until(
                () => Get<ServingLease>(silo).IsValid() && Get<Members>(silo).Others.Length == _cluster.Silos.Count - 1,
                () => $"{silo.SiloAddress}: lease {Get<ServingLease>(silo).Remaining}, alive {Get<ServingLease>(silo).IsAlive}, others {Get<Members>(silo).Others.Length} of {_cluster.Silos.Count - 1}");
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in Orleans.Silos)
        {
            // Invariants U1 and U2: no update is left pending or open once everything is quiet.
            await Events.On(CacheEvent.UpdateSettled).Until(() => Get<Invalidator>(silo).PendingCount == 0 && Get<TagLedger>(silo).Counts.OpenUpdates == 0);
            Assert.True(Get<EntryTable>(silo).Bytes <= Get<EntryTable>(silo).MaximumBytes);
        }

        await Orleans.DisposeAsync();
    }

    protected virtual void Configure(TagCacheOptions options)
    {
    }

    protected virtual void ConfigureSilo(ISiloBuilder silo)
    {
    }

    protected virtual void ConfigureClient(TagCacheClientOptions options)
    {
    }

    protected virtual void ConfigureClient(IClientBuilder client)
    {
    }
}
