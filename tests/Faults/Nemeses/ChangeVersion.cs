using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// Processes end, one after the other, and start again in the other version: silos in order, applications without a word. Between two of them the cluster is whole, every silo has what is its own,
/// no entry that nothing updates is lost, and silos speak what all of them know.
/// </summary>
/// <param name="name">What it is.</param>
/// <param name="slots">The processes.</param>
/// <param name="toOld">Whether they start in the earlier version.</param>
internal sealed class ChangeVersion(string name, int[] slots, bool toOld) : INemesis
{
    /// <summary>How long versions are mixed before the next process goes.</summary>
    private static readonly TimeSpan Mixed = TimeSpan.FromSeconds(3);

    public string Name => name;

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        foreach (var slot in slots)
        {
            cluster.SetVersion(slot, toOld);
            cluster.Process(slot).Signal(TestCluster.IsSilo(slot) ? Signals.Terminate : Signals.Kill);
            await cluster.Process(slot).WhenExited();
            await cluster.WhenWhole();
            await cluster.WhenFilled();
            await cluster.Pass(Mixed);
            await cluster.WhenVersionsAgree();
            await cluster.CheckKept();
        }

        return slots.Length;
    }
}
