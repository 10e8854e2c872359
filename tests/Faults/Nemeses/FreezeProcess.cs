using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A process stands still for a while, with what it keeps, generates and holds, and then goes on where it was.</summary>
internal sealed class FreezeProcess(Victim victim, string howLong, TimeSpan duration) : INemesis
{
    public string Name => $"{victim.Name} frozen {howLong}";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var slot = victim.Any(cluster, random);
        cluster.Freeze(slot);
        await cluster.Pass(duration);
        cluster.Thaw(slot);
        return 1;
    }
}
