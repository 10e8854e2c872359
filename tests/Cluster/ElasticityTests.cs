using Orleans.TestingHost;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Membership;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The promise holds while silos join, leave and die.</summary>
public sealed class ElasticityTests(ElasticityTests.ElasticCluster cluster) : IClassFixture<ElasticityTests.ElasticCluster>
{
    [Fact]
    public async Task UpdateTag_WhileSilosLeaveJoinAndDie_IsNeverLost()
    {
        var source = 0;
        var updated = 0;
        var reads = 0;
        var progress = new Signal();
        var readers = Enumerable.Range(0, 8).Select(i => (Func<int, Task>)(async _ =>
        {
            var floor = Volatile.Read(ref updated);
            var seen = await cluster.Client.GetOrCreateAsync(
                $"elastic:{(i + reads) % 32}", (_, _) => new ValueTask<int>(Volatile.Read(ref source)), new() { Tags = ["elastic"] });
            Assert.True(seen >= floor, $"Read {seen} after the update of {floor} had returned.");
            Interlocked.Increment(ref reads);
        }));

        await Waits.While(
            async () =>
            {
                foreach (var change in new Func<Task>[] { Join, StopOne, Join, KillOne, Join, StopOne })
                {
                    await change();
                    await Progress();
                }
            },
            [Write, .. readers]);

        async Task Write(int round)
        {
            var version = Interlocked.Increment(ref source);
            using (ServerAction.Begin())
            {
                await cluster.Client.UpdateTagAsync("elastic");
            }

            Volatile.Write(ref updated, version);
            progress.Set();
        }

        async Task Progress()
        {
            var (updatesBefore, readsBefore) = (Volatile.Read(ref updated), Volatile.Read(ref reads));
            await progress.Until(
                () => Volatile.Read(ref updated) > updatesBefore + 20 && Volatile.Read(ref reads) > readsBefore + 100,
                () => $"{updated} updates, {reads} reads");
        }
    }

    /// <summary>A silo that joins is told what is held before it serves, whoever coordinates the hold (invariant H3).</summary>
    [Fact]
    public async Task Hold_WhileASiloJoins_IsHeldThereToo()
    {
        var source = "old";
        var holds = new List<ITagHold>();
        using (ServerAction.Begin())
        {
            // Some of these tags belong to the silo that comes: it cannot tell whether they were held throughout, and is not asked.
            foreach (var i in Enumerable.Range(0, 16))
            {
                holds.Add(await cluster.Client.HoldAsync([$"elastic-held:{i}", "elastic-held:tag"], TimeSpan.FromSeconds(60)));
            }
        }

        var joined = TagCacheCluster.CacheOf(await Join());
        Assert.Equal("old", await Read());
        source = "new";

        Assert.Equal("new", await Read());
        Assert.False((await joined.TryGetAsync<string>("elastic-held")).HasValue);
        foreach (var hold in holds)
        {
            Assert.True(await hold.ReleaseAsync());
        }

        await StopOne();

        ValueTask<string> Read() => joined.GetOrCreateAsync("elastic-held", (_, _) => new ValueTask<string>(source), new() { Tags = ["elastic-held:tag"] });
    }

    private async Task<InProcessSiloHandle> Join()
    {
        var silo = await cluster.Orleans.StartAdditionalSiloAsync();
        await Events.On(CacheEvent.LeaseRenewed).Until(() => TagCacheCluster.Get<ServingLease>(silo).IsValid());
        return silo;
    }

    private Task StopOne() => cluster.Orleans.StopSiloAsync(cluster.Orleans.Silos[^1]);

    private Task KillOne() => cluster.Orleans.KillSiloAsync(cluster.Orleans.Silos[^1]);

    public sealed class ElasticCluster : TagCacheCluster
    {
        protected override void Configure(TagCacheOptions options) =>
            (options.ServingLease, options.SessionLease) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
    }
}
