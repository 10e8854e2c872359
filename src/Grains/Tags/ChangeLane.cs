using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// Coalesces changes of one kind at one door: one is on its way, and everyone who arrives meanwhile shares the next. A caller never shares
/// one that began before it arrived: that one may have passed a silo before the caller's data changed.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one tag grain, whose calls interleave at awaits.</remarks>
internal sealed class ChangeLane(Func<TagId[], Task<ChangeOutcome>> run)
{
    private readonly HashSet<TagId> _nextTags = [];
    private TaskCompletionSource<ChangeOutcome>? _next;
    private bool _isRunning;

    /// <summary>Whether nothing is on its way and nobody waits.</summary>
    public bool IsIdle => !_isRunning && _next is null;

    public Task<ChangeOutcome> Join(IReadOnlyCollection<TagId> tags)
    {
        _nextTags.UnionWith(tags);
        _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = _next.Task;
        if (!_isRunning)
        {
            _ = RunWhileWanted();
        }

        return outcome;
    }

    private async Task RunWhileWanted()
    {
        _isRunning = true;
        while (_next is { } current)
        {
            var tags = _nextTags.ToArray();
            _nextTags.Clear();
            _next = null;
            try
            {
                current.SetResult(await run(tags));
            }
            catch (Exception exception)
            {
                current.SetException(exception);
            }
        }

        _isRunning = false;
    }
}
