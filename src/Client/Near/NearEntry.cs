using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Serialization;

namespace OrleansTagCache.Near;

/// <summary>A value as a process keeps it near: with the stamp from before it was asked for, the records of its tags, and the lease that it is served under.</summary>
/// <remarks>
/// Immutable but for its end, and for the deserialized value, which any reader may publish: for types that nobody can change, so that it does
/// not matter whose comes last.
/// </remarks>
internal sealed class NearEntry(
    Payload payload, string[] tags, CacheLife life, Moment generatedAt, Stamp stamp, TagRecord[] records, INearLease lease)
{
    /// <summary>What an entry costs beside its payload, roughly: this object, its place in the map, its key and its key's record.</summary>
    public const int Overhead = 512;

    private readonly Moment _freshUntil = generatedAt + life.Revalidate;
    private readonly Moment _servableUntil = generatedAt + life.Expire;
    private Claims _asks;
    private Claims _looks;
    private Payload? _payload = payload;
    private object? _shared;
    private int _isGone;

    /// <summary>The value; null once the entry has left the cache. Read it once.</summary>
    public Payload? Payload => Volatile.Read(ref _payload);

    public string[] Tags => tags;

    public CacheLife Life => life;

    public INearLease Lease => lease;

    public ReadOnlySpan<TagRecord> Records => records;

    public long Bytes { get; } = payload.Bytes.Length + Overhead;

    public TimeSpan AgeAt(Moment now) => now - generatedAt is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    /// <summary>The check that every hit makes: the right to serve, the age, and nothing that the value bears was changed since its stamp.</summary>
    /// <param name="ledger">The process's ledger.</param>
    /// <param name="now">The clock as read for this very hit.</param>
    public Freshness FreshnessAt(TagLedger ledger, Moment now)
    {
        if (now > _servableUntil || !lease.IsValid(now))
        {
            return Freshness.Expired;
        }

        var isStale = now > _freshUntil;
        foreach (var record in records)
        {
            // Stalings before expiries: one whose deadline has passed becomes an expiry, and only then goes.
            var staling = record.IsStaleSince(stamp) ? record.StalingOf(stamp) : StalingVerdict.None;
            if (staling.IsOverAt(now) || !record.Admits(stamp))
            {
                return Freshness.Expired;
            }

            isStale |= staling.IsStale;
        }

        return !ledger.IsSinceEpoch(stamp) ? Freshness.Expired : isStale ? Freshness.Stale : Freshness.Fresh;
    }

    /// <summary>
    /// Whether this reader of the stale value is the one that asks the cluster for a newer one. Seldomer and seldomer, as long as none comes.
    /// </summary>
    public bool TryClaimAsk(Moment now) => _asks.TryClaim(now);

    /// <summary>The same for readers that make nothing: they only look whether there is a newer one, and take nobody's turn who would make it.</summary>
    public bool TryClaimLook(Moment now) => _looks.TryClaim(now);

    /// <summary>Whether it will never be served again, so that its memory may go.</summary>
    public bool IsDead(TagLedger ledger, Moment now)
    {
        if (lease.IsOver || now > _servableUntil)
        {
            return true;
        }

        foreach (var record in records)
        {
            if (record.StalingOf(stamp).IsOverAt(now))
            {
                return true;
            }
        }

        return !ledger.IsLive(records, stamp);
    }

    /// <summary>The value: shared by all readers if nobody can change its type, otherwise one of the caller's own. False once the entry is gone.</summary>
    public bool TryGetValue<T>(PayloadSerializer serializer, out T value)
    {
        if (Sharing<T>.IsImmutable && _shared is T shared)
        {
            value = shared;
            return true;
        }

        if (Payload is not { } bytes)
        {
            value = default!;
            return false;
        }

        value = serializer.Deserialize<T>(bytes);
        if (Sharing<T>.IsImmutable)
        {
            _shared = value;
        }

        return true;
    }

    /// <summary>It leaves the cache: its memory goes at once, whoever still refers to it. True for the first call.</summary>
    public bool TryEnd()
    {
        if (Interlocked.Exchange(ref _isGone, 1) != 0)
        {
            return false;
        }

        Volatile.Write(ref _payload, null);
        _shared = null;
        return true;
    }

    /// <summary>Lets one through at a time, after a pause that doubles each time.</summary>
    private struct Claims
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
