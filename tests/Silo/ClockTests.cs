using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A machine's date that is set back: while the silo runs, and between two runs on one address.</summary>
public sealed class ClockTests
{
    [Fact]
    public async Task Silo_WhoseClockIsSetBack_GoesOn()
    {
        var silo = new MovedClockSilo();
        await silo.InitializeAsync();
        try
        {
            Assert.Equal(200, (await Update("before")).Status);
            silo.Clock.Moved = TimeSpan.FromDays(-1);
            Assert.Equal(200, (await Update("after")).Status);
        }
        finally
        {
            await silo.DisposeAsync();
        }

        Task<Reply> Update(string tag) => silo.Http.Update(tag).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    [RedisFact]
    public async Task Silo_WhoseClockIsBehindItsPredecessors_ComesAfterIt()
    {
        await using var redis = await RedisServer.Start();
        var ports = FreePorts.Take(2);
        var first = await Start();
        await using (first)
        {
            // As one that was started two hours from now has left it.
            var table = first.Services.GetRequiredService<IMembershipTable>();
            var own = first.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            var later = SiloAddress.New(own.Endpoint, own.Generation + 7_200);
            var rows = await table.ReadAllAsync(CancellationToken.None);
            Assert.True(await table.InsertRowAsync(
                new() { SiloAddress = later, SiloName = "former", HostName = "former", Status = SiloStatus.Active, SuspectTimes = [], StartTime = DateTime.UnixEpoch, IAmAliveTime = DateTime.UnixEpoch },
                rows.Version.Next(),
                CancellationToken.None));

            await using var second = await Start();
            Assert.Equal(later.Generation + 1, second.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Generation);
            await second.StartAsync();
            await second.StopAsync();
        }

        Task<Microsoft.AspNetCore.Builder.WebApplication> Start() => SiloProgram.Build(
        [
            "--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={ports[0]}", $"--TagCache:GatewayPort={ports[1]}", "--TagCache:Clustering:Provider=Redis", $"--TagCache:Clustering:ConnectionString={redis.Address}",
        ]);
    }

    /// <summary>A silo on a clock whose date the test moves.</summary>
    private sealed class MovedClockSilo : SiloServer
    {
        public MovedClock Clock { get; } = new();

        protected override void Configure(IServiceCollection services) => services.AddSingleton<TimeProvider>(Clock);
    }

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Moved { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Moved;
    }
}
