using System.Net;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>A silo whose membership table came back empty: it can never serve again, and ends so that it is started anew.</summary>
public sealed class LostRowTests
{
    [RedisFact]
    public async Task Silo_WhoseRedisCameBackEmpty_EndsAndServesAgainOnceItIsStarted()
    {
        await using var cluster = await SiloCluster.Start(1, "--TagCache:ServingLease=00:00:01", "--TagCache:SessionLease=00:00:01");
        await cluster.Flush();

        var (code, output) = await cluster.WhenEnded(0, TimeSpan.FromMinutes(1));

        Assert.NotEqual(0, code);
        Assert.Contains("its row is gone for good", output, StringComparison.Ordinal);
        await cluster.Restart(0);
        using var put = await cluster.Silos[0].PutAsync("/v1/entry?key=again", new StringContent("value"));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal("value", await cluster.Silos[0].GetStringAsync("/v1/entry?key=again"));
    }

    [PostgreSqlFact]
    public async Task Silo_WhoseTablesWereDropped_EndsAndServesAgainOnceItIsStarted()
    {
        await using var cluster = await SiloCluster.StartOnPostgreSql(1, "--TagCache:ServingLease=00:00:01", "--TagCache:SessionLease=00:00:01");
        await cluster.DropTables();

        var (code, output) = await cluster.WhenEnded(0, TimeSpan.FromMinutes(1));

        Assert.NotEqual(0, code);
        Assert.Contains("its row is gone for good", output, StringComparison.Ordinal);
        await cluster.Restart(0);
        using var put = await cluster.Silos[0].PutAsync("/v1/entry?key=again", new StringContent("value"));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
    }
}
