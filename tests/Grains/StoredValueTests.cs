using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a set carries over the expiry of its key.</summary>
public sealed class StoredValueTests
{
    private static readonly Moment Now = new(0);

    private readonly TagLedger _ledger = new(100);
    private readonly KeptKey _key;

    public StoredValueTests() => _key = new(_ledger, "carried");

    /// <summary>It is not known yet whether the key was expired meanwhile by somebody else: only the entry's own turns may look behind it.</summary>
    [Fact]
    public void IsFreshAt_WhileASetCarriesTheValueOver_IsFalse()
    {
        var value = Stored();
        value.KeepAsOf(Stamp.Never);
        Assert.Equal(Freshness.Fresh, value.FreshnessAt(_ledger, Now));
        Assert.False(value.IsFreshAt(_ledger, Now));

        value.KeepAsOf(_ledger.Expire([_key.Key]));
        Assert.True(value.IsFreshAt(_ledger, Now));
        Assert.False(Stored(Stamp.Zero).IsFreshAt(_ledger, Now));
    }

    /// <summary>Another silo's entry of the key was set since: what this one carries over must not live on.</summary>
    [Fact]
    public void KeyAdmits_AfterAnExpiryOfTheKey_IsFalse()
    {
        var value = Stored();
        var before = value.KeyStamp;
        Assert.True(value.KeyAdmits(before));
        _ledger.Expire([_key.Key]);
        Assert.False(value.KeyAdmits(before));
        Assert.Equal(Freshness.Expired, value.FreshnessAt(_ledger, Now));
    }

    private StoredValue Stored(Stamp? stamp = null) =>
        new(new(Payload.Null, [], CopiedTags: null, CacheLife.Max), stamp ?? _ledger.Stamp(), Now, _ledger.Attach(TagId.OfEntry(_key.Scoped, []), _key.Key, _key, Stamp.Never).Records, _key);
}
