using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// Coalesces changes of one kind through one tag: one is on its way, and everyone who arrives meanwhile shares the next. A caller never shares
/// one that began before it arrived: that one may have passed a silo before the caller's data changed. A caller that asks once more, since it
/// heard nothing, shares the one that began for it as long as its run lasts: else a slow revalidation would make stale again what was refreshed since.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one tag grain, whose calls interleave at awaits.</remarks>
internal sealed class ChangeLane(Func<TagId[], Task<ChangeOutcome>> run)
{
    private Run? _current;
    private Run? _next;

    /// <summary>Whether nothing is on its way and nobody waits.</summary>
    public bool IsIdle => _current is null && _next is null;

    public Task<ChangeOutcome> Join(Guid asker, IReadOnlyCollection<TagId> tags)
    {
        if (asker != Guid.Empty && _current is { } current && current.Askers.Contains(asker))
        {
            return current.Outcome.Task;
        }

        var next = _next ??= new();
        next.Askers.Add(asker);
        next.Tags.UnionWith(tags);
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
                current.Outcome.SetResult(await run([.. current.Tags]));
            }
            catch (Exception exception)
            {
                current.Outcome.SetException(exception);
            }
        }

        _current = null;
    }

    /// <summary>One change, and those who share it.</summary>
    private sealed class Run
    {
        public HashSet<Guid> Askers { get; } = [];

        public HashSet<TagId> Tags { get; } = [];

        public TaskCompletionSource<ChangeOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
