using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>A value that was made: what to store, or why nothing can be.</summary>
/// <param name="Entry">The value with its tags and life.</param>
/// <param name="WhyNotStored">Null if it can be stored.</param>
/// <param name="IsUnwanted">Whether its maker does not want it to be stored.</param>
/// <param name="IsFar">Whether its maker does not want it to be kept near.</param>
internal sealed record Generated(EntryData Entry, string? WhyNotStored, bool IsUnwanted = false, bool IsFar = false)
{
    public EntrySnapshot ToSnapshot() => new(Entry.Payload, Entry.Tags, Entry.Life, TimeSpan.Zero);
}

/// <summary>How an entry is made, and with what patience.</summary>
internal interface IGeneration
{
    /// <summary>Whether a value past its life may be served in need.</summary>
    bool HasFailSafe { get; }

    /// <summary>How long readers wait while there is such a value.</summary>
    TimeSpan? SoftTimeout { get; }

    /// <summary>How long it may take.</summary>
    TimeSpan? HardTimeout { get; }

    /// <summary>Makes the entry; gives null if the value cannot be serialized and read again, which was logged: its own caller gets it all the same.</summary>
    /// <param name="stale">The stale value that is refreshed, if there is one.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits any more.</param>
    Task<Generated?> Generate(EntrySnapshot? stale, CancellationToken cancellationToken);
}

/// <summary>How an entry is made whose value is a <typeparamref name="T"/>, with the patience that the options of the entry say.</summary>
internal abstract class Generation<T>(CacheEntryOptions? options) : IGeneration
{
    public virtual bool HasFailSafe => options is { FailSafe.Ticks: > 0 };

    public TimeSpan? SoftTimeout => options?.FactorySoftTimeout;

    public TimeSpan? HardTimeout => options?.FactoryHardTimeout;

    public abstract Task<Generated?> Generate(EntrySnapshot? stale, CancellationToken cancellationToken);

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

    /// <summary>Whether it made a value that no serializer takes, or gives back: it is for its own caller alone.</summary>
    public virtual bool TryGetUnserializable(out T value)
    {
        value = default!;
        return false;
    }
}
