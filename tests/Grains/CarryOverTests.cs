using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A set carries its value over the expiry of its key: held meanwhile, and let go of whatever happens.</summary>
public sealed class CarryOverTests
{
    private static readonly Moment Now = new(0);

    private readonly TagLedger _ledger = new(1_000);
    private readonly StoredValue _value;

    public CarryOverTests()
    {
        var key = new KeptKey(_ledger, "key");
        var (records, _) = _ledger.Attach(TagId.OfEntry(key.Scoped, []), key.Key, key, _ledger.Stamp());
        _value = new(new(Payload.Null, [], null, CacheLife.Max), _ledger.Stamp(), Now, records, key);
    }

    [Fact]
    public void CarryOver_OfAnExpiryThatThrows_LeavesTheValueAsItWas()
    {
        var before = _value.KeyStamp;

        Assert.Throws<TimeoutException>(() => _value.CarryOver(_ =>
        {
            Assert.False(_value.IsFreshAt(_ledger, Now));
            throw new TimeoutException();
        }));

        Assert.Equal(before, _value.KeyStamp);
        Assert.True(_value.IsFreshAt(_ledger, Now));
    }
}
