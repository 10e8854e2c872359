using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>What travels of a value that moves: on its new silo it may look older than it is, and never younger.</summary>
public sealed class EntryCopyTests
{
    private static readonly TagId Tag = TagId.OfTag(CacheNamespace.Default, "tag");

    private readonly TagLedger _ledger = new(100);
    private readonly KeptKey _key;

    public EntryCopyTests() => _key = new(_ledger, "key");

    /// <summary>At every later moment, whatever happened to the value before it moved: the copy's verdict is no better than the original's.</summary>
    [Fact]
    public void Copy_AtAnyLaterMoment_IsNeverBetterThanTheOriginal() => Gen.Select(
        Gen.Long[0, 30], Gen.Long[0, 30], Gen.Long[0, 12], Gen.Long[0, 12], Gen.Long[-1, 40], Gen.Long[0, 5], Gen.Long[0, 60], Gen.Bool).Sample(
        (revalidate, expire, failSafe, sliding, deadline, lag, later, isRead) =>
        {
            var life = new CacheLife(TimeSpan.Zero, new(revalidate), new(revalidate + expire));
            var own = new TagLedger(100);
            var key = new KeptKey(own, "key");
            var original = Stored(own, key, life, new(failSafe), new(sliding));
            if (deadline >= 0)
            {
                own.Stale([Tag], new(deadline), new(0));
            }

            for (long at = 0; at <= 30; at++)
            {
                var now = new Moment(at);
                if (isRead && at == 5)
                {
                    original.Read(now);
                }

                if (original.FreshnessAt(own, now) == Freshness.Expired)
                {
                    break;
                }

                // The receiver's clock has another origin, and its ticket is so much older than the reading.
                var (ledger, ticket) = (new TagLedger(100), new Ticket(new(Guid.NewGuid()), Stamp.Zero, new(1_000_000 - lag)));
                var copy = Kept(original.CopyAt(key.Scoped, now), ticket, ledger);
                var (here, there) = (original.FreshnessAt(own, now + new TimeSpan(later)), copy.FreshnessAt(ledger, new(1_000_000 + later)));
                Assert.True(here <= there, $"{here} here and {there} there, {later} after {at}");
                if (lag == 0 && deadline < 0)
                {
                    Assert.Equal(here, there);
                }
            }
        },
        iter: 3_000);

    /// <summary>Whoever takes it on knows no more of the revalidation than the life says.</summary>
    [Fact]
    public void Copy_OfACopyOfAStaleValue_IsStale_AndEndsWithTheDeadline()
    {
        var original = Stored(_ledger, _key, CacheLife.Max, TimeSpan.FromTicks(50), TimeSpan.Zero);
        _ledger.Stale([Tag], new(100), new(0));
        var (second, third) = (new TagLedger(100), new TagLedger(100));
        var there = Kept(original.CopyAt(_key.Scoped, new(40)), new(new(Guid.NewGuid()), Stamp.Zero, new(500)), second);
        Assert.Equal(Freshness.Stale, there.FreshnessAt(second, new(500)));
        Assert.Equal(Freshness.Stale, there.FreshnessAt(second, new(559)));
        Assert.Equal(Freshness.Expired, there.FreshnessAt(second, new(561)));

        var beyond = Kept(there.CopyAt(_key.Scoped, new(530)), new(new(Guid.NewGuid()), Stamp.Zero, new(9_000)), third);
        Assert.Equal(Freshness.Stale, beyond.FreshnessAt(third, new(9_000)));
        Assert.Equal(Freshness.Expired, beyond.FreshnessAt(third, new(9_031)));
    }

    [Fact]
    public void Copy_CarriesAllThatAReaderGets()
    {
        var original = Stored(_ledger, _key, CacheLife.Hours, TimeSpan.FromTicks(5), TimeSpan.FromTicks(90));
        original.Read(new(10));
        var copy = original.CopyAt(_key.Scoped, new(30));
        Assert.Equal((_key.Scoped, new TimeSpan(30), new TimeSpan(20), false), (copy.ScopedKey, copy.Age, copy.Idle, copy.IsSet));
        Assert.Equal(["tag"], copy.Data.Tags);
        Assert.Equal((CacheLife.Hours, new TimeSpan(5), new TimeSpan(90), true), (copy.Data.Life, copy.Data.FailSafe, copy.Data.Sliding, copy.Data.IsLoaded));
        Assert.Equal([7], copy.Data.Payload.Bytes.ToArray());
    }

    private static StoredValue Stored(TagLedger ledger, KeptKey key, CacheLife life, TimeSpan failSafe, TimeSpan sliding) => new(
        new(new([7], null), ["tag"], CopiedTags: null, life, IsLoaded: true, failSafe, sliding), ledger.Stamp(), new(0), Hold(ledger, key), key);

    private static StoredValue Kept(EntryCopy copy, Ticket ticket, TagLedger ledger)
    {
        var key = new KeptKey(ledger, "key");
        return new(copy, ticket, Hold(ledger, key), key);
    }

    private static TagRecord[] Hold(TagLedger ledger, KeptKey key) => ledger.Attach(TagId.OfEntry(key.Scoped, ["tag"]), key.Key, key, Stamp.Never).Records;
}
