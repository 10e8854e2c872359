using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>The healthy baseline.</summary>
internal sealed class Nothing(TimeSpan duration) : INemesis
{
    public string Name => "healthy";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        await cluster.Pass(duration);
        return 0;
    }
}
