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
    private readonly OwnSession<int> _session = new(new(Guid.NewGuid(), 1), 1);
    private readonly NearEntry _entry;

    public NearEntryTests()
    {
        _session.Granted(Now, TimeSpan.FromHours(1));
        var map = new NearMap(_ledger, CacheNamespace.Default, 10, 10_000);
        _ledger.Add(map);
        var slot = map.Take("key");
        var key = TagId.OfKey(CacheNamespace.Default.Scope("key"));
        var (records, _) = _ledger.Attach(TagId.OfEntry(key.Name, ["tag", "other"]), key, slot, _ledger.Stamp());
        _entry = new(new([1], null), CacheLife.Max, Now, _ledger.Stamp(), records, slot, _session);
        Assert.Equal(NearState.Fresh, Look());
        Assert.Equal(NearState.Fresh, Look());
    }

    [Fact]
    public void StateAt_AfterAnUpdate_IsExpired()
    {
        _ledger.Expire([Tag]);
        Assert.Equal(NearState.Expired, Look());
    }

    [Fact]
    public void StateAt_AfterAnUpdateOfTheKey_IsExpired()
    {
        _ledger.Expire([TagId.OfKey(CacheNamespace.Default.Scope("other"))]);
        Assert.Equal(NearState.Fresh, Look());
        _ledger.Expire([TagId.OfKey(CacheNamespace.Default.Scope("key"))]);
        Assert.Equal(NearState.Expired, Look());
    }

    [Fact]
    public void StateAt_AfterARevalidation_IsStaleUntilItsDeadline()
    {
        _ledger.Stale([Tag], Now + TimeSpan.FromSeconds(1), Now);
        Assert.Equal(NearState.Stale, Look());
        Assert.Equal(NearState.Stale, Look());
        Assert.Equal(NearState.Expired, _entry.StateAt(_ledger, Now + TimeSpan.FromSeconds(2)));
    }

    [Theory]
    [InlineData(10, nameof(NearState.Fresh))]
    [InlineData(11, nameof(NearState.Stale))]
    [InlineData(20, nameof(NearState.Stale))]
    [InlineData(21, nameof(NearState.Expired))]
    public void StateAt_ByAge_IsThatOfItsLife(long age, string expected)
    {
        var life = new CacheLife(TimeSpan.Zero, TimeSpan.FromTicks(10), TimeSpan.FromTicks(20));
        var entry = new NearEntry(new([1], null), life, Now, _ledger.Stamp(), [.. _entry.Records], _entry.Slot, _session);
        Assert.Equal(NearState.Fresh, entry.StateAt(_ledger, Now));
        Assert.Equal(expected, entry.StateAt(_ledger, Now + TimeSpan.FromTicks(age)).ToString());
    }

    [Fact]
    public void StateAt_AfterAnEpoch_IsExpired()
    {
        _ledger.ExpireEverything();
        Assert.Equal(NearState.Expired, Look());
    }

    [Fact]
    public void StateAt_AfterAChangeOfOthers_IsFreshAndSeesTheNext()
    {
        _ledger.Expire([TagId.OfTag(CacheNamespace.Default, "elsewhere")]);
        Assert.Equal(NearState.Fresh, Look());
        _ledger.Expire([Tag]);
        Assert.Equal(NearState.Expired, Look());
    }

    [Fact]
    public void StateAt_OnceItsSessionWasLeft_IsExpired()
    {
        _session.Leave();
        Assert.Equal(NearState.Expired, Look());
    }

    [Fact]
    public void Tags_AreThoseOfUsers() => Assert.Equal(["tag", "other"], _entry.Tags);

    private NearState Look() => _entry.StateAt(_ledger, Now);
}
