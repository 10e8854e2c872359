using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>The caching APIs of .NET while a tag is held: they give what is new, and store nothing.</summary>
[Collection(AdapterCollection.Name)]
public sealed class HeldAdapterTests(AdapterCluster cluster)
{
    [Fact]
    public async Task HybridCache_UnderAHold_MakesEveryValue_OnEveryNode()
    {
        var (source, runs) = ("old", 0);
        var nodes = Array.ConvertAll(cluster.Nodes, HybridCacheTests.CacheOn);
        foreach (var node in nodes)
        {
            Assert.Equal("old", await Read(node));
        }

        Assert.Equal(1, runs);
        await using var hold = await Hold("held-hybrid");
        Assert.Equal("old", await Read(nodes[1]));
        source = "new";

        foreach (var node in nodes)
        {
            Assert.Equal(("new", "new"), (await Read(node), await Read(node)));
        }

        Assert.Equal(2 + (2 * nodes.Length), runs);
        Assert.True(await hold.ReleaseAsync());

        ValueTask<string> Read(HybridCache node) => node.GetOrCreateAsync(
            "held:hybrid",
            _ =>
            {
                runs++;
                return new ValueTask<string>(source);
            },
            tags: ["held-hybrid"]);
    }

    [Fact]
    public async Task HybridCache_SetUnderAHold_StoresNothing()
    {
        var node = HybridCacheTests.CacheOn(cluster.Nodes[0]);
        await node.SetAsync("held:hybrid:set", "before", tags: ["held-hybrid-set"]);
        await using var hold = await Hold("held-hybrid-set");

        await node.SetAsync("held:hybrid:set", "set", tags: ["held-hybrid-set"]);

        Assert.Equal("made", await node.GetOrCreateAsync("held:hybrid:set", _ => new ValueTask<string>("made"), tags: ["held-hybrid-set"]));
    }

    /// <summary>Its entries have no tags of their own; they are held with everything.</summary>
    [Fact]
    public async Task DistributedCache_UnderAHoldOfATag_IsAsEver_AndUnderOneOfEverythingKeepsNothing()
    {
        var node = DistributedCacheTests.CacheOn(cluster.Nodes[0]);
        await using (await Hold("held-distributed"))
        {
            await node.SetAsync("held:session", [1]);
            Assert.Equal([1], await node.GetAsync("held:session"));
        }

        await using (await Hold("*"))
        {
            Assert.Null(await node.GetAsync("held:session"));
            await node.SetAsync("held:session", [2]);
            Assert.Null(await node.GetAsync("held:session"));
        }

        await cluster.NothingIsHeld();
        await node.SetAsync("held:session", [3]);
        if (await node.GetAsync("held:session") is null)
        {
            // The cluster answered so slowly that the first one may have been called before the release. This one was not: it came after a whole set.
            await node.SetAsync("held:session", [3]);
        }

        Assert.Equal([3], await node.GetAsync("held:session"));
    }

    private async Task<ITagHold> Hold(string tag)
    {
        using var action = ServerAction.Begin();
        return await cluster.Client.HoldAsync([tag]);
    }
}
