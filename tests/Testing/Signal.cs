using System.Runtime.CompilerServices;

namespace OrleansTagCache.Testing;

/// <summary>Tells those who wait that something has changed; each of them looks again.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Signal
{
    private TaskCompletionSource _next = NewSource();

    /// <summary>Something has changed.</summary>
    public void Set() => Interlocked.Exchange(ref _next, NewSource()).SetResult();

    /// <summary>Waits for a state that is reached by one of the changes.</summary>
    public Task Until(Func<bool> isReached, Func<string>? describe = null, [CallerArgumentExpression(nameof(isReached))] string what = "") =>
        Until(() => ValueTask.FromResult(isReached()), describe, what);

    /// <inheritdoc cref="Until(Func{bool}, Func{string}?, string)"/>
    public async Task Until(Func<ValueTask<bool>> isReached, Func<string>? describe = null, [CallerArgumentExpression(nameof(isReached))] string what = "")
    {
        while (true)
        {
            // Before the look: what changes from now on is heard.
            var next = Volatile.Read(ref _next).Task;
            if (await isReached().AsTask().Soon(what))
            {
                return;
            }

            await next.Within(Waits.Patience, describe is null ? what : $"{what}: {describe()}");
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
