using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>An application process stands still for a while, with what it keeps and what it generates, and then goes on where it was.</summary>
internal sealed class FreezeClient(string howLong, TimeSpan duration) : INemesis
{
    public string Name => $"client frozen {howLong}";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var client = cluster.AnyClient(random);
        cluster.Freeze(client);
        await cluster.Pass(duration);
        cluster.Thaw(client);
        return 1;
    }
}
