using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A process that changes the database stands still for a while, with its rows locked and its tags held, and then goes on where it was.</summary>
/// <param name="duration">Shorter than what a writer wants to have left of its hold before it commits: one that is frozen past its hold between its look and the commit is what holds do not cover.</param>
internal sealed class FreezeWriter(TimeSpan duration) : INemesis
{
    public string Name => $"writer frozen, {duration.TotalSeconds} s";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var writer = cluster.AnyWriter(random);
        cluster.Freeze(writer);
        await cluster.Pass(duration);
        cluster.Thaw(writer);
        return 1;
    }
}
