using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>An application process dies, perhaps while it generates.</summary>
internal sealed class KillClient : INemesis
{
    public string Name => "client killed";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        cluster.Process(cluster.AnyClient(random)).Signal(Signals.Kill);
        await cluster.WhenUpdated();
        return 1;
    }
}
