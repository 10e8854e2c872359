using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>The silo program at a cluster whose silos it has no version in common with.</summary>
public sealed class VersionTests
{
    private static readonly ProtocolVersions Foreign = new(7, 9, "9.0.0");

    [RedisFact]
    public async Task Start_WithoutACommonVersion_EndsWithWordsOnBothSides_AndLeavesADeadRow()
    {
        var ports = FreePorts.Take(5);
        await using var redis = await ChildProcess.Start(
            Programs.Redis!, ["--port", $"{ports[0]}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], "Ready to accept connections");
        string[] settings = ["--TagCache:Clustering:Provider=Redis", $"--TagCache:Clustering:ConnectionString=127.0.0.1:{ports[0]}"];
        var (silo, log) = await ClientApp.StartSilo(ports[1], ports[2], settings);
        await using var stranger = await SiloProgram.Build(
            ["--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={ports[3]}", $"--TagCache:GatewayPort={ports[4]}", .. settings], services => services.AddSingleton(Foreign));
        using var own = new CapturedLog();
        stranger.Services.GetRequiredService<ILoggerFactory>().AddProvider(own);

        var refused = await Assert.ThrowsAsync<TagCacheVersionException>(() => stranger.StartAsync().Soon());

        Assert.StartsWith($"This silo speaks protocol {Foreign}, and silo S127.0.0.1:{ports[1]}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"of the cluster {ProtocolVersions.OfThisBuild}: they have no version in common, so this one does not join.", refused.Message, StringComparison.Ordinal);
        await log.Says($"Silo S127.0.0.1:{ports[3]}", $"speaks protocol {Foreign} and this one {ProtocolVersions.OfThisBuild}: they have no version in common, and the silo was refused");
        var rows = (await silo.Services.GetRequiredService<IMembershipTable>().ReadAllAsync(CancellationToken.None)).Members.ToDictionary(row => row.Item1.SiloAddress.Endpoint.Port, row => row.Item1.Status);
        Assert.Equal((SiloStatus.Active, SiloStatus.Dead), (rows[ports[1]], rows[ports[3]]));
        await silo.DisposeAsync();
    }
}
