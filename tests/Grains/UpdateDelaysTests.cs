using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Who delayed an update, and why, as <c>/v1/updates</c> tells it.</summary>
public sealed class UpdateDelaysTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);

    private readonly InvalidatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task MemberWithoutAnswer_AndClientsThatDoNotAcknowledge_AreNamed()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.Active));
        _host.Peers[A].Answer = _ => Task.FromResult(new UpdateReceipt([]));
        _host.Peers[B].Answer = _ => Task.FromException<UpdateReceipt>(new TimeoutException());
        var (_, completion) = _host.Invalidator.Begin(new([InvalidatorHost.Tag("t")], null));
        var id = (await _host.Peers[A].NextWithUpdates()).Updates[0].Id;

        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), () => Delays(isOpen: true).SequenceEqual([($"{A}", DelayReason.Clients), ($"{B}", DelayReason.NoAnswer)]));

        // The session of A's client breaks, and B answers again.
        _host.Invalidator.Confirmed(A, [id], isSessionBroken: true);
        _host.Peers[B].Answer = FakePeer.AcknowledgeAll;
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(100), () => completion.IsCompleted);
        Assert.True((await completion).IsComplete);
        Assert.Equal([($"{A}", DelayReason.SessionBroken), ($"{B}", DelayReason.NoAnswer)], Delays(isOpen: false));
    }

    private (string Silo, DelayReason Why)[] Delays(bool isOpen) =>
        [.. _host.Invalidator.SlowUpdates().Where(update => update.IsOpen == isOpen).SelectMany(update => update.DelayedBy).Select(delay => (delay.Silo, delay.Why)).OrderBy(delay => delay.Silo, StringComparer.Ordinal)];
}
