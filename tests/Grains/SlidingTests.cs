using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A value that lives on while it is read, and no longer than its life.</summary>
public sealed class SlidingTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly TagLedger _ledger = new(100);

    [Fact]
    public void Value_ThatIsReadInTime_LivesOn_UntilNobodyReadsIt()
    {
        var value = Stored(CacheLife.Forever);
        for (var minutes = 1; minutes <= 100; minutes++)
        {
            Assert.Equal(Freshness.Fresh, value.FreshnessAt(_ledger, At(minutes)));
            Assert.True(value.IsFreshAt(_ledger, At(minutes)));
            value.Read(At(minutes));
        }

        Assert.Equal(Freshness.Fresh, value.FreshnessAt(_ledger, At(102)));
        Assert.Equal(Freshness.Expired, value.FreshnessAt(_ledger, At(103)));
        Assert.False(value.IsFreshAt(_ledger, At(103)));
    }

    [Fact]
    public void Value_ThatIsRead_LivesNoLongerThanItsLife()
    {
        var value = Stored(3 * Minute);
        value.Read(At(2));
        Assert.Equal(Freshness.Fresh, value.FreshnessAt(_ledger, At(3)));
        Assert.Equal(Freshness.Expired, value.FreshnessAt(_ledger, At(3) + TimeSpan.FromTicks(1)));
    }

    private static Moment At(int minutes) => new((minutes * Minute).Ticks);

    private StoredValue Stored(TimeSpan life)
    {
        var data = new EntryData(Payload.Null, [], CopiedTags: null, new(TimeSpan.Zero, life, life), Sliding: 2 * Minute);
        var key = new KeptKey(_ledger, "sliding");
        return new(data, _ledger.Stamp(), At(0), _ledger.Attach(TagId.OfEntry(key.Scoped, []), key.Key, key, _ledger.Stamp()).Records, key);
    }
}
