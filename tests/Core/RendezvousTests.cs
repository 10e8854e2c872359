using System.Net;
using System.Text;
using CsCheck;
using OrleansTagCache.Ownership;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>Who owns a key.</summary>
public sealed class RendezvousTests
{
    private const int Keys = 3_000;

    private static readonly Gen<SiloAddress[]> Clusters = Gen.Select(Gen.Int[1, 255], Gen.Int[1, 60_000], Gen.Int[1, int.MaxValue])
        .Select((host, port, generation) => SiloAddress.New(new IPAddress([10, 0, 0, (byte)host]), port, generation))
        .ArrayUnique[1, 8];

    [Fact]
    public void OwnerOf_IsTheSameInWhateverOrderTheSilosCome() => Clusters.Sample(silos =>
    {
        var (one, other) = (new Rendezvous(silos), new Rendezvous(silos.Reverse()));
        Assert.All(Some(100), key => Assert.Equal(one.OwnerOf(key), other.OwnerOf(Encoding.UTF8.GetBytes(key))));
    });

    [Fact]
    public void OwnerOf_SharesTheKeysOutEvenly() => Clusters.Sample(
        silos =>
        {
            var silosOf = new Rendezvous(silos);
            var shares = Some(Keys).CountBy(key => silosOf.OwnerOf(key)!).ToDictionary();

            // Seven standard deviations.
            var fair = (double)Keys / silos.Length;
            Assert.All(silos, silo => Assert.InRange(shares.GetValueOrDefault(silo), fair - (7 * Math.Sqrt(fair)), fair + (7 * Math.Sqrt(fair))));
        },
        iter: 50);

    [Fact]
    public void OwnerOf_WhenASiloComes_MovesNothingButWhatItGets() => Clusters.Sample(silos =>
    {
        var (before, after) = (new Rendezvous(silos[1..]), new Rendezvous(silos));
        Assert.All(Some(200), key => Assert.True(after.OwnerOf(key)!.Equals(silos[0]) || after.OwnerOf(key)!.Equals(before.OwnerOf(key))));
    });

    [Fact]
    public void OwnerOf_LongKeysAndNone()
    {
        var silos = new Rendezvous([SiloAddress.New(IPAddress.Loopback, 1, 1), SiloAddress.New(IPAddress.Loopback, 2, 1)]);
        var key = new string('\u20AC', 1_100);
        Assert.Equal(silos.OwnerOf(key), silos.OwnerOf(Encoding.UTF8.GetBytes(key)));
        Assert.Null(Rendezvous.OfNone.OwnerOf(key));
        Assert.Same(silos, silos.With(silos.Silos.Reverse()));
        Assert.NotSame(silos, silos.With(silos.Silos.Take(1)));
    }

    private static IEnumerable<string> Some(int count) => Enumerable.Range(0, count).Select(i => $"7:default{i}");
}
