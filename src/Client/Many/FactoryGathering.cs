namespace OrleansTagCache.Many;

/// <summary>
/// One factory for several keys: gathers the keys that turn out to be missing, and runs the factory once for all of them as soon as it is known of every other key that another
/// process or caller makes it, or that there is a value. A key that turns out to be missing later, since whoever made it has failed, is made by a run of its own.
/// </summary>
/// <param name="factory">The factory.</param>
/// <param name="count">How many keys there are to decide on.</param>
/// <remarks>Thread-safe. A run is cancelled when no key of it has a reader any more.</remarks>
internal sealed class FactoryGathering<T>(Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory, int count)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _decided = new(StringComparer.Ordinal);
    private Dictionary<string, Part> _missing = new(StringComparer.Ordinal);

    /// <summary>The key's reader waits for what others make.</summary>
    /// <returns>True, so that a wait may ask for it.</returns>
    public bool Decided(string key)
    {
        Begin(key, missing: null);
        return true;
    }

    /// <summary>The key's reader has a value, or has gone: nothing is made for it any more.</summary>
    public void Ended(string key)
    {
        lock (_gate)
        {
            _missing.Remove(key);
        }

        Begin(key, missing: null);
    }

    /// <summary>The key's value, made with those of the others that are missing. The context says so if the factory gave none.</summary>
    public Task<T> Make(CacheContext context, CancellationToken cancellationToken)
    {
        var part = new Part(context, cancellationToken);
        Begin(context.Key, part);
        return part.Made.Task.WaitAsync(cancellationToken);
    }

    private void Begin(string key, Part? missing)
    {
        List<Part> parts = [];
        lock (_gate)
        {
            _decided.Add(key);
            if (missing is not null)
            {
                // In place of one whose reader has given up, if there is one.
                _missing[key] = missing;
            }

            if (_decided.Count == count)
            {
                parts.AddRange(_missing.Values);
                _missing = new(StringComparer.Ordinal);
            }
        }

        if (parts.Count > 0)
        {
            // Not in the flow of whatever was decided last: that has others to serve.
            _ = Task.Run(() => Run(parts));
        }
    }

    private async Task Run(List<Part> parts)
    {
        var left = parts.Count;
        using var cancellation = new CancellationTokenSource();
        var registrations = parts.ConvertAll(part => part.Cancelled.UnsafeRegister(
            _ =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    cancellation.Cancel();
                }
            },
            null));
        var together = new CacheContext([.. parts.Select(part => part.Context)]);
        try
        {
            together.Enter();
            var values = await factory(new(parts.ToDictionary(part => part.Context.Key, part => part.Context, StringComparer.Ordinal)), cancellation.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The factory gave null instead of the values by key.");
            foreach (var part in parts)
            {
                part.Context.IsAbsent = !values.TryGetValue(part.Context.Key, out var value) && part.Context.Kept is null;
                part.Made.TrySetResult(value!);
            }
        }
        catch (Exception exception)
        {
            foreach (var part in parts)
            {
                part.Made.TrySetException(exception);

                // Its reader may have gone.
                _ = part.Made.Task.Exception;
            }
        }
        finally
        {
            together.End();
            foreach (var registration in registrations)
            {
                await registration.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private sealed record Part(CacheContext Context, CancellationToken Cancelled)
    {
        public TaskCompletionSource<T> Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
