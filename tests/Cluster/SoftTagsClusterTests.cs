using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Readers with tags of their own in a cluster of silos, before and after entries move to one that joins.</summary>
public sealed class SoftTagsClusterTests(TagCacheCluster cluster) : IClassFixture<TagCacheCluster>
{
    private const int Keys = 120;

    private static readonly AcquireRequest Looks = new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero);

    [Fact]
    public async Task RememberedUpdate_IsSeenByReadersOfItsTag_AtEverySilo_AlsoOfWhatMovesAfterwards()
    {
        foreach (var i in Enumerable.Range(0, Keys))
        {
            await Generate(i, softTags: null);
        }

        await Remember("soft:page");
        await IsSeenAtEverySilo(i => i < 0);
        foreach (var i in Enumerable.Range(0, Keys / 2))
        {
            await Generate(i, ["soft:page"]);
        }

        await IsSeenAtEverySilo(i => i < Keys / 2);
        var joined = await cluster.Orleans.StartAdditionalSiloAsync();
        await Events.On(CacheEvent.LeaseRenewed).Until(() => TagCacheCluster.Get<ServingLease>(joined).IsValid());
        await Events.On(CacheEvent.MoveEnded, CacheEvent.EntryStored, CacheEvent.LeaseRenewed, CacheEvent.SweepEnded).Until(
            () => TagCacheCluster.Get<EntryTable>(joined).Count > 0 && !TagCacheCluster.Get<FormerOwners>(joined).AreAwaited);

        // What has moved is what others are served as before, and no more than that to readers of the tag.
        Assert.InRange(TagCacheCluster.Get<EntryTable>(joined).Count, 1, Keys);
        await IsSeenAtEverySilo(i => i < Keys / 2);
        await Remember("soft:page");
        await IsSeenAtEverySilo(i => i < 0);
    }

    /// <summary>Readers of a tag that was not updated are served every value; those of the one that was, these.</summary>
    private async Task IsSeenAtEverySilo(Predicate<int> isServed)
    {
        foreach (var silo in cluster.Orleans.Silos)
        {
            var entries = TagCacheCluster.Get<EntryClient>(silo);
            foreach (var i in Enumerable.Range(0, Keys))
            {
                var (other, page) = (await Ask(entries, i, "soft:other"), await Ask(entries, i, "soft:other", "soft:page"));
                Assert.Equal((i, AcquireStatus.Fresh, isServed(i) ? AcquireStatus.Fresh : AcquireStatus.Miss), (i, other, page));
            }
        }
    }

    private static async Task<AcquireStatus> Ask(EntryClient entries, int key, params string[] softTags) =>
        (await entries.TryAcquire(Scope(key), Looks with { SoftTags = softTags }, TimeSpan.FromSeconds(10), default))!.Status;

    private static string Scope(int key) => CacheNamespace.Default.Scope($"soft:{key}");

    private async Task Generate(int key, string[]? softTags)
    {
        var entry = cluster.Entry($"soft:{key}");
        var asked = Looks with { MayGenerate = true, SoftTags = softTags };
        var token = (softTags is null ? await entry.Acquire(asked) : await entry.AcquireSoft(asked)).Token;
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, new(new([1], null), ["soft:own"], CopiedTags: null, CacheLife.Max))).Status);
    }

    private async Task Remember(string tag) =>
        Assert.True((await TagCacheCluster.Get<UpdateClient>(cluster.Orleans.Silos[0]).Update(new([TagId.OfTag(CacheNamespace.Default, tag)], StaleFor: null, Remember: true), TimeSpan.FromSeconds(10), default)).IsComplete);
}
