using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>The check of a near hit, which looks at the records only when the ledger's clock has moved: whatever moves it is seen at the next hit.</summary>
public sealed class NearEntryTests
{
    private static readonly Moment Now = new(1_000);
    private static readonly TagId Tag = TagId.OfTag(CacheNamespace.Default, "tag");

    private readonly TagLedger _ledger = new(100);
    private readonly HeldSession<int> _session = new(new(Guid.NewGuid(), 1), 1);
    private readonly NearEntry _entry;

    public NearEntryTests()
    {
        _session.Granted(Now, TimeSpan.FromHours(1));
        var records = _ledger.Hold(TagId.OfEntry(CacheNamespace.Default.Scope("key"), ["tag", "other"]));
        _entry = new(new([1], null), CacheLife.Max, Now, _ledger.Stamp(), records, _session);
        Assert.Equal(Freshness.Fresh, Look());
        Assert.Equal(Freshness.Fresh, Look());
    }

    [Fact]
    public void FreshnessAt_AfterAnUpdate_IsExpired()
    {
        _ledger.Expire([Tag]);
        Assert.Equal(Freshness.Expired, Look());
    }

    [Fact]
    public void FreshnessAt_AfterARevalidation_IsStaleUntilItsDeadline()
    {
        _ledger.Stale([Tag], Now + TimeSpan.FromSeconds(1), Now);
        Assert.Equal(Freshness.Stale, Look());
        Assert.Equal(Freshness.Stale, Look());
        Assert.Equal(Freshness.Expired, _entry.FreshnessAt(_ledger, Now + TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void FreshnessAt_AfterAnEpoch_IsExpired()
    {
        _ledger.ExpireEverything();
        Assert.Equal(Freshness.Expired, Look());
    }

    [Fact]
    public void FreshnessAt_AfterAChangeOfOthers_IsFreshAndSeesTheNext()
    {
        _ledger.Expire([TagId.OfTag(CacheNamespace.Default, "elsewhere")]);
        Assert.Equal(Freshness.Fresh, Look());
        _ledger.Expire([Tag]);
        Assert.Equal(Freshness.Expired, Look());
    }

    [Fact]
    public void FreshnessAt_OnceItsSessionWasLeft_IsExpired()
    {
        _session.Leave();
        Assert.Equal(Freshness.Expired, Look());
    }

    [Fact]
    public void Tags_AreThoseOfUsers() => Assert.Equal(["tag", "other"], _entry.Tags);

    private Freshness Look() => _entry.FreshnessAt(_ledger, Now);
}
