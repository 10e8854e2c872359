using System.Net;
using OrleansTagCache.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>Slow strangers take their own places, and not those of others.</summary>
public sealed class HandshakePlacesTests
{
    private readonly HandshakePlaces _places = new();

    [Fact]
    public void TryTake_OfOneNetwork_IsBounded_AndOthersHaveTheirs()
    {
        var (slow, other) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        Assert.All(Enumerable.Range(0, HandshakePlaces.OfOneNetwork), _ => Assert.True(_places.TryTake(slow)));

        Assert.False(_places.TryTake(slow));
        Assert.True(_places.TryTake(other));
        _places.GiveBack(slow);
        Assert.True(_places.TryTake(slow));
    }

    [Fact]
    public void TryTake_OfANetworkOfIPv6_IsBoundedAsOneAddressIs()
    {
        Assert.All(Enumerable.Range(0, HandshakePlaces.OfOneNetwork), i => Assert.True(_places.TryTake(IPAddress.Parse($"2001:db8:0:1::{i:x}"))));

        Assert.False(_places.TryTake(IPAddress.Parse("2001:db8:0:1:ffff::")));
        Assert.True(_places.TryTake(IPAddress.Parse("2001:db8:0:2::")));
        Assert.All(Enumerable.Range(0, HandshakePlaces.OfOneNetwork), _ => Assert.True(_places.TryTake(IPAddress.Parse("::ffff:10.0.0.1"))));
        Assert.False(_places.TryTake(IPAddress.Parse("10.0.0.1")));
    }

    [Fact]
    public void TryTake_OfAll_IsBounded()
    {
        IPAddress[] addresses = [.. Enumerable.Range(0, HandshakePlaces.InAll + 1).Select(i => new IPAddress([10, 1, (byte)(i >> 8), (byte)i]))];
        Assert.All(addresses[..HandshakePlaces.InAll], address => Assert.True(_places.TryTake(address)));

        Assert.False(_places.TryTake(addresses[^1]));
        _places.GiveBack(addresses[0]);
        Assert.True(_places.TryTake(addresses[^1]));
    }
}
