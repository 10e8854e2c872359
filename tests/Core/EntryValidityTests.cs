using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>The one rule of what may be served: by tags, by age, and the worse of the two.</summary>
public sealed class EntryValidityTests
{
    private static readonly CacheLife Life = new(TimeSpan.Zero, TimeSpan.FromTicks(10), TimeSpan.FromTicks(20));
    private static readonly TagId Tag = TagId.OfTag(CacheNamespace.Default, "tag");

    private readonly TagLedger _ledger = new(100);
    private readonly KeptKey _key;

    public EntryValidityTests() => _key = new(_ledger, "key");

    [Theory]
    [InlineData(0, nameof(Freshness.Fresh))]
    [InlineData(9, nameof(Freshness.Fresh))]
    [InlineData(10, nameof(Freshness.Fresh))]
    [InlineData(11, nameof(Freshness.Stale))]
    [InlineData(19, nameof(Freshness.Stale))]
    [InlineData(20, nameof(Freshness.Stale))]
    [InlineData(21, nameof(Freshness.FailSafe))]
    [InlineData(25, nameof(Freshness.FailSafe))]
    [InlineData(26, nameof(Freshness.Expired))]
    [InlineData(long.MaxValue, nameof(Freshness.Expired))]
    public void ByAge_TurnsJustBeyondTheBorders(long age, string expected)
    {
        Assert.Equal(expected, Value().ByAge(new(age), new ExtraLife(TimeSpan.FromTicks(5), TimeSpan.Zero, default)).ToString());
        var without = Value().ByAge(new(age));
        Assert.Equal(age > 20 ? nameof(Freshness.Expired) : expected, without.ToString());
    }

    [Theory]
    [InlineData(0, 99, nameof(Freshness.Stale))]
    [InlineData(10, 99, nameof(Freshness.Stale))]
    [InlineData(20, 99, nameof(Freshness.Stale))]
    [InlineData(21, 99, nameof(Freshness.FailSafe))]
    [InlineData(0, 100, nameof(Freshness.Expired))]
    [InlineData(15, 100, nameof(Freshness.Expired))]
    [InlineData(21, 100, nameof(Freshness.Expired))]
    [InlineData(0, 101, nameof(Freshness.Expired))]
    public void At_AfterARevalidation_IsStaleUntilTheDeadlineAndExpiredAtIt(long age, long now, string expected)
    {
        var extra = new ExtraLife(TimeSpan.FromTicks(5), TimeSpan.Zero, default);
        var value = Value(new(now - age));
        _ledger.Stale([Tag], new(100), new(1));
        Assert.Equal(expected, value.At(_ledger, value.Stamp, new(now), extra).ToString());
    }

    [Fact]
    public void At_AfterAnUpdate_IsExpired_AlsoForFailSafe()
    {
        var extra = new ExtraLife(TimeSpan.MaxValue, TimeSpan.Zero, default);
        var value = Value();
        Assert.Equal(Freshness.FailSafe, value.At(_ledger, value.Stamp, new(30), extra));
        _ledger.Expire([Tag]);
        Assert.Equal(Freshness.Expired, value.At(_ledger, value.Stamp, new(30), extra));
        Assert.Equal(Freshness.Expired, value.At(_ledger, value.Stamp, new(1)));
    }

    [Fact]
    public void At_WithALaterStampOfTheKey_PassesTheExpiriesOfTheKeyAlone()
    {
        var value = Value();
        var keyStamp = _ledger.Expire([_key.Key]);
        Assert.Equal(Freshness.Expired, value.At(_ledger, value.Stamp, new(1)));
        Assert.Equal(Freshness.Fresh, value.At(_ledger, keyStamp, new(1)));
        _ledger.Expire([Tag]);
        Assert.Equal(Freshness.Expired, value.At(_ledger, keyStamp, new(1)));
    }

    [Fact]
    public void At_AfterAnEpoch_IsExpired()
    {
        var value = Value();
        _ledger.ExpireEverything();
        Assert.Equal(Freshness.Expired, value.At(_ledger, Stamp.Never, new(1)));
    }

    [Fact]
    public void ByAge_OfWhatSlides_IsExpiredWhenItWasNotRead()
    {
        var extra = new ExtraLife(TimeSpan.Zero, TimeSpan.FromTicks(3), default);
        var value = Value();
        Assert.Equal(Freshness.Fresh, value.ByAge(new(3), extra));
        Assert.Equal(Freshness.Expired, value.ByAge(new(4), extra));
        extra.Read(new(3));
        extra.Read(new(2));
        Assert.Equal(Freshness.Fresh, value.ByAge(new(6), extra));
        Assert.Equal(Freshness.Expired, value.ByAge(new(7), extra));
    }

    [Fact]
    public void ByAge_OfAForeverLife_NeverExpires() =>
        Assert.Equal(Freshness.Stale, new EntryValidity(_ledger.Stamp(), default, CacheLife.Default, Hold(), _key).ByAge(Moment.Never));

    [Fact]
    public void At_OlderOrLater_IsNeverFresher() => Gen.Select(
        Gen.Long[0, 30], Gen.Long[0, 5], Gen.Bool, Gen.Bool).Sample(
        (now, later, isStale, hasFailSafe) =>
        {
            var ledger = new TagLedger(100);
            var key = new KeptKey(ledger, "key");
            var value = new EntryValidity(
                ledger.Stamp(), default, Life, ledger.Attach(TagId.OfEntry(key.Scoped, ["tag"]), key.Key, key, ledger.Stamp()).Records, key);
            var extra = ExtraLife.Of(TimeSpan.FromTicks(hasFailSafe ? 4 : 0), TimeSpan.Zero, default);
            if (isStale)
            {
                ledger.Stale([Tag], new(12), new(0));
            }

            var before = value.At(ledger, value.Stamp, new(now), extra);
            var after = value.At(ledger, value.Stamp, new(now + later), extra);
            Assert.True(before <= after, $"{before} became {after}");
        },
        iter: 2_000);

    private TagRecord[] Hold() => _ledger.Attach(TagId.OfEntry(_key.Scoped, ["tag"]), _key.Key, _key, _ledger.Stamp()).Records;

    private EntryValidity Value(Moment generatedAt = default) => new(_ledger.Stamp(), generatedAt, Life, Hold(), _key);
}
