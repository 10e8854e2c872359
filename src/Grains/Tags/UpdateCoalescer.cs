using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// Coalesces updates of one kind through one tag: one is on its way, and callers that arrive until it ends share the next. A caller never shares
/// one that began before it arrived: that one may have passed a silo before the caller's data changed. A caller that tries again, since it
/// got no answer, shares the one that began for it while that one lasts: else a slow revalidation would make stale again what was refreshed since.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one tag grain, whose calls interleave at awaits.</remarks>
internal sealed class UpdateCoalescer(Func<TagId[], string[]?, Task<UpdateOutcome>> run)
{
    private Run? _current;
    private Run? _next;

    /// <summary>Whether nothing is on its way and no caller waits.</summary>
    public bool IsIdle => _current is null && _next is null;

    public Task<UpdateOutcome> Join(Guid requestId, IReadOnlyCollection<TagId> tags, string[]? traces = null)
    {
        if (requestId != Guid.Empty && _current is { } current && current.RequestIds.Contains(requestId))
        {
            return current.Outcome.Task;
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

    private async Task RunWhileWanted()
    {
        while (_next is { } current)
        {
            (_current, _next) = (current, null);
            try
            {
                current.Outcome.SetResult(await run([.. current.Tags], current.Traces is { Count: > 0 } traces ? [.. traces] : null));
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
