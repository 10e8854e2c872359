using OrleansTagCache.Faults.Nemeses;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Strikes with one nemesis after the other, and counts what happens meanwhile.</summary>
internal sealed class Rounds(TestCluster cluster, bool isVerbose, TextWriter output)
{
    /// <summary>Something was waited for in vain: what was measured until then is shown all the same.</summary>
    public bool IsStuck { get; private set; }

    public async Task<Phase> Strike(INemesis nemesis, int rounds, Random random)
    {
        var start = new PhaseStart(cluster, nemesis.Name);
        var faults = 0;
        for (var round = 0; round < rounds; round++)
        {
            try
            {
                faults += await nemesis.Strike(cluster, random);
                await cluster.WhenWhole();
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                IsStuck = true;
                output.WriteLine($"Stuck in '{nemesis.Name}': {exception.Message}");
                break;
            }

            if (isVerbose)
            {
                output.WriteLine($"  {nemesis.Name} {round + 1}: {cluster.State.SumOf(Counter.Reads)} reads, {cluster.State.SumOf(Counter.Violations)} violations");
            }
        }

        return start.End(faults);
    }
}
