using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A process that changes the database and a silo cannot reach each other; everybody else reaches both.</summary>
internal sealed class CutWriter(TimeSpan duration) : INemesis
{
    public string Name => $"writer cut off from a silo, {duration.TotalSeconds} s";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var (writer, silo) = (cluster.AnyWriter(random), random.Next(TestCluster.Silos));
        cluster.State.SetCut(writer, silo, isCut: true);
        await cluster.Pass(duration);
        cluster.State.SetCut(writer, silo, isCut: false);
        return 1;
    }
}
