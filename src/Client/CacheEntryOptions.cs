namespace OrleansTagCache;

/// <summary>What is known of an entry before it is made. Immutable; share one instance between calls.</summary>
public sealed class CacheEntryOptions
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>Its life. Default: the cache's default life.</summary>
    public CacheLife? Life { get; init; }

    /// <summary>Whether this call may be served from, and may fill, the near cache of its process. Default <see cref="NearCacheMode.On"/>.</summary>
    /// <remarks>It cannot switch on what the options of the process have switched off.</remarks>
    public NearCacheMode NearCache { get; init; }

    /// <summary>
    /// How long beyond its life the entry may still be served when its factory fails or takes too long. Zero or more; default zero: never.
    /// What an update, or the deadline of a revalidation, has expired is never served.
    /// </summary>
    public TimeSpan FailSafe { get; init; }

    /// <summary>
    /// How long a reader waits for its factory while there is an entry that <see cref="FailSafe"/> allows, or a stale one: then it gets that one. The
    /// factory goes on in the background, for a minute at most, if it may (<see cref="AllowBackgroundRefresh"/>), else it is cancelled. More than zero, up to a day; default null: until it ends.
    /// </summary>
    public TimeSpan? FactorySoftTimeout { get; init; }

    /// <summary>
    /// How long the factory may run: then it is cancelled, and counts as failed with a <see cref="TimeoutException"/>. More than zero, up to a
    /// day; default null: for as long as somebody waits, or for a minute in the background.
    /// </summary>
    public TimeSpan? FactoryHardTimeout { get; init; }

    /// <summary>
    /// Whether the factory may run when no caller waits for it: to refresh a stale entry behind a reader, after <see cref="FactorySoftTimeout"/>, or for those who
    /// joined a caller that has gone. Default false: its caller waits for it, and it is cancelled with its caller.
    /// </summary>
    /// <remarks>
    /// Set it only if the factory uses nothing that ends with a request: no <c>DbContext</c> or other scoped service, no <c>HttpContext</c>. It runs without the
    /// caller's ambient values (<see cref="System.Threading.AsyncLocal{T}"/>, the current activity), also while the caller waits. A factory that is given an
    /// <see cref="IServiceProvider"/> has a scope of its own, and may run there whatever this says; so may loaders.
    /// </remarks>
    public bool AllowBackgroundRefresh { get; init; }

    /// <summary>
    /// Entries go stale up to this much earlier, each by a random part of it, so that what was made together is not refreshed together; a
    /// life without a stale part ends earlier. Zero or more; default zero.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// The entry also expires when nobody has read it for so long: for adapters whose contracts have that. Zero or more; default zero: never.
    /// </summary>
    internal TimeSpan Sliding { get; init; }

    /// <summary>How many tags a call may name: more than 128 for adapters whose contracts know no such limit. What has more than 1,024 is not stored.</summary>
    internal int MostTags { get; init; } = NameLimits.TagsPerCall;

    /// <summary>Its tags, at most 128 here; <c>*</c> cannot be one. Default: none.</summary>
    public IReadOnlyCollection<string>? Tags { get; init; }

    /// <summary>Says what is wrong with the durations.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is negative, or zero where it must not be.</exception>
    internal void Check(string parameterName)
    {
        if (FailSafe < TimeSpan.Zero || Jitter < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(parameterName, $"FailSafe and Jitter must not be negative; FailSafe is {FailSafe} and Jitter is {Jitter}.");
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
