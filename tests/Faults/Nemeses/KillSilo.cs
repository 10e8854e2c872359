using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A silo dies without a word. It is started again when updates go through without it.</summary>
internal sealed class KillSilo : INemesis
{
    public string Name => "silo killed";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        cluster.Process(cluster.AnySilo(random)).Signal(Signals.Kill);
        await cluster.WhenUpdated();
        return 1;
    }
}
