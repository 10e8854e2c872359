using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A client and a silo cannot reach each other; everybody else reaches both.</summary>
internal sealed class CutClient(TimeSpan duration) : INemesis
{
    public string Name => $"client cut off from a silo, {duration.TotalSeconds} s";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var (client, silo) = (cluster.AnyClient(random), random.Next(TestCluster.Silos));
        cluster.State.SetCut(client, silo, isCut: true);
        await cluster.Pass(duration);
        cluster.State.SetCut(client, silo, isCut: false);
        return 1;
    }
}
