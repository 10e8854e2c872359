using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A silo is told to end while everything goes on; the others do without it for a while, and then it joins again.</summary>
internal sealed class LeaveSilo(TimeSpan away) : INemesis
{
    public string Name => "silo leaves, and joins";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var silo = cluster.AnySilo(random);
        cluster.Process(silo).Signal(Signals.Terminate);
        await cluster.Process(silo).WhenExited();
        await cluster.Pass(away);
        await cluster.WhenRead();
        await cluster.WhenWhole();
        return 1;
    }
}
