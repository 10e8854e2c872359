using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// A session as the client holds it: what every value that was kept under it is served by. A value is served only while its session has not
/// been left and its lease is valid; leaving ends all of them at once (invariant C4).
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Thread-safe. <see cref="IsValid"/> is given the clock as read at this use.</remarks>
internal sealed class OwnSession<TSilo>(SessionId id, TSilo silo) : INearLease
    where TSilo : notnull, IEquatable<TSilo>
{
    private readonly LeaseDeadline _deadline = new();
    private int _kept;
    private long _lastGrant;

    public SessionId Id => id;

    /// <summary>The silo that issued it.</summary>
    public TSilo Silo => silo;

    /// <summary>Whether it was left. It never comes back.</summary>
    public bool IsOver => _deadline.HasEnded;

    /// <summary>How many values are kept under it.</summary>
    public int KeptCount => Volatile.Read(ref _kept);

    public bool IsValid(Moment now) => _deadline.IsValid(now);

    /// <summary>
    /// A grant arrived. It counts from before it was asked for, shortened by the bound on the clocks' rates; a late one changes nothing
    /// (invariants V1, V4).
    /// </summary>
    public void Granted(Moment askedAt, TimeSpan grant)
    {
        _deadline.Renewed(askedAt, LeaseTerms.Usable(grant));
        Volatile.Write(ref _lastGrant, grant.Ticks);
    }

    /// <summary>How much was granted last; zero before the first grant.</summary>
    public TimeSpan LastGrant => new(Volatile.Read(ref _lastGrant));

    /// <summary>Leaves it: all its values end with this call.</summary>
    public void Leave() => _deadline.End();

    public void Kept() => Interlocked.Increment(ref _kept);

    public void Dropped() => Interlocked.Decrement(ref _kept);
}

/// <summary>The right to serve what was kept near: a client's session, or a silo's own serving lease.</summary>
internal interface INearLease
{
    /// <param name="now">The clock as read for this very use.</param>
    bool IsValid(Moment now);

    /// <summary>Whether it will never be valid again.</summary>
    bool IsOver { get; }

    /// <summary>One more value is kept under it.</summary>
    void Kept();

    /// <summary>One value less is kept under it.</summary>
    void Dropped();
}
