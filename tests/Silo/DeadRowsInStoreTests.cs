using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Joining;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>The stores delete the rows of silos that have long been dead, and no others.</summary>
public sealed class DeadRowsInStoreTests
{
    [RedisFact]
    public async Task Redis_DeletesRowsOfTheDead()
    {
        await using var redis = await RedisServer.Start();
        await DeletesRowsOfTheDead("Redis", redis.Address);
    }

    [PostgreSqlFact]
    public async Task PostgreSql_DeletesRowsOfTheDead()
    {
        await using var server = await PostgreSqlServer.Start();
        await DeletesRowsOfTheDead("PostgreSql", server.ConnectionString);
    }

    private static async Task DeletesRowsOfTheDead(string provider, string connection)
    {
        var ports = FreePorts.Take(2);
        await using var app = await SiloProgram.Build(
        [
            "--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={ports[0]}", $"--TagCache:GatewayPort={ports[1]}", $"--TagCache:Clustering:Provider={provider}", $"--TagCache:Clustering:ConnectionString={connection}",
        ]);
        var table = app.Services.GetRequiredService<IMembershipTable>();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await Insert(1, SiloStatus.Dead, now.AddDays(-1));
        await Insert(2, SiloStatus.Active, now);
        await Insert(3, SiloStatus.Dead, now.AddDays(1));
        var time = new FakeTimeProvider();
        using var rows = new DeadRows(table, time, NullLogger<DeadRows>.Instance);
        await rows.Look();
        Assert.Equal([1, 2, 3], await Generations());

        time.Advance(DeadRows.Retention);
        await rows.Look();

        // By its date, the third has not died yet.
        Assert.Equal([2, 3], await Generations());

        async Task<IEnumerable<int>> Generations() => (await table.ReadAllAsync(CancellationToken.None)).Members.Select(row => row.Item1.SiloAddress.Generation).Order();

        async Task Insert(int generation, SiloStatus status, DateTime date)
        {
            var version = (await table.ReadAllAsync(CancellationToken.None)).Version.Next();
            var silo = SiloAddress.New(IPAddress.Loopback, 1, generation);
            Assert.True(await table.InsertRowAsync(new() { SiloAddress = silo, SiloName = "silo", HostName = "silo", Status = status, SuspectTimes = [], StartTime = date, IAmAliveTime = date }, version, CancellationToken.None));
        }
    }
}
