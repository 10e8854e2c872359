using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The tags of entries that are spread over silos.</summary>
public sealed class TagListTests(TagCacheCluster cluster) : IClassFixture<TagCacheCluster>
{
    [Fact]
    public async Task Tags_OfAllSilos_AreSummedUpByPages()
    {
        for (var i = 0; i < 30; i++)
        {
            await cluster.Client.SetAsync($"tags:{i}", i, new() { Tags = ["tags:all", $"tags:{i:00}"] });
        }

        Assert.Equal(3, cluster.Orleans.Silos.Count(silo => TagCacheCluster.Get<TagList>(silo).After(CacheNamespace.Default, "tags:all", 1, null) is [{ Dependents: > 0 and < 30 }]));
        foreach (var silo in cluster.Orleans.Silos)
        {
            var (found, after) = (new List<TagCount>(), (string?)null);
            do
            {
                var page = await TagCacheCluster.Get<ClusterTags>(silo).After(CacheNamespace.Default, "tags:", 7, after);
                Assert.Equal(0, page.Unreachable);
                found.AddRange(page.Tags);
                after = page.More ? page.Tags[^1].Tag : null;
            }
            while (after is not null);

            Assert.Equal([.. Enumerable.Range(0, 30).Select(i => new TagCount($"tags:{i:00}", 1)), new TagCount("tags:all", 30)], found);
        }
    }

    [Fact]
    public async Task Silo_OfAVersionThatListsNoTags_IsNotAskedAndCounted()
    {
        var (asking, old) = (cluster.Orleans.Silos[0], cluster.Orleans.Silos[1].SiloAddress);
        var versions = TagCacheCluster.Get<PeerVersions>(asking);
        var told = versions.Of(old);
        Assert.True(versions.Accepts(old, new(1, ProtocolVersion.TagLists - 1, "0.0.9")));

        Assert.Equal(1, (await TagCacheCluster.Get<ClusterTags>(asking).After(CacheNamespace.Default, string.Empty, 1, null)).Unreachable);

        Assert.True(versions.Accepts(old, told));
    }
}
