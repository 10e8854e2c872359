using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo does whose row the membership table does not show any more.</summary>
public sealed class ServingLeaseTests : IDisposable
{
    private readonly InvalidatorHost _host = new();
    private int _readings;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Lease_WhoseRowIsGoneForGood_EndsTheSiloOnce()
    {
        var lost = Events.On(CacheEvent.LeaseLost);
        await Begin(_ => Task.FromResult(false));

        await ReadingsUpTo(LeaseTerms.ReadingsWithoutRow);
        await lost.Until(() => _host.Ends > 0);
        Assert.False(_host.Lease.IsValid());
        await ReadingsUpTo(3 * LeaseTerms.ReadingsWithoutRow);

        Assert.Equal(1, _host.Ends);
    }

    [Fact]
    public async Task Lease_WhoseRowComesBackInTime_GoesOn()
    {
        await Begin(reading => Task.FromResult(reading % LeaseTerms.ReadingsWithoutRow == 0));

        await ReadingsUpTo((3 * LeaseTerms.ReadingsWithoutRow) + 1);

        Assert.Equal(0, _host.Ends);
    }

    [Fact]
    public async Task Lease_WhoseTableCannotBeRead_WaitsForItWithoutAnEnd()
    {
        await Begin(_ => Task.FromException<bool>(new TimeoutException()));

        await ReadingsUpTo((3 * LeaseTerms.ReadingsWithoutRow) + 1);

        Assert.Equal(0, _host.Ends);
    }

    [Fact]
    public async Task Lease_WhoseTableCannotBeReadInBetween_CountsTheReadingsThatSaySomething()
    {
        await Begin(reading => reading % 2 == 0 ? Task.FromResult(false) : Task.FromException<bool>(new TimeoutException()));

        await ReadingsUpTo((2 * LeaseTerms.ReadingsWithoutRow) - 1);
        Assert.Equal(0, _host.Ends);
        await ReadingsUpTo((2 * LeaseTerms.ReadingsWithoutRow) + 1);

        Assert.Equal(1, _host.Ends);
    }

    [Fact]
    public async Task Lease_WhoseHandlerThrows_GoesOn()
    {
        _host.Lease.Renewed += () => throw new InvalidOperationException("A handler.");

        await Begin(_ => Task.FromResult(true));
        await ReadingsUpTo(10);

        Assert.True(_host.Lease.IsValid());
    }

    /// <summary>Invariant V1: while a renewal is on its way the lease that it will give runs already.</summary>
    [Fact]
    public async Task Renewal_ThatTakesASecond_LeavesASecondLess()
    {
        _host.OnReadRow = () =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(true);
        };

        await _host.Lease.StartRenewing();
        _host.Lease.BeginServing();

        Assert.Equal(InvalidatorHost.LeaseLength - TimeSpan.FromSeconds(1), _host.Lease.Remaining);
    }

    [Fact]
    public async Task Lease_WhoseRowIsDead_IsNotExtended()
    {
        _host.IsAliveInTable = false;

        await _host.Lease.StartRenewing();
        _host.Lease.BeginServing();

        Assert.False(_host.Lease.IsValid());
    }

    /// <summary>Begins to serve with a row that is there; from the first renewal on each reading is answered by its number.</summary>
    private async Task Begin(Func<int, Task<bool>> read)
    {
        await _host.Serve();
        _host.OnReadRow = () => read(Interlocked.Increment(ref _readings));
    }

    /// <summary>Lets the clock run until that many readings have begun.</summary>
    private Task ReadingsUpTo(int count) => Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(50), () => Volatile.Read(ref _readings) >= count);
}
