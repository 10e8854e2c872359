using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>Two silos cannot reach each other; everybody else reaches both.</summary>
internal sealed class CutSilos(TimeSpan duration) : INemesis
{
    public string Name => $"two silos cut off from each other, {duration.TotalSeconds} s";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var one = random.Next(TestCluster.Silos);
        var other = (one + 1 + random.Next(TestCluster.Silos - 1)) % TestCluster.Silos;
        cluster.State.SetCut(one, other, isCut: true);
        await cluster.Pass(duration);
        cluster.State.SetCut(one, other, isCut: false);
        return 1;
    }
}
