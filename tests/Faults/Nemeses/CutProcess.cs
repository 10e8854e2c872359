using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A process and a silo cannot reach each other; everybody else reaches both.</summary>
internal sealed class CutProcess(Victim victim, TimeSpan duration) : INemesis
{
    public string Name => $"{victim.Name} cut off from a silo, {duration.TotalSeconds} s";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var (slot, silo) = (victim.Any(cluster, random), random.Next(TestCluster.Silos));
        cluster.State.SetCut(slot, silo, isCut: true);
        await cluster.Pass(duration);
        cluster.State.SetCut(slot, silo, isCut: false);
        return 1;
    }
}
