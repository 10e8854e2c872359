using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// Coalesces updates of one kind through one tag: one is on its way, and callers that arrive until it ends share the next, or one after it once that has as many tags as a message is to have. A caller never shares
/// one that began before it arrived: that one may have passed a silo before the caller's data changed. A caller that tries again, since it
/// got no answer, shares the one that began for it while that one lasts, and for a while afterwards hears that it was complete: else a slow revalidation would make
/// stale again what is being refreshed since. One that was not complete has to be repeated.
/// </summary>
/// <param name="run">Runs an update.</param>
/// <param name="memory">How long the last complete update is remembered.</param>
/// <param name="time">The clock.</param>
/// <remarks>
/// Thread-safe: one lock, held for a few field writes. Updates run outside of it: one that finds none on its way in its caller's context, those that follow it on the pool and in no context, since
/// many share them.
/// </remarks>
internal sealed class UpdateCoalescer(Func<TagId[], string[]?, Task<UpdateOutcome>> run, TimeSpan memory, TimeProvider time)
{
    /// <summary>How many tags callers share one update of: enough for each to be one of many, and for no message to be larger by them than by a few calls. One caller may name more.</summary>
    public const int MostTags = 4_096;

    private readonly Lock _gate = new();

    /// <summary>Those that follow the one on its way; callers that come join the last, while it has room.</summary>
    private readonly LinkedList<Run> _waiting = new();
    private Run? _current;
    private Run? _completed;
    private Moment _completedUntil = Moment.Past;
    private bool _isRetired;

    /// <summary>Joins an update, and begins it if none is on its way. Returns false if this coalescer was retired, and another must be asked.</summary>
    /// <param name="requestId">Who asks; empty for a caller who asks once.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="traces">The traces that led to it.</param>
    /// <param name="outcome">What becomes of the update that the caller shares.</param>
    public bool TryJoin(Guid requestId, IReadOnlyCollection<TagId> tags, string[]? traces, [NotNullWhen(true)] out Task<UpdateOutcome>? outcome)
    {
        outcome = null;
        Run? next;
        lock (_gate)
        {
            if (_isRetired)
            {
                return false;
            }

            if (BegunForNeedsLock(requestId) is { } begun)
            {
                outcome = begun.Outcome.Task;
                return true;
            }

            next = _waiting.Last?.Value;
            if (next is null || next.Tags.Count + tags.Count > MostTags)
            {
                _waiting.AddLast(next = new());
            }

            next.RequestIds.Add(requestId);
            next.Tags.UnionWith(tags);
            next.Traces.AddRange(traces ?? []);
            outcome = next.Outcome.Task;
            if (_current is not null)
            {
                return true;
            }

            TakeNextNeedsLock();
        }

        _ = RunNow(next);
        return true;
    }

    /// <summary>Takes no more callers if nothing is on its way, no caller waits, and none is expected to ask again. Returns whether it is so.</summary>
    public bool TryRetire()
    {
        lock (_gate)
        {
            return _isRetired |= _current is null && time.Now() >= _completedUntil;
        }
    }

    private Run? BegunForNeedsLock(Guid requestId)
    {
        if (requestId == Guid.Empty)
        {
            return null;
        }

        return _current?.RequestIds.Contains(requestId) == true ? _current
            : time.Now() < _completedUntil && _completed!.RequestIds.Contains(requestId) ? _completed
            : null;
    }

    private async Task RunNow(Run ran)
    {
        Run? next;
        try
        {
            var outcome = await run([.. ran.Tags], ran.Traces is { Count: > 0 } traces ? [.. traces] : null).ConfigureAwait(false);
            next = Ended(ran, outcome.IsComplete);
            ran.Outcome.SetResult(outcome);
        }
        catch (Exception exception)
        {
            next = Ended(ran, isComplete: false);
            ran.Outcome.SetException(exception);
        }

        if (next is not null)
        {
            // Neither on this caller's thread nor in its context: it is for others.
            ThreadPool.UnsafeQueueUserWorkItem(static begun => _ = begun.Coalescer.RunNow(begun.Next), (Coalescer: this, Next: next), preferLocal: true);
        }
    }

    /// <summary>One has ended, before its callers hear of it: who asks again must find the next, or none. Returns the next.</summary>
    private Run? Ended(Run ran, bool isComplete)
    {
        lock (_gate)
        {
            if (isComplete)
            {
                (_completed, _completedUntil) = (ran, time.Now() + memory);
            }

            TakeNextNeedsLock();
            return _current;
        }
    }

    private void TakeNextNeedsLock()
    {
        _current = _waiting.First?.Value;
        if (_current is not null)
        {
            _waiting.RemoveFirst();
        }
    }

    /// <summary>One update, and those who share it.</summary>
    private sealed class Run
    {
        public HashSet<Guid> RequestIds { get; } = [];

        public HashSet<TagId> Tags { get; } = [];

        public List<string> Traces { get; } = [];

        public TaskCompletionSource<UpdateOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
