using System.Net;
using OrleansTagCache.Outbound;
using Xunit;

namespace OrleansTagCache.Tests.Outbound;

/// <summary>Which addresses are special, and which are not.</summary>
public sealed class AddressRangesTests
{
    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("169.255.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("::ffff:8.8.8.8")]
    public void SpecialUse_OfAPublicAddress_IsNone(string address) => Assert.Null(AddressRanges.SpecialUse(IPAddress.Parse(address)));
}
