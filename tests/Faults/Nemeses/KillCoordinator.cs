using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// The silo that coordinates updates of the common tag dies in the midst of one. In every second round another silo is frozen before, so that the
/// update is open for sure: it has reached some and not others.
/// </summary>
internal sealed class KillCoordinator(TimeSpan freeze) : INemesis
{
    private int _round;

    public string Name => "coordinator killed in mid-update";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var coordinator = -1;
        await cluster.Until(() => Task.FromResult((coordinator = cluster.State.SlotOf((int)cluster.State.CoordinatorPort)) >= 0), "a coordinator");
        var isFrozenBefore = _round++ % 2 == 1;
        var other = (coordinator + 1 + random.Next(TestCluster.Silos - 1)) % TestCluster.Silos;
        if (isFrozenBefore)
        {
            cluster.Freeze(other);
        }

        await WhenUpdating(cluster).WaitAsync(TestCluster.Patience, cluster.Time);
        cluster.Process(coordinator).Signal(Signals.Kill);
        if (isFrozenBefore)
        {
            await cluster.Pass(freeze);
            cluster.Thaw(other);
        }

        await cluster.WhenUpdated();
        return isFrozenBefore ? 2 : 1;
    }

    /// <summary>An update takes a millisecond or two: this must look all the time.</summary>
    private static Task WhenUpdating(TestCluster cluster) => Task.Run(() =>
    {
        var tag = Layout.MaskOf([Layout.CommonTag]);
        var spin = default(SpinWait);
        while (!cluster.State.IsOver && !Enumerable.Range(0, Layout.Updaters).Any(updater => cluster.State.InFlightOf(updater) == tag))
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    });
}
