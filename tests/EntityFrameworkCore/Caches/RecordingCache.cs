using System.Collections.Concurrent;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>A cache that writes down what saves ask of it, in one list with what the database was asked.</summary>
internal sealed class RecordingCache(Steps steps) : ITagCache
{
    private readonly ConcurrentBag<RecordedHold> _holds = [];

    /// <summary>What a hold or an update throws instead.</summary>
    public Func<string, Exception?> Fault { get; set; } = _ => null;

    /// <summary>What runs before a hold is given.</summary>
    public Func<Task> BeforeHold { get; set; } = () => Task.CompletedTask;

    /// <summary>What a release says.</summary>
    public bool WasHeld { get; set; } = true;

    /// <summary>All holds that were given.</summary>
    public IReadOnlyCollection<RecordedHold> Holds => _holds;

    /// <summary>The holds that were neither released nor abandoned.</summary>
    public int HeldNow => _holds.Count(hold => !hold.HasEnded);

    public async ValueTask<ITagHold> HoldAsync(IReadOnlyCollection<string> tags, TimeSpan? atMost = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!ServerAction.IsActive)
        {
            throw new ServerActionRequiredException();
        }

        await BeforeHold().ConfigureAwait(false);
        Throw("hold");
        steps.Add($"hold {Steps.Text(tags)}");
        var hold = new RecordedHold(this, steps, [.. tags], atMost!.Value);
        _holds.Add(hold);
        return hold;
    }

    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, TagMatch match, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default)
    {
        Throw("update");
        if (!ServerAction.IsActive)
        {
            throw new ServerActionRequiredException();
        }

        steps.Add($"updated {Steps.Text(tags)}");
        return ValueTask.CompletedTask;
    }

    public void Throw(string call)
    {
        if (Fault(call) is { } exception)
        {
            steps.Add($"{call} failed");
            throw exception;
        }
    }

    public ValueTask<T> GetOrCreateAsync<T>(string key, Func<CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<T> GetOrCreateAsync<T>(string key, Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<T> GetOrCreateAsync<TState, T>(string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<T> GetAsync<T>(string loader, string argument, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<string, CacheResult<T>>> GetManyAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<string, T>> GetOrCreateManyAsync<T>(IReadOnlyCollection<string> keys, Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory, Func<string, CacheEntryOptions?>? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask SetManyAsync<T>(IReadOnlyCollection<KeyValuePair<string, T>> entries, Func<string, CacheEntryOptions?>? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<string> GetKeysAsync(string tag, int pageSize = 1_000, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

/// <summary>A hold of a <see cref="RecordingCache"/>. Its time runs when the test says so.</summary>
internal sealed class RecordedHold(RecordingCache cache, Steps steps, string[] tags, TimeSpan atMost) : ITagHold
{
    public IReadOnlyCollection<string> Tags => tags;

    public TimeSpan Remaining { get; set; } = atMost;

    public bool IsHeld => Remaining > TimeSpan.Zero && !HasEnded;

    public bool HasEnded { get; private set; }

    public async ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        HasEnded = true;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        cache.Throw("release");
        steps.Add($"release {Steps.Text(tags)}");
        return cache.WasHeld;
    }

    public void Abandon()
    {
        HasEnded = true;
        steps.Add($"abandon {Steps.Text(tags)}");
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();
}
