using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>Every silo is told to end, and started again, one after the other, as an upgrade does it.</summary>
internal sealed class RollingRestart : INemesis
{
    public string Name => "rolling restart";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        for (var silo = 0; silo < TestCluster.Silos; silo++)
        {
            cluster.Process(silo).Signal(Signals.Terminate);
            await cluster.Process(silo).WhenExited();
            await cluster.WhenWhole();
        }

        return TestCluster.Silos;
    }
}
