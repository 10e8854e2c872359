using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>A process that changes the database dies, wherever its transaction is.</summary>
internal sealed class KillWriter : INemesis
{
    /// <summary>A few transactions take so long.</summary>
    private const int LongestPauseMs = 300;

    public string Name => "writer killed";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        await cluster.Pass(TimeSpan.FromMilliseconds(random.Next(LongestPauseMs)));
        var writer = cluster.AnyWriter(random);
        cluster.Process(writer).Signal(Signals.Kill);
        await cluster.Process(writer).WhenExited();
        return 1;
    }
}
