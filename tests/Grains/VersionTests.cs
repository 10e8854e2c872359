using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A silo joins a cluster, and lets silos and clients in, only if they have a version of the protocol in common.</summary>
public sealed class VersionTests
{
    private static readonly SiloAddress Self = InvalidatorHost.Self;
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);
    private static readonly ProtocolVersions Later = new(4, 6, "0.6.0");

    [Fact]
    public async Task Join_TellsItsVersions_AndSpeaksTheNewestThatAllKnow()
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active), (B, SiloStatus.Active)] };
        host.Silo.Peers[A].Versions = new(3, 5, "0.5.0");
        host.Silo.Peers[B].Versions = new(5, 9, "0.9.0");

        await host.Start();

        await host.Served;
        Assert.Equal(5, host.Versions.Spoken);
        Assert.Equal([Later], host.Silo.Peers[A].GreetedWith);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(7, 9)]
    public async Task Join_OfASiloWithoutACommonVersion_IsGivenUp_OnBothSides(int oldest, int newest)
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)] };
        host.Silo.Peers[A].Versions = new(oldest, newest, "other");

        var refused = await Assert.ThrowsAsync<TagCacheVersionException>(host.Start);

        Assert.StartsWith(
            $"This silo speaks protocol 4 to 6 (OrleansTagCache 0.6.0), and silo {A} of the cluster {oldest} to {newest} (OrleansTagCache other): they have no version in common, so this one does not join.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal([Later], host.Silo.Peers[A].GreetedWith);
        Assert.Equal(SiloStatus.Dead, host.Written);
        Assert.False(host.Silo.Lease.IsValid());
    }

    /// <summary>It would take the greeting, and wait for this silo with every update.</summary>
    [Fact]
    public async Task Join_WithASiloOfATooOldVersionThatDoesNotLook_DoesNotGreetIt()
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)] };
        host.Silo.Peers[A].Versions = null;

        await Assert.ThrowsAsync<TagCacheVersionException>(host.Start);

        Assert.Empty(host.Silo.Peers[A].GreetedWith);
    }

    [Fact]
    public async Task Join_WithASiloThatDoesNotTell_GoesByTheFirstVersion()
    {
        using var host = new JoinHost { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)] };
        host.Silo.Peers[A].Versions = null;

        await host.Start();

        await host.Served;
        Assert.Equal(1, host.Versions.Spoken);
    }

    [Fact]
    public async Task Join_ThatIsRefusedWhenItHasStarted_EndsTheSilo()
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)] };
        var answer = new TaskCompletionSource();
        host.Silo.Peers[A].BeforeReport = () => answer.Task;
        host.Silo.Peers[A].Versions = null;
        var starting = host.Start();
        await host.AdvanceUntil(() => starting.IsCompleted);
        await starting;
        Assert.False(host.Silo.Lease.IsValid());

        answer.SetResult();
        await host.AdvanceUntil(() => host.Fatal.Reason.IsCompleted);

        Assert.StartsWith("This silo speaks protocol 4 to 6", await host.Fatal.Reason, StringComparison.Ordinal);
    }

    /// <summary>Others that join have written their rows at the same moment.</summary>
    [Fact]
    public async Task Join_ThatIsRefused_GivesItsRowUp_ThoughOthersWriteTheTable()
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)], LostWrites = 3 };
        host.Silo.Peers[A].Versions = new(7, 9, "other");

        await Assert.ThrowsAsync<TagCacheVersionException>(host.Start);

        Assert.Equal(SiloStatus.Dead, host.Written);
    }

    /// <summary>A silo that the cluster refuses takes no other down with it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Join_BesideASiloWithoutACommonVersion_WaitsUntilTheClusterHasRefusedThat(int number)
    {
        var other = InvalidatorHost.Silo(number);
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active), (other, SiloStatus.Joining)] };
        host.Silo.Peers[A].Versions = Later;
        (host.Silo.Peers[other].Versions, host.Silo.Peers[other].IsServing) = (new(7, 9, "other"), false);
        var starting = host.Start();
        await host.AdvanceUntil(() => host.Versions.Refuses(other));

        host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active), (other, SiloStatus.Dead)];
        await host.AdvanceUntil(() => starting.IsCompleted);

        await starting;
        await host.AdvanceUntil(() => host.Served.IsCompleted);
        Assert.Empty(host.Silo.Peers[other].GreetedWith);
    }

    [Theory]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.Active)]
    public async Task Join_OfTwoWithoutACommonVersion_IsGivenUpByOne(SiloStatus status)
    {
        var lower = InvalidatorHost.Silo(0);
        using var host = new JoinHost(Later) { Rows = [(lower, status), (Self, SiloStatus.Joining)] };
        (host.Silo.Peers[lower].Versions, host.Silo.Peers[lower].IsServing) = (new(7, 9, "other"), false);

        await Assert.ThrowsAsync<TagCacheVersionException>(() => host.Start().Soon());
    }

    /// <summary>What it said when it lived may come when it is known to be dead.</summary>
    [Fact]
    public void Silo_ThatIsDead_CountsNoMore()
    {
        using var host = new InvalidatorHost();
        var versions = new PeerVersions(Later, host.Members, NullLogger<PeerVersions>.Instance);
        host.Members.Observe([KeyValuePair.Create(A, SiloStatus.Dead), KeyValuePair.Create(B, SiloStatus.Dead)], version: 1);

        versions.Accepts(A, new(4, 4, "0.4.0"));
        versions.Accepts(B, new(1, 1, "0.1.0"));

        Assert.Equal(6, versions.Spoken);
        Assert.False(versions.Refuses(B));
    }

    [Fact]
    public void Silo_WithoutACommonVersion_IsNotAccepted()
    {
        using var host = new InvalidatorHost();
        var versions = new PeerVersions(Later, host.Members, NullLogger<PeerVersions>.Instance);

        Assert.False(versions.Accepts(A, told: null));
        Assert.Null(versions.Of(A));
        Assert.True(versions.Accepts(A, new(4, 4, "0.4.0")));
        Assert.Equal(4, versions.Spoken);

        host.Members.Observe([KeyValuePair.Create(A, SiloStatus.Dead)], version: 1);
        Assert.Equal(6, versions.Spoken);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, true)]
    [InlineData(7, false)]
    public async Task Client_GetsASession_WithACommonVersionOnly(int version, bool getsOne)
    {
        using var host = new JoinHost(Later) { Rows = [(Self, SiloStatus.Joining)] };
        await host.Start();
        await host.Served;
        var sessions = new SessionGrain(host.Silo.Sessions, host.Versions);

        var terms = await sessions.Open(new NoClient(), "client", version == 1 ? null : new(version, version, "client"));

        Assert.Equal(getsOne, !terms.Session.IsNone);
        Assert.Equal(Self, terms.Silo);
    }

    private sealed class NoClient : INearCacheObserver
    {
        public Task<long> Apply(Push[] pushes) => Task.FromResult(pushes[^1].Number);

        public Task End(SessionId session) => Task.CompletedTask;
    }
}
