using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What is asked in a batch is under the same promise as what an entry is asked alone.</summary>
[Collection(ClusterCollection.Name)]
public sealed class EntryBatchHandlerTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task Batch_GivesWhatTheEntryWouldGive_OnItsSiloAlone()
    {
        string[] keys = ["batch:updated", "batch:stale", "batch:removed", "batch:set"];
        foreach (var key in keys)
        {
            Assert.Equal("old", await Read(key, "old"));
            Assert.Equal("old", await Found(key));
        }

        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("tag of batch:updated");
        }

        await cluster.Client.RevalidateTagAsync("tag of batch:stale", CacheLife.Max);
        await cluster.Client.RemoveAsync("batch:removed");
        await cluster.Client.SetAsync("batch:set", "new");

        Assert.Null(await Found("batch:updated"));
        Assert.Null(await Found("batch:stale"));
        Assert.Null(await Found("batch:removed"));
        Assert.Equal("new", await Found("batch:set"));
        Assert.Null(await Found("batch:never made"));
    }

    [Fact]
    public async Task UpdateTag_UnderReadsThatShareMessages_NeverShowsAnOlderVersion()
    {
        const int Keys = 40;
        var (source, updated) = (0, 0);
        var options = new CacheEntryOptions { Tags = ["shared-storm"], NearCache = NearCacheMode.Off };
        var readers = Enumerable.Range(0, Keys).Select(i => (Func<int, Task>)(async round =>
        {
            var floor = Volatile.Read(ref updated);
            var seen = await cluster.Client.GetOrCreateAsync(
                $"shared-storm:{(i + round) % Keys}", (_, _) => ValueTask.FromResult(Volatile.Read(ref source)), options);
            Assert.True(seen >= floor, $"Read {seen} after the update of {floor} had returned.");
        }));

        var reads = await Waits.While(
            async () =>
            {
                for (var version = 1; version <= 200; version++)
                {
                    Volatile.Write(ref source, version);
                    using var action = ServerAction.Begin();
                    await cluster.Everyone[version % cluster.Everyone.Length].UpdateTagAsync("shared-storm");
                    Volatile.Write(ref updated, version);
                }
            },
            readers);

        Assert.All(reads, count => Assert.True(count > 0));
        Assert.NotNull(cluster.Orleans.Client.ServiceProvider.GetRequiredService<SiloEndpoints>().Find(CacheNamespace.Default.Scope("any")));
    }

    /// <summary>Invariant C3: what may be kept near was told of before it was checked, by whichever way it came.</summary>
    [Fact]
    public async Task Door_AskedByAClientThatKeeps_RegistersItsInterest()
    {
        // Sessions are opened by the answers of their silos.
        var host = cluster.Orleans.Client.ServiceProvider.GetRequiredService<INearLeases>();
        for (var i = 0; host.Sessions!.Length < cluster.Orleans.Silos.Count; i++)
        {
            Assert.InRange(i, 0, 10_000);
            await Read($"batch:opening {i}", "any");
        }

        await Read("batch:kept", "kept");
        var sessions = host.Sessions!;
        var answer = Assert.Single(await Ask("batch:kept", sessions), answer => answer!.Status != AcquireStatus.Moved)!;
        Assert.True(answer.Near!.MayKeep);
        Assert.Contains(answer.Near.Session, sessions);
    }

    private async Task<string> Read(string key, string value) =>
        await cluster.Client.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult(value), new() { Tags = ["tag of " + key] });

    /// <summary>The fresh value that all silos together know of a key; only one of them says anything.</summary>
    private async Task<string?> Found(string key)
    {
        var answer = Assert.Single(await Ask(key, sessions: null), answer => answer!.Status != AcquireStatus.Moved)!;
        return answer.Status == AcquireStatus.Fresh ? System.Text.Encoding.UTF8.GetString(answer.Entry!.Payload.Bytes) : null;
    }

    private async Task<Acquired?[]> Ask(string key, SessionId[]? sessions)
    {
        var client = cluster.Orleans.Client;
        var question = new EntryRead(CacheNamespace.Default.Scope(key), MayGenerate: false, FreshOnly: false, Guid.Empty);
        return await Task.WhenAll((await client.GetGrain<IEndpointsGrain>(0).Find()).Select(async endpoint =>
            (await client.GetGrain<IBatchService>(endpoint.Identity).Acquire([question], sessions))[0]));
    }
}
