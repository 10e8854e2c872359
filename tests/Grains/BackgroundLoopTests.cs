using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Tasks;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Work that nobody waits for goes on after what it did not foresee.</summary>
public sealed class BackgroundLoopTests
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);

    [Fact]
    public async Task Loop_WhoseRoundThrows_TellsOfItPausesAndGoesOn()
    {
        var time = new FakeTimeProvider();
        var (rounds, told) = (0, new List<string>());
        var loop = BackgroundLoop.Loop(
            () => ++rounds < 3 ? throw new InvalidOperationException($"round {rounds}") : Task.FromResult(false),
            exception => told.Add(exception.Message),
            time);

        // The pause is by the clock, which stands still.
        Assert.Equal((1, false), (rounds, loop.IsCompleted));
        await Waits.Advance(time, TimeSpan.FromMilliseconds(100), () => loop.IsCompleted);

        await loop;
        Assert.Equal(3, rounds);
        Assert.Equal(["round 1", "round 2"], told);
    }

    [Fact]
    public async Task Loop_WhoseLogThrowsToo_GoesOn()
    {
        var time = new FakeTimeProvider();
        var rounds = 0;
        var loop = BackgroundLoop.Loop(() => ++rounds == 1 ? throw new InvalidOperationException() : Task.FromResult(false), _ => throw new IOException(), time);

        await Waits.Advance(time, TimeSpan.FromMilliseconds(100), () => loop.IsCompleted);

        await loop;
        Assert.Equal(2, rounds);
    }

    [Fact]
    public async Task Loop_ThatIsStoppedInItsPause_Ends()
    {
        using var stop = new CancellationTokenSource();
        var loop = BackgroundLoop.Loop(() => throw new InvalidOperationException(), _ => { }, new FakeTimeProvider(), stop.Token);

        await stop.CancelAsync();

        await loop.WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>As where the host has failed to start, and everything is disposed of without having been stopped: the clock gives no pause any more.</summary>
    [Fact]
    public async Task Loop_WhoseClockIsGone_DoesNotSpin()
    {
        var (rounds, told) = (0, 0);
        var loop = BackgroundLoop.Loop(() => ++rounds == 2 ? Task.FromResult(false) : throw new ObjectDisposedException("What it works on."), _ => told++, new GoneTime());

        // It rests, by whatever clock there is.
        Assert.Equal((1, 1), (rounds, told));
        Assert.False(loop.IsCompleted);
        await loop.Soon();
    }

    [Fact]
    public async Task Loop_WhoseStopHasEnded_Ends()
    {
        var stop = new CancellationTokenSource();
        var told = 0;
        var loop = BackgroundLoop.Loop(() => Task.FromException<bool>(new ObjectDisposedException(stop.IsCancellationRequested ? "over" : string.Empty)), _ => told++, new FakeTimeProvider(), stop.Token);

        stop.End();
        stop.End();

        await loop.Soon();
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task BatchSender_WhoseSourceThrowsOnce_StillDelivers()
    {
        var peers = new FakePeers();
        var source = new FaultySource();
        var sender = new UpdateSender(peers, source, InvalidatorHost.Self, TimeProvider.System, NullLogger.Instance);

        sender.Wake(A);

        Assert.Same(FaultySource.Message, await peers[A].Next());
        await source.Told.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Membership_WhoseHandlerThrowsOnce_GoesOnTakingInWhatComes()
    {
        using var host = new JoinHost();
        var threw = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Silo.Members.Changed += () =>
        {
            if (threw.TrySetResult())
            {
                throw new InvalidOperationException("A handler.");
            }
        };

        // Not in the table yet: so nothing but the watch looks at the members.
        host.Silo.IsAliveInTable = false;
        host.News.Publish(1, (InvalidatorHost.Self, SiloStatus.Active));
        _ = host.Start();
        await threw.Task.Soon();

        host.News.Publish(2, (InvalidatorHost.Self, SiloStatus.Active), (A, SiloStatus.Dead));

        await host.AdvanceUntil(() => host.Silo.Members.IsDead(A));
    }

    /// <summary>A clock that gives no timers any more.</summary>
    private sealed class GoneTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => throw new ObjectDisposedException(nameof(GoneTime));
    }

    /// <summary>A source of one batch, which throws when it is asked for the first time.</summary>
    private sealed class FaultySource : IUpdateSource
    {
        public static readonly UpdateBatch Message = new(Guid.NewGuid(), [], [], 0);

        private int _asked;

        public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public UpdateBatch? TakeBatch(SiloAddress silo) => Interlocked.Increment(ref _asked) switch
        {
            1 => throw new InvalidOperationException("A source."),
            2 => Message,
            _ => null,
        };

        public void Delivered(SiloAddress silo, UpdateBatch batch, UpdateReceipt receipt) => Told.TrySetResult();

        public void Lost(SiloAddress silo, UpdateBatch batch)
        {
        }
    }
}
