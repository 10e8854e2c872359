using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>A value that was made: what to store, or why nothing can be.</summary>
/// <param name="Entry">The value with its tags and life.</param>
/// <param name="WhyNotStored">Null if it can be stored.</param>
/// <param name="IsUnwanted">Whether its maker does not want it to be stored.</param>
/// <param name="IsFar">Whether its maker does not want it to be kept near.</param>
/// <param name="IsWithheld">Whether what is made from it is unwanted too.</param>
/// <param name="IsForOwnCaller">Whether only the caller whose factory made it can have it, unless it is stored: no serializer takes it, or it may be of a transaction that is not committed.</param>
internal sealed record Generated(EntryData Entry, string? WhyNotStored, bool IsUnwanted = false, bool IsFar = false, bool IsWithheld = false, bool IsForOwnCaller = false)
{
    public FlightResult ToResult() => new(new EntrySnapshot(Entry.Payload, Entry.Tags, Entry.Life, TimeSpan.Zero), IsWithheld: IsWithheld);
}

/// <summary>How an entry is made, and with what patience.</summary>
internal interface IEntryFactory
{
    /// <summary>Whether a value past its life may be served for fail-safe.</summary>
    bool HasFailSafe { get; }

    /// <summary>How long readers wait while there is such a value.</summary>
    TimeSpan? SoftTimeout { get; }

    /// <summary>How long it may take.</summary>
    TimeSpan? HardTimeout { get; }

    /// <summary>Whether it may run when its caller has got an answer or has gone: it uses nothing that ends with the caller's scope, and runs in none.</summary>
    bool MayRunBehind { get; }

    /// <summary>Whether those who joined may wait on for it when its own caller has gone.</summary>
    bool MayBeOrphaned { get; }

    /// <summary>The tags that are known before it is made.</summary>
    string[] Tags { get; }

    /// <summary>The tags that had been named when it failed.</summary>
    string[] Said { get; }

    /// <summary>Called whenever its reader begins to wait for what others make; null if it does not care. It gives true.</summary>
    Func<bool>? Waiting { get; }

    /// <summary>Makes the entry.</summary>
    /// <param name="stale">The stale value that is refreshed, if there is one.</param>
    /// <param name="cancellationToken">Cancelled when no caller waits any more.</param>
    Task<Generated> Generate(EntrySnapshot? stale, CancellationToken cancellationToken);
}

/// <summary>How an entry is made whose value is a <typeparamref name="T"/>, with the patience that the options of the entry say.</summary>
internal abstract class EntryFactory<T>(CacheEntryOptions? options) : IEntryFactory
{
    public virtual bool HasFailSafe => options is { FailSafe.Ticks: > 0 };

    public TimeSpan? SoftTimeout => options?.FactorySoftTimeout;

    public TimeSpan? HardTimeout => options?.FactoryHardTimeout;

    public virtual bool MayRunBehind => true;

    public virtual bool MayBeOrphaned => true;

    public virtual string[] Tags => [];

    public virtual string[] Said => [];

    public virtual Func<bool>? Waiting => null;

    public abstract Task<Generated> Generate(EntrySnapshot? stale, CancellationToken cancellationToken);

    /// <summary>Whether another process makes the value: then it may be of another type than this one's caller asks for.</summary>
    public virtual bool IsRemote => false;

    /// <exception cref="ArgumentException">What the caller says of the entry breaks a limit.</exception>
    public virtual void Check()
    {
    }

    /// <summary>Whether the entry is what this very generation made, and its value at hand.</summary>
    public virtual bool TryGetOwn(EntrySnapshot entry, out T value)
    {
        value = default!;
        return false;
    }
}
