using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Reads that share messages to a silo are under the same promise as those that ask an entry alone.</summary>
[Collection(ClusterCollection.Name)]
public sealed class SharedReadTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task Reader_GivesFreshValuesOfItsSilo_AndNothingElse()
    {
        string[] keys = ["reader:updated", "reader:stale", "reader:removed", "reader:set"];
        foreach (var key in keys)
        {
            Assert.Equal("old", await Read(key, "old"));
            Assert.Equal("old", await Found(key));
        }

        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("tag of reader:updated");
        }

        await cluster.Client.RevalidateTagAsync("tag of reader:stale", CacheLife.Max);
        await cluster.Client.RemoveAsync("reader:removed");
        await cluster.Client.SetAsync("reader:set", "new");

        Assert.Null(await Found("reader:updated"));
        Assert.Null(await Found("reader:stale"));
        Assert.Null(await Found("reader:removed"));
        Assert.Equal("new", await Found("reader:set"));
        Assert.Null(await Found("reader:never made"));
    }

    [Fact]
    public async Task UpdateTag_UnderReadsThatShareMessages_NeverShowsAnOlderVersion()
    {
        const int Keys = 40;
        var (source, updated) = (0, 0);
        using var over = new CancellationTokenSource();
        var options = new CacheEntryOptions { Tags = ["shared-storm"], NearCache = NearCacheMode.Off };
        var readers = Enumerable.Range(0, Keys).Select(i => Task.Run(async () =>
        {
            var reads = 0;
            while (!over.IsCancellationRequested)
            {
                var floor = Volatile.Read(ref updated);
                var seen = await cluster.Client.GetOrCreateAsync(
                    $"shared-storm:{(i + reads) % Keys}", (_, _) => ValueTask.FromResult(Volatile.Read(ref source)), options);
                Assert.True(seen >= floor, $"Read {seen} after the update of {floor} had returned.");
                reads++;
            }

            return reads;
        })).ToList();

        for (var version = 1; version <= 200; version++)
        {
            Volatile.Write(ref source, version);
            using var action = ServerAction.Begin();
            await cluster.Everyone[version % cluster.Everyone.Length].UpdateTagAsync("shared-storm");
            Volatile.Write(ref updated, version);
        }

        await over.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        var grains = await cluster.Orleans.Client.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics();
        Assert.Contains(grains, kind => kind.GrainType.Contains("ReaderGrain", StringComparison.Ordinal) && kind.ActivationCount > 0);
    }

    /// <summary>Invariant C3: what may be kept near was told of before it was checked, by whichever way it came.</summary>
    [Fact]
    public async Task Reader_AskedByAClientThatKeeps_RegistersItsInterest()
    {
        // Sessions are opened by the answers of their silos.
        var host = cluster.Orleans.Client.ServiceProvider.GetRequiredService<INearHost>();
        for (var i = 0; host.Sessions!.Length < cluster.Orleans.Silos.Count; i++)
        {
            Assert.InRange(i, 0, 10_000);
            await Read($"reader:opening {i}", "any");
        }

        await Read("reader:kept", "kept");
        var sessions = host.Sessions!;
        var answer = Assert.Single(await Ask("reader:kept", sessions), answer => answer.Entries[0] is not null);
        Assert.True(answer.Near![0]!.MayKeep);
        Assert.Contains(answer.Near[0]!.Session, sessions);
    }

    private async Task<string> Read(string key, string value) =>
        await cluster.Client.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult(value), new() { Tags = ["tag of " + key] });

    /// <summary>What the readers of all silos together know of a key: at most one of them anything.</summary>
    private async Task<string?> Found(string key)
    {
        var answers = await Ask(key, sessions: null);
        Assert.All(answers, answer => Assert.Null(answer.Entries[1]));
        return answers.Select(answer => answer.Entries[0]).SingleOrDefault(entry => entry is not null) is { } entry
            ? System.Text.Encoding.UTF8.GetString(entry.Payload.Bytes)
            : null;
    }

    private Task<ReadAnswers[]> Ask(string key, SessionId[]? sessions)
    {
        string[] keys = [CacheNamespace.Default.Scope(key), CacheNamespace.Parse("elsewhere").Scope(key)];
        return Task.WhenAll(cluster.Orleans.Silos.Select(silo =>
            cluster.Orleans.Client.GetGrain<IReaderGrain>(silo.SiloAddress.ToParsableString()).Read(new(keys, sessions)).AsTask()));
    }
}
