using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>The membership table cannot be reached: no silo can renew its lease.</summary>
internal sealed class FreezeStore(StoreKind store, string howLong, TimeSpan duration) : INemesis
{
    public string Name => $"{store} frozen {howLong}";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        cluster.Store.Freeze();
        await cluster.Pass(duration);
        cluster.Store.Thaw();
        return 1;
    }
}
