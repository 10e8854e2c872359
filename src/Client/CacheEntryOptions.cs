namespace OrleansTagCache;

/// <summary>What a caller knows of an entry before it is made. Immutable; one instance may serve many calls.</summary>
public sealed class CacheEntryOptions
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>Its life. Default: the cache's default life.</summary>
    public CacheLife? Life { get; init; }

    /// <summary>Whether this call may be served from, and may fill, the near cache of its process. Default <see cref="NearCacheMode.On"/>.</summary>
    /// <remarks>It cannot switch on what the options of the process have switched off.</remarks>
    public NearCacheMode NearCache { get; init; }

    /// <summary>
    /// How long beyond its life the entry may still be served when its factory fails or is slow. Zero or more; default zero: never.
    /// A value that an update, or the deadline of a revalidation, has expired is never served.
    /// </summary>
    public TimeSpan FailSafe { get; init; }

    /// <summary>
    /// How long a reader waits for its factory while there is a stale value, or one that <see cref="FailSafe"/> allows: then it gets that value. The
    /// factory goes on in the background, for a minute at most, if it may run there (<see cref="AllowBackgroundRefresh"/>); otherwise it is cancelled. More than zero, up to a day; default null: no limit.
    /// </summary>
    public TimeSpan? FactorySoftTimeout { get; init; }

    /// <summary>
    /// How long the factory may run: then it is cancelled, and fails with a <see cref="TimeoutException"/>. More than zero, up to a
    /// day; default null: as long as a caller waits for it, or a minute in the background.
    /// </summary>
    public TimeSpan? FactoryHardTimeout { get; init; }

    /// <summary>
    /// Whether the factory may run when no caller waits for it: to refresh a stale entry in the background, after <see cref="FactorySoftTimeout"/>, or for callers that
    /// joined one that has gone. Default false: its caller waits for it, and it is cancelled with its caller.
    /// </summary>
    /// <remarks>
    /// Set it only if the factory uses nothing that ends with a request: no <c>DbContext</c> or other scoped service, no <c>HttpContext</c>. It runs without the
    /// caller's ambient values (<see cref="System.Threading.AsyncLocal{T}"/>, the current activity), also while the caller waits. A factory that takes an
    /// <see cref="IServiceProvider"/> has a scope of its own, and may always run in the background; so may loaders.
    /// </remarks>
    public bool AllowBackgroundRefresh { get; init; }

    /// <summary>
    /// Entries go stale earlier, each by a random part of this duration, so that entries made together are not refreshed together. A
    /// life without a stale part ends earlier instead. Zero or more; default zero.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// Whether null is stored like any other value. If not, those who wait for it get it, as if the factory had called <see cref="CacheContext.DoNotStore"/>, and setting it removes the entry. Default true.
    /// </summary>
    public bool StoreNull { get; init; } = true;

    /// <summary>
    /// Whether a second silo holds a copy of the entry, so that it outlives the death of its own: readers are answered from the copy at once, and it stays in the cache.
    /// Default null: as <c>TagCache:Standbys</c> of the silos says. Entries of <c>IDistributedCache</c> have one, and a set of those waits for it.
    /// </summary>
    public bool? Standby { get; init; }

    /// <summary>
    /// The entry also expires when it has not been read for this long. Zero or more; default zero: never. It never lives longer than its <see cref="Life"/>, and what has expired this way is not kept for <see cref="FailSafe"/>.
    /// </summary>
    /// <remarks>
    /// A hit in the memory of a process sends no message. So a process that keeps the entry near tells the cluster of its reads when a quarter of this time has gone since it did so last, with the next read: the entry expires between three quarters of this time
    /// and the whole after its last read. Lengthening never brings back what an update has expired.
    /// </remarks>
    public TimeSpan Sliding { get; init; }

    /// <summary>
    /// The part of the time to its <see cref="CacheLife.Revalidate"/> after which the entry is refreshed although it is fresh, so that no reader finds it stale or missing: 0.5 to 0.95; default null: never. The first reader after that, in the whole cluster, has
    /// its factory make the newer value behind it, if the factory may run there (<see cref="AllowBackgroundRefresh"/>); the others go on with the value that there is.
    /// </summary>
    /// <remarks>Each entry is due a little later than this, by a random part of up to a tenth of the rest, so that entries that were made together are not refreshed together.</remarks>
    public double? EagerRefresh { get; init; }

    /// <summary>How many tags a call may name: more than 128 for adapters whose contracts know no such limit. What has more than 1,024 is not stored.</summary>
    internal int MostTags { get; init; } = NameLimits.TagsPerCall;

    /// <summary>Its tags, at most 128 here; <c>*</c> cannot be one. Default: none.</summary>
    public IReadOnlyCollection<string>? Tags { get; init; }

    /// <summary>Says what is wrong with the durations.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is negative, or zero where it must not be.</exception>
    internal void Check(string parameterName)
    {
        if (FailSafe < TimeSpan.Zero || Jitter < TimeSpan.Zero || Sliding < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                parameterName, $"FailSafe, Jitter and Sliding must not be negative; FailSafe is {FailSafe}, Jitter is {Jitter} and Sliding is {Sliding}.");
        }

        if (EagerRefresh is { } eager && !(eager is >= 0.5 and <= 0.95))
        {
            throw new ArgumentOutOfRangeException(parameterName, $"EagerRefresh must be from 0.5 to 0.95; it is {eager}.");
        }

        if (!IsTimeout(FactorySoftTimeout) || !IsTimeout(FactoryHardTimeout))
        {
            throw new ArgumentOutOfRangeException(
                parameterName,
                $"FactorySoftTimeout and FactoryHardTimeout must be more than zero and at most {LongestTimeout}; FactorySoftTimeout is {FactorySoftTimeout} and FactoryHardTimeout is {FactoryHardTimeout}.");
        }

        static bool IsTimeout(TimeSpan? timeout) => timeout is null || (timeout > TimeSpan.Zero && timeout <= LongestTimeout);
    }
}
