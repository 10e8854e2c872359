using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using OrleansTagCache.Joining;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Silos that begin to join and never come up.</summary>
public sealed class StuckJoinsTests
{
    [Fact]
    public async Task Silo_ThatHasBeenSeenJoiningForTooLong_IsDeclaredDead()
    {
        var time = new FakeTimeProvider();
        var cluster = new FakeCluster();
        var membership = new ClusterMembershipOptions { MaxJoinAttemptTime = TimeSpan.FromMinutes(5) };
        using var stuck = new StuckJoins(cluster, Options.Create(membership), time, NullLogger<StuckJoins>.Instance);
        membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(3);
        var (joins, comesUp) = (FakeCluster.Silo(1), FakeCluster.Silo(2));

        cluster.Is((joins, SiloStatus.Joining, true), (comesUp, SiloStatus.Joining, true), (FakeCluster.Silo(3), SiloStatus.Active, true));
        await stuck.Look();
        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        await stuck.Look();
        Assert.Empty(cluster.Killed);

        cluster.Is((joins, SiloStatus.Joining, true), (comesUp, SiloStatus.Active, true), (FakeCluster.Silo(3), SiloStatus.Active, true));
        time.Advance(TimeSpan.FromMilliseconds(1));
        await stuck.Look();
        Assert.Equal([joins], cluster.Killed);
    }
}
