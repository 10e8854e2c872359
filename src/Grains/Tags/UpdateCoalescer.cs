using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// Coalesces updates of one kind through one tag: one is on its way, and callers that arrive until it ends share the next. A caller never shares
/// one that began before it arrived: that one may have passed a silo before the caller's data changed. A caller that tries again, since it
/// got no answer, shares the one that began for it while that one lasts, and for a while afterwards hears that it was complete: else a slow revalidation would make
/// stale again what is being refreshed since. One that was not complete has to be repeated.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one tag grain, whose calls interleave at awaits.</remarks>
internal sealed class UpdateCoalescer(Func<TagId[], string[]?, Task<UpdateOutcome>> run, TimeProvider time)
{
    /// <summary>How long the last complete update is remembered: its callers have heard of it by then, through another gateway should one have been lost.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private Run? _current;
    private Run? _next;
    private Run? _completed;
    private Moment _completedUntil = Moment.Past;

    /// <summary>Whether nothing is on its way, no caller waits, and none is expected to ask again.</summary>
    public bool IsIdle => _current is null && _next is null && time.Now() >= _completedUntil;

    public Task<UpdateOutcome> Join(Guid requestId, IReadOnlyCollection<TagId> tags, string[]? traces = null)
    {
        if (BegunFor(requestId) is { } begun)
        {
            return begun.Outcome.Task;
        }

        var next = _next ??= new();
        next.RequestIds.Add(requestId);
        next.Tags.UnionWith(tags);
        next.Traces.AddRange(traces ?? []);
        if (_current is null)
        {
            _ = RunWhileWanted();
        }

        return next.Outcome.Task;
    }

    private Run? BegunFor(Guid requestId)
    {
        if (requestId == Guid.Empty)
        {
            return null;
        }

        return _current?.RequestIds.Contains(requestId) == true ? _current
            : time.Now() < _completedUntil && _completed!.RequestIds.Contains(requestId) ? _completed
            : null;
    }

    private async Task RunWhileWanted()
    {
        while (_next is { } current)
        {
            (_current, _next) = (current, null);
            try
            {
                var outcome = await run([.. current.Tags], current.Traces is { Count: > 0 } traces ? [.. traces] : null);
                if (outcome.IsComplete)
                {
                    (_completed, _completedUntil) = (current, time.Now() + Memory);
                }

                current.Outcome.SetResult(outcome);
            }
            catch (Exception exception)
            {
                current.Outcome.SetException(exception);
            }
        }

        _current = null;
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
