using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Orleans.Reminders;
using OrleansTagCache.Joining;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A machine's date that is set back: while the silo runs, and between two runs on one address.</summary>
public sealed class ClockTests
{
    /// <summary>Orleans counts the periods of its loops by these: those that find dead silos, read the table, write the own row, and tick reminders.</summary>
    [Fact]
    public async Task OrleansClocks_OfASiloWhoseClockIsSetBack_GoOn()
    {
        var silo = new MovedClockSilo();
        await silo.InitializeAsync();
        try
        {
            var clocks = new[] { TimeProviderNames.Membership, TimeProviderNames.SystemTimers, TimeProviderNames.ActivationManagement, ReminderTimeProviderNames.Reminders }
                .ToDictionary(area => area, silo.Services.GetRequiredKeyedService<TimeProvider>);
            silo.Clock.Moved = TimeSpan.FromHours(2);
            var before = clocks.ToDictionary(clock => clock.Key, clock => clock.Value.GetUtcNow());
            silo.Clock.Moved = TimeSpan.FromHours(1);

            Assert.All(clocks, clock => Assert.True(clock.Value.GetUtcNow() >= before[clock.Key], clock.Key));

            // It is compared with the dates in the rows of other machines.
            Assert.True(before[TimeProviderNames.Membership] - TimeProvider.System.GetUtcNow() > TimeSpan.FromMinutes(119));

            // A clock that is behind another one does not make a silo that joins look as if it had been doing so for long.
            var membership = silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
            Assert.False(membership.EvictWhenMaxJoinAttemptTimeExceeded);

            // Nor does one that was ahead make the row of a silo that has died look as if it had done so long ago.
            Assert.Equal((null, null), (membership.DefunctSiloCleanupPeriod, membership.MaxDefunctSiloEntries));
        }
        finally
        {
            await silo.DisposeAsync();
        }
    }

    [Fact]
    public async Task Row_OfASiloThatNeverComesUp_IsMarkedDead_WhateverItsDateIs()
    {
        var silo = new MovedClockSilo();
        await silo.InitializeAsync();
        try
        {
            var (table, cluster) = (silo.Services.GetRequiredService<IMembershipTable>(), silo.Services.GetRequiredService<IClusterMembershipService>());

            // One that is joining is probed, too, and found dead by that if it does not answer.
            var tomorrow = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1);
            var joins = SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1);
            var version = (await table.ReadAllAsync(CancellationToken.None)).Version.Next();
            Assert.True(await table.InsertRowAsync(
                new() { SiloAddress = joins, SiloName = "joins", HostName = "joins", Status = SiloStatus.Created, SuspectTimes = [], StartTime = tomorrow, IAmAliveTime = tomorrow },
                version,
                CancellationToken.None));
            await cluster.Refresh(new(version.Version));
            await Becomes(SiloStatus.Created);
            var time = new FakeTimeProvider();
            using var stuck = new StuckJoins(cluster, silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>(), time, NullLogger<StuckJoins>.Instance);

            await stuck.Look();
            time.Advance(TimeSpan.FromMinutes(5));
            await stuck.Look();

            await Becomes(SiloStatus.Dead);

            async Task Becomes(SiloStatus status)
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
                await foreach (var snapshot in cluster.MembershipUpdates.WithCancellation(patience.Token))
                {
                    if (snapshot.GetSiloStatus(joins) == status)
                    {
                        break;
                    }
                }
            }
        }
        finally
        {
            await silo.DisposeAsync();
        }
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

        public IServiceProvider Services => Get<IServiceProvider>();

        protected override void Configure(IServiceCollection services) => services.AddSingleton<TimeProvider>(Clock);
    }

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Moved { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Moved;
    }
}
