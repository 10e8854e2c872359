using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>The membership table cannot be reached: no silo can renew its lease.</summary>
internal sealed class FreezeRedis(string howLong, TimeSpan duration) : INemesis
{
    public string Name => $"Redis frozen {howLong}";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        cluster.Redis.Signal(Signals.Stop);
        await cluster.Pass(duration);
        cluster.Redis.Signal(Signals.Continue);
        return 1;
    }
}
