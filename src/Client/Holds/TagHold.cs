using System.Collections.ObjectModel;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Holds;

/// <summary>A hold of this process. Until the outcome of its change is known, what the server action that took it reads is made for it alone.</summary>
/// <remarks>Thread-safe: the first call that ends it, by one exchange of a field, decides how it ends; everyone waits for the same end.</remarks>
internal sealed class TagHold(string[] tags, TakenHold taken, HoldKeeper keeper, IDisposable action, TimeSpan updateTimeout, TimeProvider time) : ITagHold
{
    private const int Held = 0;
    private const int IsReleased = 1;
    private const int IsAbandoned = 2;

    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _phase;

    public IReadOnlyCollection<string> Tags { get; } = new ReadOnlyCollection<string>(tags);

    public TimeSpan Remaining => Volatile.Read(ref _phase) == IsReleased ? TimeSpan.Zero : taken.Time.LeftAt(time.Now());

    public bool IsHeld => Remaining > TimeSpan.Zero;

    public ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        // First thing, and after the outcome of the change is known.
        var now = time.Now();
        if (Interlocked.CompareExchange(ref _phase, IsReleased, Held) == Held)
        {
            action.Dispose();
            _ = Ended(keeper.End(taken, now, updateTimeout));
        }

        return new(_ended.Task.WaitAsync(cancellationToken));
    }

    public void Abandon()
    {
        if (Interlocked.CompareExchange(ref _phase, IsAbandoned, Held) == Held)
        {
            action.Dispose();
            _ = Ended(Later());
        }

        async Task<bool> Later()
        {
            await keeper.EndLater(taken, updateTimeout).ConfigureAwait(false);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What was abandoned ends in the background: its holder has an error to tell.
        if (Volatile.Read(ref _phase) != IsAbandoned)
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async Task Ended(Task<bool> end)
    {
        await ((Task)end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.SetFromTask(end);
    }
}
