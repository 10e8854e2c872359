using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Serialization;

namespace OrleansTagCache.Near;

/// <summary>A value as a process keeps it near: with the stamp from before it was asked for, the records of its tags, and the lease that it is served under.</summary>
/// <remarks>
/// Immutable but for its end and what any reader may publish, where it does not matter whose comes last: the deserialized value, for types that
/// cannot be changed; up to which clock nothing was found changed; the tags and the turns, made when they are needed.
/// </remarks>
internal sealed class NearEntry(Payload payload, CacheLife life, Moment generatedAt, Stamp stamp, TagRecord[] records, NearSlot slot, INearLease lease, ExtraLife? extra = null, Moment readAt = default)
{
    /// <summary>What an entry costs beside its payload, roughly: this object, its slot in the map, its key, and a tag of its own.</summary>
    public const int Overhead = 448;

    private readonly EntryValidity _validity = new(stamp, generatedAt, life, records, slot);

    /// <summary>Until then a hit looks at no age: the value is fresh, and nothing is to be done.</summary>
    private readonly Moment _quietUntil = QuietUntil(generatedAt, life, extra, readAt);
    private readonly PayloadForm _form = PayloadForm.Of(payload);
    private long _unchangedAt = Stamp.Zero.Value - 1;
    private Seldom? _seldom = extra is null ? null : new() { Extra = extra };

    /// <summary>The serialized value as <c>byte[]</c>; or the value itself, of a type that cannot be changed, which is never that; or null, once the entry has left the cache.</summary>
    private object? _value = payload.Bytes;

    /// <summary>The value as bytes; null once the entry has left the cache, or its value is shared as an object. Read it once: each time makes one.</summary>
    public Payload? Payload => Volatile.Read(ref _value) is byte[] bytes ? _form.With(bytes) : null;

    /// <summary>The tags, without the namespace: made for the first who asks, since most never do.</summary>
    public string[] Tags => Extras.Tags ??= _validity.TagNames();

    public CacheLife Life => _validity.Life;

    /// <summary>The ledger's clock before it was asked for.</summary>
    public Stamp Stamp => _validity.Stamp;

    public INearLease Lease => lease;

    /// <summary>Where it is kept.</summary>
    public NearSlot Slot => (NearSlot)_validity.Key;

    public ReadOnlySpan<TagRecord> Records => _validity.Records;

    public TimeSpan AgeAt(Moment now) => _validity.AgeAt(now);

    /// <summary>
    /// The check that every hit makes: the right to serve, and the value's validity. What was found unchanged is so as long as the ledger's clock
    /// stands still (invariant L1): then only the age is looked at.
    /// </summary>
    /// <param name="ledger">The process's ledger.</param>
    /// <param name="now">The clock as read for this very hit.</param>
    public NearState StateAt(TagLedger ledger, Moment now)
    {
        var byAge = now > _quietUntil ? ByAge(now) : NearState.Fresh;
        if (byAge == NearState.Expired || !lease.IsValid(now))
        {
            return NearState.Expired;
        }

        var clock = ledger.Stamp();
        return clock.Value == Volatile.Read(ref _unchangedAt) ? byAge : Check(ledger, clock, byAge, now);
    }

    /// <summary>
    /// Whether this reader of the stale value is the one that asks the cluster for a newer one. The pause doubles until a newer value arrives.
    /// </summary>
    public bool TryClaimAsk(Moment now) => Extras.Asks.TryClaim(now);

    /// <summary>The same for readers that make nothing: they only look for a newer value, and do not use up the turn of a reader that would make it.</summary>
    public bool TryClaimLook(Moment now) => Extras.Looks.TryClaim(now);

    /// <summary>Whether it will never be served again, so that its memory may go.</summary>
    public bool IsDead(TagLedger ledger, Moment now) => lease.IsOver || _validity.At(ledger, _validity.Stamp, now, _seldom?.Extra) == Freshness.Expired;

