using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Database;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// A writer dies when its commit has returned, before it tells anybody. Its hold ends by itself: nothing of its rows is stored until then, and soon afterwards it is.
/// </summary>
internal sealed class KillWriterAfterCommit : INemesis
{
    private static readonly TimeSpan WithoutHold = TimeSpan.FromSeconds(3);

    public string Name => "writer killed between commit and release";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var (slot, commits) = (cluster.AnyWriter(random), cluster.Commits!);
        var writer = slot - cluster.Cast.Writers[0];
        var atMost = TimeSpan.FromMilliseconds(random.Next(2_000, 4_000));
        commits.Set(writer, WriterCell.DieAfterCommit, (long)atMost.TotalMilliseconds);
        await cluster.Process(slot).WhenExited();
        commits.Set(writer, WriterCell.DieAfterCommit, 0);
        if (cluster.Telling == Telling.Held)
        {
            await StoredAgain.Measure(cluster, writer, atMost);
        }
        else
        {
            await cluster.Pass(WithoutHold);
        }

        return 1;
    }
}
