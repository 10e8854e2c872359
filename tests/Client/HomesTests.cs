using System.Net;
using OrleansTagCache.Cluster;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Where entries were found last.</summary>
public sealed class HomesTests
{
    private readonly Homes _homes = new();

    [Fact]
    public void Find_OfWhatWasLearnt_IsItsSilo()
    {
        Assert.Null(_homes.Find("key"));
        _homes.Learn("key", Silo(1));
        Assert.Equal(Silo(1), _homes.Find("key"));
        _homes.Learn("key", Silo(2));
        Assert.Equal(Silo(2), _homes.Find("key"));
        Assert.Null(_homes.Find("other"));
        _homes.Forget("key");
        Assert.Null(_homes.Find("key"));
    }

    /// <summary>Slots are shared, so some are lost; hardly any is found for a key that was never learnt.</summary>
    [Fact]
    public void Find_AmongVeryMany_IsMostlyRight()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _homes.Learn($"key:{i}", Silo(1 + (i % 3)));
        }

        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => Silo(1 + (i % 3)).Equals(_homes.Find($"key:{i}"))), 9_000, 10_000);
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => _homes.Find($"never:{i}") is not null), 0, 100);
    }

    [Fact]
    public void Learn_OfMoreSilosThanItCanTellApart_BeginsAnew()
    {
        for (var port = 1; port <= 300; port++)
        {
            _homes.Learn($"key:{port}", Silo(port));
            Assert.Equal(Silo(port), _homes.Find($"key:{port}"));
        }
    }

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
