using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
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
    }

    private async Task<string> Read(string key, string value) =>
        await cluster.Client.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult(value), new() { Tags = ["tag of " + key] });

    /// <summary>What the readers of all silos together know of a key: at most one of them anything.</summary>
    private async Task<string?> Found(string key)
    {
        var scoped = CacheNamespace.Default.Scope(key);
        var answers = await Task.WhenAll(cluster.Orleans.Silos.Select(silo =>
            cluster.Orleans.Client.GetGrain<IReaderGrain>(silo.SiloAddress.ToParsableString()).Read(new([scoped, "9:elsewherek"], null)).AsTask()));
        Assert.All(answers, answer => Assert.Null(answer.Entries[1]));
        return answers.Select(answer => answer.Entries[0]).SingleOrDefault(entry => entry is not null) is { } entry
            ? System.Text.Encoding.UTF8.GetString(entry.Payload.Bytes)
            : null;
    }
}
