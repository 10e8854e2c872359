using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Database;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>
/// A fourth silo joins while a transaction is open whose tags have been held since before it began to join. It is committed once that silo serves, which must have been told of the hold.
/// </summary>
internal sealed class JoinWhileHeld : INemesis
{
    /// <summary>As long as a hold may last.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private int _round;

    public string Name => "a fourth silo joins while tags are held";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        var commits = cluster.Commits!;
        var writer = random.Next(cluster.Cast.Writers.Count);
        var before = cluster.Time.GetTimestamp();
        commits.Set(writer, WriterCell.Dwell, (long)Longest.TotalMilliseconds);
        try
        {
            await cluster.Until(() => Task.FromResult(commits.Of(writer, WriterCell.DoneAt) > before), "a transaction that stays open");
            await cluster.StartGuest();
            await cluster.WhenGuestServes();
            await cluster.WhenRead();
        }
        finally
        {
            commits.Set(writer, WriterCell.Dwell, 0);
        }

        await cluster.WhenUpdated();
        await cluster.WhenRead();
        cluster.Process(TestCluster.Guest).Signal(_round++ % 2 == 0 ? Signals.Terminate : Signals.Kill);
        await cluster.Process(TestCluster.Guest).WhenExited();
        await cluster.WhenUpdated();
        return 1;
    }
}
