using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// A silo stands still until the others have declared it dead and updates have returned without it; then it wakes, full of old values and asked for
/// them by everybody, before it can know.
/// </summary>
internal sealed class FreezeSiloPastDeath : INemesis
{
    public string Name => "silo frozen past its death";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var silo = cluster.AnySilo(random);
        cluster.Freeze(silo);
        await cluster.WhenUpdated();
        await cluster.Pass(TimeSpan.FromMilliseconds(random.Next(2_000, 4_000)));
        cluster.Thaw(silo);

        // It learns of its death and ends; the conductor starts it again.
        await cluster.Process(silo).WhenExited();
        return 1;
    }
}