    /// <summary>
    /// The value: shared by all readers if its type cannot be changed, otherwise one of the caller's own. False once the entry is gone, if it cannot be read as that type,
    /// or if it was shared as another type: its bytes are let go of then, since nearly every key is read as one type.
    /// </summary>
    public bool TryGetValue<T>(PayloadSerializer serializer, out T value)
    {
        // A value that cannot be changed is published, and a class that cannot be changed is sealed.
        var held = Volatile.Read(ref _value);
        if (held is not byte[] bytes)
        {
            var isOne = held is not null && (typeof(T).IsValueType ? held is T : held.GetType() == typeof(T));
            value = isOne ? (T)held! : default!;
            return isOne;
        }

        if (!serializer.TryDeserialize(bytes, _form, out value))
        {
            return false;
        }

        if (Sharing<T>.IsImmutable && value is not null)
        {
            // Not over its end, should that have come first.
            Interlocked.CompareExchange(ref _value, value, bytes);
        }

        return true;
    }

    /// <summary>It leaves the cache: its memory is released at once, even if something still refers to it.</summary>
    public void End() => Volatile.Write(ref _value, null);

    /// <summary>
    /// A read of the cluster is a read of its value, but a hit is not. So from a part of the sliding expiration on one reader at a time asks the cluster, which lengthens the life there and brings a
    /// copy in place of this one; the value is due for that, as it is for an eager refresh.
    /// </summary>
    private static Moment QuietUntil(Moment generatedAt, CacheLife life, ExtraLife? extra, Moment readAt)
    {
        var until = generatedAt + life.Revalidate;
        if (extra is { EagerAt: var eagerAt } && eagerAt > TimeSpan.Zero)
        {
            until = Moment.Earlier(until, generatedAt + eagerAt);
        }

        return extra is { Sliding: var sliding } && sliding > TimeSpan.Zero ? Moment.Earlier(until, readAt + (sliding / ExtraLife.ToldParts)) : until;
    }

    /// <summary>The verdict of the age, once the quiet time is over.</summary>
    private NearState ByAge(Moment now) => _validity.ByAge(now, _seldom?.Extra) switch
    {
        Freshness.Fresh => NearState.Due,
        Freshness.Stale => NearState.Stale,
        _ => NearState.Expired,
    };

    /// <param name="ledger">The process's ledger.</param>
    /// <param name="clock">Its clock, read before the records are.</param>
    /// <param name="byAge">What the age makes of it.</param>
    /// <param name="now">The clock as read for this very hit.</param>
    private NearState Check(TagLedger ledger, Stamp clock, NearState byAge, Moment now)
    {
        switch (_validity.ByTags(ledger, _validity.Stamp, now))
        {
            case Freshness.Fresh:
                Volatile.Write(ref _unchangedAt, clock.Value);
                return byAge;
            case Freshness.Stale:
                return NearState.Stale;
            default:
                return NearState.Expired;
        }
    }

    private Seldom Extras => _seldom ?? Interlocked.CompareExchange(ref _seldom, new(), null) ?? _seldom;

    /// <summary>What few entries have: those that were stale, those whose tags were asked for, and those that slide or are refreshed early.</summary>
    private sealed class Seldom
    {
        /// <summary>Its sliding expiration, as of when it was asked for, and the age from which it is refreshed.</summary>
        public ExtraLife? Extra { get; init; }

        /// <summary>Who asks for a newer value.</summary>
        public Claim Asks;
        public Claim Looks;

        public string[]? Tags;
    }

    /// <summary>Lets one through at a time, after a pause that doubles each time.</summary>
    private struct Claim
    {
        private const int MaximumDoublings = 6;

        private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

        private long _next;
        private int _count;

        public bool TryClaim(Moment now)
        {
            var next = Volatile.Read(ref _next);
            if (now.Ticks < next)
            {
                return false;
            }

            var pause = FirstPause * (1 << Math.Min(Volatile.Read(ref _count), MaximumDoublings));
            if (Interlocked.CompareExchange(ref _next, (now + pause).Ticks, next) != next)
            {
                return false;
            }

            Interlocked.Increment(ref _count);
            return true;
        }
    }
}

/// <summary>What may be done with a value that is kept near: from the best to the worst.</summary>
internal enum NearState : byte
{
    /// <summary>Serve it.</summary>
    Fresh = 0,

    /// <summary>Serve it; it is fresh, and let one reader ask the cluster: to lengthen its sliding life, or to refresh it early.</summary>
    Due = 1,

    /// <summary>Serve it, and let one reader refresh it.</summary>
    Stale = 2,

    /// <summary>Do not serve it.</summary>
    Expired = 3,
}
