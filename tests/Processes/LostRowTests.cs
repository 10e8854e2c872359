using System.Net;
using OrleansTagCache.Silo.Running;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>A silo that can never serve again, since its membership table came back empty or the others have declared it dead: it ends so that it is started anew.</summary>
public sealed class LostRowTests
{
    private static readonly string[] ShortLeases = ["--TagCache:ServingLease=00:00:01", "--TagCache:SessionLease=00:00:01"];

    [RedisFact]
    public async Task Silo_WhoseRedisCameBackEmpty_EndsAndServesAgainOnceItIsStarted()
    {
        await using var cluster = await SiloCluster.Start(1, ShortLeases);
        await cluster.Flush();

        await EndsAndServesAgain(cluster);
    }

    [PostgreSqlFact]
    public async Task Silo_WhoseTablesWereDropped_EndsAndServesAgainOnceItIsStarted()
    {
        await using var cluster = await SiloCluster.StartOnPostgreSql(1, ShortLeases);
        await cluster.DropTables();

        await EndsAndServesAgain(cluster);
    }

    [RedisFact]
    public async Task Silo_ThatWasDeclaredDeadWhileItWasFrozen_EndsWhenItWakes()
    {
        await using var cluster = await SiloCluster.Start(2, ShortLeases);
        await cluster.Send(1, "STOP");
        await cluster.Says(0, "was seen dead");
        await cluster.Send(1, "CONT");

        var (code, output) = await cluster.WhenEnded(1, TimeSpan.FromMinutes(1));

        EndedItself(code, output, "I have been told I am dead");
    }

    private static async Task EndsAndServesAgain(SiloCluster cluster)
    {
        var (code, output) = await cluster.WhenEnded(0, TimeSpan.FromMinutes(1));

        EndedItself(code, output, "The membership table has lost this silo's row.");
        Assert.Contains("its row is gone for good", output, StringComparison.Ordinal);
        await cluster.Restart(0);
        using var put = await cluster.Silos[0].PutAsync("/v1/entry?key=again", new StringContent("value"));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal("value", await cluster.Silos[0].GetStringAsync("/v1/entry?key=again"));
    }

    /// <summary>With a line for an operator, and neither a stack nor a core.</summary>
    private static void EndedItself(int code, string output, string why)
    {
        Assert.Equal(ExitCode.EndedItself, code);
        Assert.Single(output.Split('\n'), line => line.StartsWith($"The silo ends itself, and must be started again: {why}", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}
