using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A silo stands still for a while and then goes on where it was, with everything that was asked of it meanwhile.</summary>
internal sealed class FreezeSilo(string howLong, TimeSpan duration) : INemesis
{
    public string Name => $"silo frozen {howLong}";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var silo = cluster.AnySilo(random);
        cluster.Freeze(silo);
        await cluster.Pass(duration);
        cluster.Thaw(silo);
        return 1;
    }
}
