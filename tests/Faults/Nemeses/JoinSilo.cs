using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// A fourth silo joins while everything goes on, and takes its share from each of the others. Once all serve, it goes again: in one round in order, in the next without a word. In every third
/// round it is killed within two seconds, in which its share comes.
/// </summary>
internal sealed class JoinSilo : INemesis
{
    private int _round;

    public string Name => "a fourth silo joins";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var round = _round++ % 3;
        await cluster.StartGuest();
        if (round == 2)
        {
            await cluster.Pass(TimeSpan.FromMilliseconds(random.Next(2_000)));
        }
        else
        {
            await cluster.WhenGuestServes();
            await cluster.WhenUpdated();
            await cluster.WhenRead();
        }

        cluster.Process(TestCluster.Guest).Signal(round == 0 ? Signals.Terminate : Signals.Kill);
        await cluster.Process(TestCluster.Guest).WhenExited();
        await cluster.WhenUpdated();
        return 2;
    }
}
