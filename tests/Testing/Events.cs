using System.Runtime.CompilerServices;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Testing;

/// <summary>
/// Waits for the cache's own events. It listens from the moment that it is made, so make it before what causes the event, and as long as it is waited on. Events of all clusters of the process
/// are heard: the state that is waited for says which one counts.
/// </summary>
internal sealed class Events : IObserver<KeyValuePair<string, object?>>
{
    private readonly Signal _signal = new();
    private readonly CacheEvent[] _on;
    private readonly IDisposable _subscription;

    private Events(CacheEvent[] on) => (_on, _subscription) = (on, CacheEvents.Listener.Subscribe(this));

    /// <summary>Listens to these.</summary>
    public static Events On(params CacheEvent[] on) => new(on);

    /// <summary>Waits for a state that one of the events brings: looks now, and again after each of them.</summary>
    public Task Until(Func<bool> isReached, Func<string>? describe = null, [CallerArgumentExpression(nameof(isReached))] string what = "") =>
        Until(() => ValueTask.FromResult(isReached()), describe, what);

    /// <inheritdoc cref="Until(Func{bool}, Func{string}?, string)"/>
    public async Task Until(Func<ValueTask<bool>> isReached, Func<string>? describe = null, [CallerArgumentExpression(nameof(isReached))] string what = "")
    {
        using (_subscription)
        {
            await _signal.Until(isReached, describe, what);
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is CacheEventData data && _on.Contains(data.Event))
        {
            _signal.Set();
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }
}
